import { createHash } from 'node:crypto';

/** JSON with sorted keys, and `"Infinity"` for what JSON cannot say: equal data, equal text. */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value)) return JSON.stringify(String(value));
  if (value === undefined) return 'null';
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) {
    let text = '[';
    for (let i = 0; i < value.length; i++) text += i === 0 ? canonicalJson(value[i]) : `,${canonicalJson(value[i])}`;
    return `${text}]`;
  }
  if (value instanceof Map) return canonicalJson(Object.fromEntries(value));
  let text = '';
  for (const key of Object.keys(value).sort()) {
    const child = (value as Readonly<Record<string, unknown>>)[key];
    if (child !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(child)}`;
  }
  return `{${text}}`;
}

/** SHA-256 of data in canonical form, 64 hexadecimal digits. */
export function hashOf(value: unknown): string {
  const hash = createHash('sha256');
  if (!Array.isArray(value)) return hash.update(canonicalJson(value)).digest('hex');
  // Element by element: a cluster may have a million machines, and its text as a whole is not needed.
  hash.update('[');
  value.forEach((element, i) => hash.update(i === 0 ? canonicalJson(element) : `,${canonicalJson(element)}`));
  return hash.update(']').digest('hex');
}

/** SHA-256 over the bytes of several arrays and texts, each preceded by its length. */
export function hashOfParts(parts: readonly (ArrayBufferView | string | null)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    if (part === null) hash.update('null;');
    else if (typeof part === 'string') hash.update(`${part.length};`).update(part);
    else hash.update(`${part.byteLength};`).update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  }
  return hash.digest('hex');
}

/** A copy as JSON would give it back, with `"Infinity"` for what JSON cannot say. */
export function plainJson<T>(value: T): T {
  return JSON.parse(canonicalJson(value)) as T;
}
