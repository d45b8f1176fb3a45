import type { ConstraintSubject } from '../../../workload/readers/compose/placement-constraint.ts';
import { type GenericClaim, type GenericDescription, GenericResources, NO_CLAIMS } from './generic-resources.ts';
import { RecentFailures } from './recent-failures.ts';
import type { HostPort, TaskSpec } from './task-spec.ts';

/** Status of a node as the dispatcher sees it (api/types.proto). */
export const NodeStatus = { unknown: 0, down: 1, ready: 2, disconnected: 3 } as const;
export type NodeStatus = (typeof NodeStatus)[keyof typeof NodeStatus];

/** What the operator wants of a node. */
export const Availability = { active: 0, pause: 1, drain: 2 } as const;
export type Availability = (typeof Availability)[keyof typeof Availability];

/** What a node says of itself, and its labels. */
export interface NodeDescription extends ConstraintSubject {
  readonly nanoCpus: number;
  readonly memoryBytes: number;
  readonly generic: readonly GenericDescription[];
  readonly plugins: readonly { readonly type: 'Volume' | 'Network' | 'Log'; readonly name: string }[];
}

/** More tasks of one service on a node than there can be. */
const COUNTS = 1_048_576;

/**
 * The scheduler's picture of all nodes, as columns (manager/scheduler/nodeinfo.go, nodeset.go): what is not reserved, active tasks in all and by service, ports, recent failures.
 * Reservations of a task count from its assignment until it is observed past RUNNING, whatever its desired state; *active* are those with desired state up to COMPLETE.
 */
export class NodeSet {
  readonly count: number;
  readonly descriptions: readonly NodeDescription[];
  readonly status: Uint8Array;
  readonly availability: Uint8Array;
  readonly availableNanoCpus: Float64Array;
  readonly availableMemoryBytes: Float64Array;
  readonly activeTasks: Int32Array;
  readonly failures = new RecentFailures();
  /** Called when anything about a node changed that filters or order look at. */
  touched: (node: number) => void = () => {};
  readonly #generic: readonly (GenericResources | null)[];
  /** Active tasks by service: (node, count) in one number while they are on one node, which is by far the most common case; else by node. -1 = not so. */
  #onOne = new Float64Array(256).fill(-1);
  readonly #onMany = new Map<number, Map<number, number>>();
  readonly #hostPorts = new Map<number, Set<string>>();

  constructor(descriptions: readonly NodeDescription[]) {
    this.count = descriptions.length;
    this.descriptions = descriptions;
    this.status = new Uint8Array(this.count).fill(NodeStatus.ready);
    this.availability = new Uint8Array(this.count);
    this.availableNanoCpus = Float64Array.from(descriptions, ({ nanoCpus }) => nanoCpus);
    this.availableMemoryBytes = Float64Array.from(descriptions, ({ memoryBytes }) => memoryBytes);
    this.activeTasks = new Int32Array(this.count);
    this.#generic = descriptions.map(({ generic }) => (generic.length === 0 ? null : new GenericResources(generic)));
  }

  setStatus(node: number, status: NodeStatus): void {
    this.status[node] = status;
    this.touched(node);
  }

  setAvailability(node: number, availability: Availability): void {
    this.availability[node] = availability;
    this.touched(node);
  }

  /** A task of a service now holds its reservations on the node. @returns the generic resources that it got */
  add(node: number, service: number, spec: TaskSpec, active: boolean): readonly GenericClaim[] {
    this.availableNanoCpus[node]! -= spec.nanoCpus;
    this.availableMemoryBytes[node]! -= spec.memoryBytes;
    const generic = this.#generic[node]!;
    const claims = generic === null || spec.generic.length === 0 ? NO_CLAIMS : generic.claim(spec.generic);
    if (spec.hostPorts.length > 0) {
      let ports = this.#hostPorts.get(node);
      if (ports === undefined) this.#hostPorts.set(node, (ports = new Set()));
      for (const port of spec.hostPorts) if (port.publishedPort !== 0) ports.add(portKey(port));
    }
    if (active) this.#count(node, service, 1);
    this.touched(node);
    return claims;
  }

  /** A task gives back what it held. Its ports are free afterwards even if another task published the same (a set, not a counter). */
  remove(node: number, service: number, spec: TaskSpec, active: boolean, claims: readonly GenericClaim[]): void {
    this.availableNanoCpus[node]! += spec.nanoCpus;
    this.availableMemoryBytes[node]! += spec.memoryBytes;
    if (claims.length > 0) this.#generic[node]!.reclaim(claims);
    if (spec.hostPorts.length > 0) {
      const ports = this.#hostPorts.get(node);
      for (const port of spec.hostPorts) ports?.delete(portKey(port));
    }
    if (active) this.#count(node, service, -1);
    this.touched(node);
  }

  /** A task that stays on the node is no more wanted to run. */
  deactivate(node: number, service: number): void {
    this.#count(node, service, -1);
    this.touched(node);
  }

  /** Active tasks of a service on a node. */
  activeOf(service: number, node: number): number {
    const one = this.#onOne[service] ?? -1;
    if (one >= 0) return Math.floor(one / COUNTS) === node ? one % COUNTS : 0;
    return this.#onMany.size === 0 ? 0 : (this.#onMany.get(service)?.get(node) ?? 0);
  }

  /** Number of nodes with active tasks of a service. */
  nodeCountOf(service: number): number {
    if ((this.#onOne[service] ?? -1) >= 0) return 1;
    return this.#onMany.size === 0 ? 0 : (this.#onMany.get(service)?.size ?? 0);
  }

  /** Nodes with active tasks of a service. */
  nodesOf(service: number): Iterable<number> {
    const one = this.#onOne[service] ?? -1;
    return one >= 0 ? [Math.floor(one / COUNTS)] : (this.#onMany.get(service)?.keys() ?? []);
  }

  hasGeneric(node: number, kind: string, count: number): boolean {
    return this.#generic[node]?.hasEnough(kind, count) ?? false;
  }

  publishes(node: number, port: HostPort): boolean {
    return this.#hostPorts.get(node)?.has(portKey(port)) ?? false;
  }

  #count(node: number, service: number, change: number): void {
    this.activeTasks[node]! += change;
    while (service >= this.#onOne.length) this.#onOne = grown(this.#onOne);
    const one = this.#onOne[service]!;
    if (one >= 0) {
      const only = Math.floor(one / COUNTS);
      if (only === node) this.#onOne[service] = one % COUNTS === -change ? -1 : one + change;
      else {
        this.#onOne[service] = -1;
        this.#onMany.set(service, new Map([[only, one % COUNTS], [node, change]]));
      }
      return;
    }
    const nodes = this.#onMany.get(service);
    if (nodes === undefined) {
      this.#onOne[service] = node * COUNTS + change;
      return;
    }
    const count = (nodes.get(node) ?? 0) + change;
    if (count !== 0) nodes.set(node, count);
    else {
      nodes.delete(node);
      if (nodes.size === 0) this.#onMany.delete(service);
    }
  }
}

function grown(column: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * column.length).fill(-1);
  larger.set(column);
  return larger;
}

function portKey({ protocol, publishedPort }: HostPort): string {
  return `${publishedPort}/${protocol}`;
}
