/** One kind of resource entry. Two entries of the real system merge only when all of this is equal. */
export interface ResourceColumn {
  /** `cpus`, `mem`, `gpus`, `disk`. */
  readonly name: string;
  /** Role that the entry is reserved to; '' = unreserved. */
  readonly reservedTo: string;
  readonly revocable: boolean;
  /** Taken whole or not at all (a MOUNT disk). */
  readonly indivisible: boolean;
  /** False: a range of ports or an element of a set. Never cut, and in no share or quota. */
  readonly scalar: boolean;
}

/** A scalar entry without reservation or other metadata. */
export function plainColumn(name: string): ResourceColumn {
  return { name, reservedTo: '', revocable: false, indivisible: false, scalar: true };
}

/**
 * The resource entries that a cluster knows, each a column of integer thousandths (Apache Mesos 1.12, src/common/values.cpp: scalars are compared and added as
 * integers of 1/1000). Fair-share arithmetic sums columns by name.
 */
export class ResourceColumns {
  readonly columns: readonly ResourceColumn[];
  readonly names: readonly string[];
  /** Name index per column. */
  readonly nameOf: Int32Array;
  /** No reservation, nothing revocable or indivisible, one column per name. */
  readonly plain: boolean;

  constructor(columns: readonly ResourceColumn[]) {
    this.columns = columns;
    this.names = [...new Set(columns.map((column) => column.name))];
    this.nameOf = Int32Array.from(columns, (column) => this.names.indexOf(column.name));
    this.plain = columns.every((column) => column.reservedTo === '' && !column.revocable && !column.indivisible && column.scalar) && this.names.length === columns.length;
  }

  get count(): number {
    return this.columns.length;
  }

  /** Sums a vector of columns by name. */
  byName(vector: ArrayLike<number>): Float64Array {
    const sums = new Float64Array(this.names.length);
    for (let c = 0; c < this.columns.length; c++) sums[this.nameOf[c]!]! += vector[c]!;
    return sums;
  }

  /** Index of a resource name; -1 if no column has it. */
  nameIndex(name: string): number {
    return this.names.indexOf(name);
  }
}
