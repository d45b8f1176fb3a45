import { fieldsOf } from './object-fields.ts';

/** A field that the API does not have. */
export interface UnknownField {
  readonly path: readonly (string | number)[];
  readonly field: string;
  /** Fields that may stand there. */
  readonly valid: readonly string[];
}

/** The first field of an object that its type does not have, in the order of the document: what strict validation refuses (kubectl apply --validate=strict, apiserver fieldValidation). */
export function unknownField(type: string, value: unknown): UnknownField | null {
  return search(type, value, []);
}

function search(type: string, value: unknown, path: readonly (string | number)[]): UnknownField | null {
  if (typeof value !== 'object' || value === null) return null;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const found = search(type, value[i], [...path, i]);
      if (found !== null) return found;
    }
    return null;
  }
  const fields = fieldsOf(type);
  if (fields === undefined) return null;
  for (const [field, inner] of Object.entries(value)) {
    const innerType = fields.get(field);
    if (innerType === undefined) return { path: [...path, field], field, valid: [...fields.keys()] };
    const found = innerType === '' ? null : search(innerType, inner, [...path, field]);
    if (found !== null) return found;
  }
  return null;
}
