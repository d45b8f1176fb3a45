import type { PodSpec, ResourceNames, Taint } from './pod-spec.ts';

/** What a node brings when it is added. */
export interface NodeSpec {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly taints: readonly Taint[];
  readonly unschedulable: boolean;
  readonly cpuMilli: number;
  readonly memoryBytes: number;
  readonly ephemeralBytes: number;
  readonly pods: number;
  /** Scalar resources by name. */
  readonly scalars: ReadonlyMap<string, number>;
  /** `status.images`: size in bytes by name; absent = none. */
  readonly images?: ReadonlyMap<string, number>;
}

/** The values that nodes have for one label, numbered: what topology keys divide a cluster into. */
export interface Topology {
  /** Number of the value per row; -1 = the node does not have the label. */
  readonly domainOf: Int32Array;
  readonly values: readonly string[];
  /** Some node does not have the label. */
  readonly isPartial: boolean;
}

/** An image and the nodes that have it. */
export interface NodeImage {
  /** 1 per row that has it. */
  readonly has: Uint8Array;
  nodes: number;
  /** Size as the first node reported it. */
  readonly sizeBytes: number;
  /** Sizes of nodes that say otherwise. */
  readonly otherSizes: Map<number, number>;
}

/** An interned list of taints, so that nodes with the same taints are judged once. */
export const NO_TAINTS = 0;

/**
 * The scheduler's cache of nodes (NodeInfo, pkg/scheduler/framework/types.go v1.35.4) as columns: one row per node, in node tree order, so that a scan
 * reads memory in order. Assumed pods count at once.
 */
export class NodeColumns {
  readonly count: number;
  readonly resources: ResourceNames;
  readonly names: readonly string[];
  readonly labels: readonly ReadonlyMap<string, string>[];
  readonly unschedulable: Uint8Array;
  /** Taints that the node was registered with. */
  readonly ownTaints: readonly (readonly Taint[])[];
  /** Index into {@link taintLists} per node. */
  readonly taintList: Int32Array;
  readonly taintLists: (readonly Taint[])[] = [[]];
  readonly allocatableCpuMilli: Float64Array;
  readonly allocatableMemoryBytes: Float64Array;
  readonly allocatableEphemeralBytes: Float64Array;
  readonly allocatablePods: Float64Array;
  readonly requestedCpuMilli: Float64Array;
  readonly requestedMemoryBytes: Float64Array;
  readonly requestedEphemeralBytes: Float64Array;
  readonly nonZeroCpuMilli: Float64Array;
  readonly nonZeroMemoryBytes: Float64Array;
  readonly pods: Float64Array;
  /** Per scalar resource id. */
  readonly allocatableScalars: Float64Array[] = [];
  readonly requestedScalars: Float64Array[] = [];
  /** 0 = the machine has no Node object (not booted, or deleted): the row stays, nothing fits. */
  readonly exists: Uint8Array;
  /** Images that nodes report, by name. */
  readonly images = new Map<string, NodeImage>();
  #existing: number;
  /** Some node has a taint with effect PreferNoSchedule. */
  prefersNoSchedule = false;
  readonly #topologies = new Map<string, Topology>();
  readonly #taintListIndex = new Map<string, number>([['[]', NO_TAINTS]]);

  constructor(resources: ResourceNames, nodes: readonly NodeSpec[]) {
    const count = nodes.length;
    this.count = count;
    this.resources = resources;
    this.names = nodes.map((node) => node.name);
    this.labels = nodes.map((node) => node.labels);
    this.unschedulable = Uint8Array.from(nodes, (node) => (node.unschedulable ? 1 : 0));
    this.ownTaints = nodes.map((node) => node.taints);
    this.taintList = Int32Array.from(nodes, (node) => this.internTaints(node.taints));
    this.allocatableCpuMilli = Float64Array.from(nodes, (node) => node.cpuMilli);
    this.allocatableMemoryBytes = Float64Array.from(nodes, (node) => node.memoryBytes);
    this.allocatableEphemeralBytes = Float64Array.from(nodes, (node) => node.ephemeralBytes);
    this.allocatablePods = Float64Array.from(nodes, (node) => node.pods);
    this.requestedCpuMilli = new Float64Array(count);
    this.requestedMemoryBytes = new Float64Array(count);
    this.requestedEphemeralBytes = new Float64Array(count);
    this.nonZeroCpuMilli = new Float64Array(count);
    this.nonZeroMemoryBytes = new Float64Array(count);
    this.pods = new Float64Array(count);
    nodes.forEach((node, row) => {
      for (const [name, amount] of node.scalars) {
        const id = resources.id(name);
        this.#ensureScalar(id);
        this.allocatableScalars[id]![row] = amount;
      }
    });
    this.#ensureScalar(resources.names.length - 1);
    this.exists = new Uint8Array(count).fill(1);
    this.#existing = count;
    nodes.forEach((node, row) => node.images?.forEach((sizeBytes, name) => this.addImage(row, name, sizeBytes)));
  }

  /** A node reports one more image. */
  addImage(row: number, name: string, sizeBytes: number): void {
    let image = this.images.get(name);
    if (image === undefined) this.images.set(name, (image = { has: new Uint8Array(this.count), nodes: 0, sizeBytes, otherSizes: new Map() }));
    if (image.has[row] === 1) return;
    image.has[row] = 1;
    image.nodes++;
    if (sizeBytes !== image.sizeBytes) image.otherSizes.set(row, sizeBytes);
  }

  /** Number of nodes that exist. */
  get existing(): number {
    return this.#existing;
  }

  setExists(row: number, exists: 0 | 1): void {
    this.#existing += exists - this.exists[row]!;
    this.exists[row] = exists;
  }

  /** Values of a label over all nodes. */
  topology(key: string): Topology {
    let topology = this.#topologies.get(key);
    if (topology === undefined) {
      const values: string[] = [];
      const numbers = new Map<string, number>();
      const domainOf = Int32Array.from(this.labels, (labels) => {
        const value = labels.get(key);
        if (value === undefined) return -1;
        let number = numbers.get(value);
        if (number === undefined) numbers.set(value, (number = values.push(value) - 1));
        return number;
      });
      this.#topologies.set(key, (topology = { domainOf, values, isPartial: domainOf.includes(-1) }));
    }
    return topology;
  }

  /** The interned list with these taints in this order. */
  internTaints(taints: readonly Taint[]): number {
    const key = JSON.stringify(taints.map((taint) => [taint.key, taint.value, taint.effect]));
    let index = this.#taintListIndex.get(key);
    if (index === undefined) {
      index = this.taintLists.push(taints) - 1;
      if (taints.some((taint) => taint.effect === 'PreferNoSchedule')) this.prefersNoSchedule = true;
      this.#taintListIndex.set(key, index);
    }
    return index;
  }

  /** Adds a pod to a node (sign 1) or takes it away (sign -1). */
  add(row: number, pod: PodSpec, sign: number): void {
    const { request } = pod;
    this.requestedCpuMilli[row]! += sign * request.cpuMilli;
    this.requestedMemoryBytes[row]! += sign * request.memoryBytes;
    this.requestedEphemeralBytes[row]! += sign * request.ephemeralBytes;
    this.nonZeroCpuMilli[row]! += sign * pod.nonZeroCpuMilli;
    this.nonZeroMemoryBytes[row]! += sign * pod.nonZeroMemoryBytes;
    this.pods[row]! += sign;
    for (let i = 0; i < request.scalarIds.length; i++) {
      this.#ensureScalar(request.scalarIds[i]!);
      this.requestedScalars[request.scalarIds[i]!]![row]! += sign * request.scalarAmounts[i]!;
    }
  }

  allocatableScalar(id: number, row: number): number {
    return this.allocatableScalars[id]?.[row] ?? 0;
  }

  requestedScalar(id: number, row: number): number {
    return this.requestedScalars[id]?.[row] ?? 0;
  }

  #ensureScalar(id: number): void {
    while (this.allocatableScalars.length <= id) {
      this.allocatableScalars.push(new Float64Array(this.count));
      this.requestedScalars.push(new Float64Array(this.count));
    }
  }
}
