import { type ResourceColumn, ResourceColumns } from '../allocator/resource-columns.ts';

/** One entry of a resource text. */
export interface ResourceEntry {
  readonly column: ResourceColumn;
  readonly thousandths: number;
}

/** Reads `cpus:2;mem(role1):1024;cpus{rev}:1;disk{mount}:100`; undefined if it holds something that is not a scalar. */
export function readResources(text: string): ResourceEntry[] | undefined {
  const entries: ResourceEntry[] = [];
  for (const part of text.split(';')) {
    if (part === '') continue;
    const match = /^([^(){}:]+)(?:\(([^)]*)\))?((?:\{[^}]*\})*):(.*)$/.exec(part);
    if (match === null || !/^-?[0-9.]+$/.test(match[4]!)) return undefined;
    const flags = match[3]!;
    if (flags.replaceAll('{rev}', '').replaceAll('{mount}', '') !== '') return undefined;
    const reservedTo = match[2] === undefined || match[2] === '*' ? '' : match[2];
    entries.push({
      column: { name: match[1]!, reservedTo, revocable: flags.includes('{rev}'), indivisible: flags.includes('{mount}') },
      thousandths: Math.round(Number(match[4]) * 1000),
    });
  }
  return entries;
}

/** All distinct columns of some resource texts. */
export function columnsOf(entries: readonly ResourceEntry[]): ResourceColumns {
  const byKey = new Map<string, ResourceColumn>();
  for (const { column } of entries) byKey.set(keyOf(column), column);
  const keys = [...byKey.keys()].sort();
  return new ResourceColumns(keys.map((key) => byKey.get(key)!));
}

export function vectorOf(columns: ResourceColumns, entries: readonly ResourceEntry[]): Float64Array {
  const vector = new Float64Array(columns.count);
  for (const entry of entries) {
    const key = keyOf(entry.column);
    vector[columns.columns.findIndex((column) => keyOf(column) === key)]! += entry.thousandths;
  }
  return vector;
}

/** The inverse of {@link readResources}, in a fixed order. */
export function writeResources(columns: ResourceColumns, vector: ArrayLike<number>): string {
  return columns.columns
    .map((column, c) => ({ key: keyOf(column), amount: vector[c]! }))
    .filter(({ amount }) => amount !== 0)
    .map(({ key, amount }) => `${key}:${amount / 1000}`)
    .sort()
    .join(';');
}

function keyOf(column: ResourceColumn): string {
  return `${column.name}${column.reservedTo === '' ? '' : `(${column.reservedTo})`}${column.revocable ? '{rev}' : ''}${column.indivisible ? '{mount}' : ''}`;
}
