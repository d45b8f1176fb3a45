/** What is known about one machine before a run: its capacity, place and attributes. */
export interface MachineSpec {
  readonly name: string;
  readonly cpuMilli: number;
  readonly memoryBytes: number;
  /** GPU devices, each of 1,000 milli-GPU. */
  readonly gpuCount?: number;
  readonly gpuModel?: string;
  /** Most containers at once; absent = no limit. */
  readonly slots?: number;
  readonly rack?: string;
  readonly zone?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Milli-GPU of one device. */
export const GPU_MILLI = 1000;

/**
 * Capacity columns of all machines, in a fixed order; a machine is its index. Read-only: the same object serves the world (truth) and the orchestrator
 * (bootstrap inventory, what an operator would have configured).
 */
export class MachineInventory {
  readonly count: number;
  readonly names: readonly string[];
  readonly cpuMilli: Float64Array;
  readonly memoryBytes: Float64Array;
  readonly gpuCount: Int32Array;
  readonly gpuModels: readonly string[];
  /** `Infinity` = no limit. */
  readonly slots: Float64Array;
  /** Rack and zone as indices into {@link rackNames} and {@link zoneNames}. */
  readonly rack: Int32Array;
  readonly zone: Int32Array;
  readonly rackNames: readonly string[];
  readonly zoneNames: readonly string[];
  /** Attributes that constraints can name: the machine's own, and `rack` and `zone` where its place is known. */
  readonly attributes: readonly ReadonlyMap<string, string>[];
  readonly #indexByName = new Map<string, number>();

  constructor(specs: readonly MachineSpec[]) {
    this.count = specs.length;
    this.names = specs.map((spec) => spec.name);
    this.cpuMilli = Float64Array.from(specs, (spec) => spec.cpuMilli);
    this.memoryBytes = Float64Array.from(specs, (spec) => spec.memoryBytes);
    this.gpuCount = Int32Array.from(specs, (spec) => spec.gpuCount ?? 0);
    this.gpuModels = specs.map((spec) => spec.gpuModel ?? '');
    this.slots = Float64Array.from(specs, (spec) => spec.slots ?? Infinity);
    const racks = interned(specs.map((spec) => spec.rack ?? 'rack-0'));
    const zones = interned(specs.map((spec) => spec.zone ?? 'zone-0'));
    this.rack = racks.indices;
    this.rackNames = racks.names;
    this.zone = zones.indices;
    this.zoneNames = zones.names;
    this.attributes = attributesOf(specs);
    specs.forEach((spec, i) => {
      if (this.#indexByName.has(spec.name)) throw new Error(`machine name "${spec.name}" is used twice`);
      this.#indexByName.set(spec.name, i);
    });
  }

  /** Index of a machine by name; -1 if there is none. */
  indexOf(name: string): number {
    return this.#indexByName.get(name) ?? -1;
  }

  /** Sum of a capacity over all machines, in index order. */
  total(resource: 'cpuMilli' | 'memoryBytes' | 'gpuMilli'): number {
    let sum = 0;
    for (let i = 0; i < this.count; i++) sum += resource === 'gpuMilli' ? this.gpuCount[i]! * GPU_MILLI : this[resource][i]!;
    return sum;
  }
}

/** Machines of one group that stand in one place share what they have: a large cluster has few different ones. */
function attributesOf(specs: readonly MachineSpec[]): ReadonlyMap<string, string>[] {
  const known = new Map<MachineSpec['attributes'], Map<string, ReadonlyMap<string, string>>>();
  return specs.map(({ rack, zone, attributes }) => {
    let byPlace = known.get(attributes);
    if (byPlace === undefined) known.set(attributes, (byPlace = new Map()));
    const place = JSON.stringify([rack, zone]);
    let shared = byPlace.get(place);
    if (shared === undefined) {
      const own = new Map<string, string>();
      if (rack !== undefined) own.set('rack', rack);
      if (zone !== undefined) own.set('zone', zone);
      for (const [name, value] of Object.entries(attributes ?? {})) own.set(name, value);
      shared = own;
      byPlace.set(place, shared);
    }
    return shared;
  });
}

function interned(values: readonly string[]): { names: string[]; indices: Int32Array } {
  const names: string[] = [];
  const byName = new Map<string, number>();
  const indices = Int32Array.from(values, (value) => {
    let index = byName.get(value);
    if (index === undefined) {
      index = names.push(value) - 1;
      byName.set(value, index);
    }
    return index;
  });
  return { names, indices };
}
