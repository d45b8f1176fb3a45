import { createHash } from 'node:crypto';

/** JSON with sorted keys, and `"Infinity"` for what JSON cannot say: equal data, equal text. */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value)) return JSON.stringify(String(value));
  if (value === undefined) return 'null';
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value instanceof Map) return canonicalJson(Object.fromEntries(value));
  const entries = Object.entries(value).filter(([, child]) => child !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([key, child]) => `${JSON.stringify(key)}:${canonicalJson(child)}`).join(',')}}`;
}

/** SHA-256 of data in canonical form, 64 hexadecimal digits. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
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
