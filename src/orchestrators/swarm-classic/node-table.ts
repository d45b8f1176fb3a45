import type { PortBinding } from './container-request.ts';

/** A container as the manager's cache knows it. */
export interface CachedContainer {
  /** 64 hexadecimal digits; '' while pending (being created). */
  readonly id: string;
  /** With leading slash. */
  readonly names: readonly string[];
  /** Identity that survives rescheduling. */
  readonly swarmId: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly networkMode: string;
  readonly exposedPorts: readonly string[];
  /** Asked for. */
  readonly portBindings: readonly PortBinding[];
  /** Bound by the engine. */
  readonly allocatedPorts: readonly PortBinding[];
  /** Being created: the engine does not list it yet. */
  readonly pending: boolean;
}

export interface CachedImage {
  readonly id: string;
  readonly repoTags: readonly string[];
}

/** What the manager knows of an engine that does not change while it is registered. Totals include the overcommit allowance. */
export interface NodeSpec {
  readonly id: string;
  readonly name: string;
  readonly totalCpus: number;
  readonly totalMemoryBytes: number;
  readonly labels: ReadonlyMap<string, string>;
}

/**
 * The scheduler's view of the cluster: one row per engine, numbers in columns, the rest in lists (docker/classicswarm 1.2.9, scheduler/node/node.go).
 * Used resources count every cached container in whatever state, and the pending ones.
 */
export class NodeTable {
  readonly count: number;
  readonly ids: readonly string[];
  readonly names: readonly string[];
  readonly labels: readonly ReadonlyMap<string, string>[];
  readonly totalCpus: Float64Array;
  readonly totalMemoryBytes: Float64Array;
  readonly usedCpus: Float64Array;
  readonly usedMemoryBytes: Float64Array;
  readonly containerCount: Float64Array;
  /** Health indicator, 0 to 100; 0 = not healthy. */
  readonly health: Float64Array;
  /** 1 = the engine is registered; others (pending, removed) are no nodes for the scheduler at all. */
  readonly registered: Uint8Array;
  /** Limit of the `containerslots` label; `Infinity` = none. */
  readonly slots: Float64Array;
  readonly #containers: (CachedContainer[] | undefined)[];
  readonly #images: (readonly CachedImage[])[];

  constructor(specs: readonly NodeSpec[]) {
    this.count = specs.length;
    this.ids = specs.map((spec) => spec.id);
    this.names = specs.map((spec) => spec.name);
    this.labels = specs.map((spec) => spec.labels);
    this.totalCpus = Float64Array.from(specs, (spec) => spec.totalCpus);
    this.totalMemoryBytes = Float64Array.from(specs, (spec) => spec.totalMemoryBytes);
    this.usedCpus = new Float64Array(this.count);
    this.usedMemoryBytes = new Float64Array(this.count);
    this.containerCount = new Float64Array(this.count);
    this.health = new Float64Array(this.count).fill(100);
    this.registered = new Uint8Array(this.count).fill(1);
    this.slots = Float64Array.from(specs, (spec) => slotLimit(spec.labels.get('containerslots')));
    this.#containers = Array.from({ length: this.count }, () => undefined);
    this.#images = Array.from({ length: this.count }, () => []);
  }

  containers(node: number): readonly CachedContainer[] {
    return this.#containers[node] ?? [];
  }

  images(node: number): readonly CachedImage[] {
    return this.#images[node]!;
  }

  setImages(node: number, images: readonly CachedImage[]): void {
    this.#images[node] = images;
  }

  /** Takes a container into the books of a node. */
  add(node: number, container: CachedContainer): void {
    (this.#containers[node] ??= []).push(container);
    this.usedCpus[node]! += container.cpus;
    this.usedMemoryBytes[node]! += container.memoryBytes;
    this.containerCount[node]!++;
  }

  /** Takes a container out of the books of a node; it must be there. */
  remove(node: number, container: CachedContainer): void {
    const list = this.#containers[node] ?? [];
    const at = list.indexOf(container);
    if (at < 0) throw new Error(`container ${container.id} is not in the cache of node ${this.names[node]}`);
    // In order, as splice does it, but without an array of what was removed.
    for (let i = at + 1; i < list.length; i++) list[i - 1] = list[i]!;
    list.pop();
    this.usedCpus[node]! -= container.cpus;
    this.usedMemoryBytes[node]! -= container.memoryBytes;
    this.containerCount[node]!--;
  }
}

/** Limit in a `containerslots` label as Go's strconv.Atoi reads it; what it cannot read is no limit (scheduler/filter/slots.go). */
function slotLimit(label: string | undefined): number {
  if (label === undefined || !/^[+-]?[0-9]+$/.test(label)) return Infinity;
  const value = BigInt(label.startsWith('+') ? label.slice(1) : label);
  return BigInt.asIntN(64, value) === value ? Number(value) : Infinity;
}
