import type { ResourceColumns } from './resource-columns.ts';

/** What a framework takes the scalars of its tasks from. */
export interface EntryUse {
  /** Role of the offer. */
  readonly role: string;
  /** Entries reserved to the role or to one above it. */
  readonly reserved: boolean;
  /** Entries without reservation. */
  readonly unreserved: boolean;
  /** Revocable entries: not at all, for all CPU, or where the others do not suffice. */
  readonly revocable: 'never' | 'only' | 'also';
}

/**
 * Which entries of an offer a task's scalars come from: what is reserved to the role first, then to roles above it, then what nobody has reserved. A task has one scalar either from revocable
 * entries or from others, never from both (Apache Mesos 1.12, src/common/resources.cpp, `Resources::find`; src/master/validation.cpp, `validateRevocableAndNonRevocable`).
 */
export class EntryChoice {
  /** There are entries that it takes CPU from. */
  readonly possible: boolean;
  readonly #width: number;
  /** Per resource name: lists of columns, the first that holds enough is used, its columns in order. */
  readonly #lists: readonly (readonly (readonly number[])[])[];

  constructor({ columns, names }: ResourceColumns, use: EntryUse) {
    this.#width = columns.length;
    this.#lists = names.map((name) => {
      const indices = columns.flatMap((column, c) => (column.name === name && column.scalar && accepts(use, column.reservedTo) ? [c] : []));
      // Longer paths are nearer to the role; unreserved is shortest.
      indices.sort((a, b) => columns[b]!.reservedTo.length - columns[a]!.reservedTo.length || a - b);
      const regular = indices.filter((c) => !columns[c]!.revocable);
      const revocable = indices.filter((c) => columns[c]!.revocable);
      if (use.revocable === 'only' && name === 'cpus') return [revocable];
      return revocable.length === 0 || use.revocable === 'never' ? [regular] : [regular, revocable];
    });
    this.possible = this.#lists[names.indexOf('cpus')]!.some((list) => list.length > 0);
  }

  /** Whether any task's scalar may come from a column. */
  takes(column: number): boolean {
    return this.#lists.some((lists) => lists.some((list) => list.includes(column)));
  }

  /** Most of a resource that one task could have of these entries, by name index. */
  usable(entry: (column: number) => number, name: number): number {
    let most = 0;
    for (const list of this.#lists[name]!) {
      let sum = 0;
      for (const c of list) sum += entry(c);
      if (sum > most) most = sum;
    }
    return most;
  }

  /** @param request by name index */
  fits(left: ArrayLike<number>, request: ArrayLike<number>): boolean {
    for (let name = 0; name < this.#lists.length; name++) if (request[name]! > 0 && this.#listFor(left, name, request[name]!) === undefined) return false;
    return true;
  }

  /** The entries that serve a request that {@link fits}. */
  entries(left: ArrayLike<number>, request: ArrayLike<number>): Float64Array {
    const taken = new Float64Array(this.#width);
    for (let name = 0; name < this.#lists.length; name++) {
      let missing = request[name]!;
      if (missing <= 0) continue;
      for (const c of this.#listFor(left, name, missing)!) {
        const amount = Math.min(missing, left[c]!);
        taken[c] = amount;
        missing -= amount;
      }
    }
    return taken;
  }

  #listFor(left: ArrayLike<number>, name: number, amount: number): readonly number[] | undefined {
    for (const list of this.#lists[name]!) {
      let sum = 0;
      for (const c of list) sum += left[c]!;
      if (sum >= amount) return list;
    }
    return undefined;
  }
}

function accepts({ role, reserved, unreserved }: EntryUse, reservedTo: string): boolean {
  if (reservedTo === '') return unreserved;
  return reserved && (reservedTo === role || role.startsWith(`${reservedTo}/`));
}
