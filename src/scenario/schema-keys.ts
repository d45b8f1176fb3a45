import type { z } from 'zod';
import type { PathSegment } from './yaml-document.ts';
import type { SchemaDefinition } from './schema-definition.ts';

/**
 * The keys that a schema allows at a path inside some data, for messages about unknown keys; empty where anything goes.
 * Where a discriminated union decides, the data does.
 */
export function allowedKeys(schema: z.ZodType, data: unknown, path: readonly PathSegment[]): string[] {
  let current: readonly z.ZodType[] = objectsOf(schema, data);
  let value = data;
  for (const segment of path) {
    const next: z.ZodType[] = [];
    value = childOf(value, segment);
    for (const candidate of current) {
      const child = step(candidate, segment);
      if (child !== undefined) next.push(...objectsOf(child, value));
    }
    current = next;
  }
  return [...new Set(current.flatMap((candidate) => Object.keys(definition(candidate).shape ?? {})))];
}

function step(schema: z.ZodType, segment: PathSegment): z.ZodType | undefined {
  const { type, shape, element, valueType } = definition(schema);
  if (type === 'object') return Object.hasOwn(shape!, String(segment)) ? shape![String(segment)] : undefined;
  if (type === 'array') return element;
  return type === 'record' ? valueType : undefined;
}

/** Strips wrappers, down to objects, arrays and records. */
function objectsOf(schema: z.ZodType, value: unknown): z.ZodType[] {
  const { type, innerType, in: input, out, options, discriminator, getter } = definition(schema);
  if (type === 'object' || type === 'array' || type === 'record') return [schema];
  if (type === 'lazy') return objectsOf(getter!(), value);
  if (type === 'pipe') return [...(definition(input!).type === 'transform' ? [] : objectsOf(input!, value)), ...(definition(out!).type === 'transform' ? [] : objectsOf(out!, value))];
  if (type === 'union') {
    const all = options!.flatMap((option) => objectsOf(option, value));
    if (discriminator === undefined) return all;
    const chosen = all.filter((option) => accepts(definition(option).shape?.[discriminator], childOf(value, discriminator)));
    return chosen.length > 0 ? chosen : all;
  }
  return innerType === undefined ? [] : objectsOf(innerType, value);
}

function accepts(schema: z.ZodType | undefined, value: unknown): boolean {
  return schema !== undefined && schema.safeParse(value).success;
}

function childOf(value: unknown, segment: PathSegment): unknown {
  if (value === null || typeof value !== 'object') return undefined;
  return Object.hasOwn(value, segment) ? (value as Record<PathSegment, unknown>)[segment] : undefined;
}

function definition(schema: z.ZodType): SchemaDefinition {
  return (schema as unknown as { _zod: { def: SchemaDefinition } })._zod.def;
}
