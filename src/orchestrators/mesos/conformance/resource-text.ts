import { type ResourceColumn, ResourceColumns } from '../allocator/resource-columns.ts';

/** One entry of a resource text: a scalar, or ranges and elements. */
export interface ResourceEntry {
  readonly name: string;
  readonly reservedTo: string;
  readonly revocable: boolean;
  readonly indivisible: boolean;
  /** Thousandths of a scalar; NaN = not a scalar. */
  readonly thousandths: number;
  /** Closed ranges of whole numbers. */
  readonly ranges: readonly (readonly [number, number])[];
  readonly elements: readonly string[];
}

/** Reads `cpus:2;mem(role1):1024;cpus{rev}:1;disk{mount}:100;ports:[31000-32000];zones:{a,b}`; undefined if it holds anything else. */
export function readResources(text: string): ResourceEntry[] | undefined {
  const entries: ResourceEntry[] = [];
  for (const part of text.split(';')) {
    if (part === '') continue;
    const match = /^([^(){}:]+)(?:\(([^)]*)\))?((?:\{[^}]*\})*):(.*)$/.exec(part);
    const flags = match?.[3] ?? '';
    if (match === null || flags.replaceAll('{rev}', '').replaceAll('{mount}', '') !== '') return undefined;
    const value = readValue(match[4]!.trim());
    if (value === undefined) return undefined;
    entries.push({ name: match[1]!, reservedTo: match[2] === undefined || match[2] === '*' ? '' : match[2], revocable: flags.includes('{rev}'), indivisible: flags.includes('{mount}'), ...value });
  }
  return entries;
}

function readValue(text: string): Pick<ResourceEntry, 'thousandths' | 'ranges' | 'elements'> | undefined {
  if (/^-?[0-9.]+$/.test(text)) return { thousandths: Math.round(Number(text) * 1000), ranges: [], elements: [] };
  const inside = text.slice(1, -1).split(',').map((element) => element.trim()).filter((element) => element !== '');
  if (text.startsWith('{') && text.endsWith('}')) return { thousandths: NaN, ranges: [], elements: inside };
  if (!text.startsWith('[') || !text.endsWith(']')) return undefined;
  const ranges = inside.map((range) => /^(\d+)(?:-(\d+))?$/.exec(range));
  if (ranges.includes(null)) return undefined;
  return { thousandths: NaN, ranges: ranges.map((range) => [Number(range![1]), Number(range![2] ?? range![1])] as const), elements: [] };
}

/** One column of a case with the part of an entry that it stands for: a scalar, an element, or numbers that all ranges of the case contain wholly or not at all. */
interface Part {
  readonly key: string;
  readonly column: ResourceColumn;
  readonly from: number;
  readonly to: number;
  readonly element: string;
}

/** All distinct columns of some resource texts, with the ways between texts and vectors over them. */
export class ResourceTexts {
  readonly columns: ResourceColumns;
  readonly #parts: readonly Part[];

  constructor(entries: readonly ResourceEntry[]) {
    const parts = new Map<string, Part>();
    const add = (entry: ResourceEntry, scalar: boolean, suffix: string, from = 0, to = 0, element = ''): void => {
      const { name, reservedTo, revocable, indivisible } = entry;
      const key = `${kindOf(entry)}${suffix}`;
      parts.set(key, { key, column: { name, reservedTo, revocable, indivisible, scalar }, from, to, element });
    };
    for (const entry of entries) {
      if (entry.thousandths === entry.thousandths) add(entry, true, '');
      for (const element of entry.elements) add(entry, false, `{${element}}`, 0, 0, element);
    }
    const ranged = entries.filter(({ ranges }) => ranges.length > 0);
    for (const name of new Set(ranged.map((entry) => entry.name))) {
      const ranges = ranged.filter((entry) => entry.name === name).flatMap((entry) => entry.ranges);
      const cuts = [...new Set(ranges.flatMap(([from, to]) => [from, to + 1]))].sort((a, b) => a - b);
      for (const entry of ranged.filter((one) => one.name === name)) {
        for (let i = 0; i + 1 < cuts.length; i++) {
          const [from, to] = [cuts[i]!, cuts[i + 1]! - 1];
          if (ranges.some(([first, last]) => first <= from && to <= last)) add(entry, false, `[${from}-${to}]`, from, to);
        }
      }
    }
    this.#parts = [...parts.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
    this.columns = new ResourceColumns(this.#parts.map(({ column }) => column));
  }

  vector(entries: readonly ResourceEntry[]): Float64Array {
    const vector = new Float64Array(this.columns.count);
    for (const entry of entries) {
      const kind = kindOf(entry);
      for (const [c, { key, column, from, to, element }] of this.#parts.entries()) {
        if (column.scalar) {
          if (key === kind && entry.thousandths === entry.thousandths) vector[c]! += entry.thousandths;
        } else if (element === '' ? key === `${kind}[${from}-${to}]` && entry.ranges.some(([first, last]) => first <= from && to <= last) : key === `${kind}{${element}}` && entry.elements.includes(element)) vector[c]! += 1000;
      }
    }
    return vector;
  }

  /** In a fixed order; what is zero is left out. */
  write(vector: ArrayLike<number>): string {
    return this.#parts
      .flatMap(({ key, column }, c) => (vector[c] === 0 ? [] : [column.scalar ? `${key}:${vector[c]! / 1000}` : key]))
      .join(';');
  }
}

function kindOf({ name, reservedTo, revocable, indivisible }: ResourceEntry): string {
  return `${name}${reservedTo === '' ? '' : `(${reservedTo})`}${revocable ? '{rev}' : ''}${indivisible ? '{mount}' : ''}`;
}
