import { LOWEST_SCORE as INFEASIBLE } from '../../../engine/best-memo.ts';
import { enabledFilters, type Filter } from './filters.ts';
import { Availability, type NodeSet, NodeStatus } from './node-set.ts';
import type { TaskSpec } from './task-spec.ts';

/** The nodes that tie for best under one question; valid until the next one. */
export interface Ties {
  /** Nodes that pass the filters. */
  readonly feasible: number;
  /** Of these, those that nothing beats; in order of their index. */
  readonly best: number;
}

/**
 * Answers the two questions about all nodes that placement asks. *By load*: which nodes pass all filters but the one for replicas, and which of them run the fewest tasks.
 * *By service*: which pass all filters, and which of them run the fewest tasks of the service, then the fewest tasks. MemoRanking looks at few, {@link ScanRanking} at all.
 */
export interface NodeRanking {
  byLoad(spec: number): Ties;
  byService(spec: number, service: number): Ties;
  /** The r-th of the nodes that tie in the last answer. */
  pick(r: number): number;
  /** Whether a node is among those that tie in the last {@link byLoad}. */
  ties(node: number): boolean;
  touch(node: number): void;
  /** Nodes looked at one by one so far. */
  readonly looked: number;
}

/** How to make one; tests compare the two. */
export type RankingFactory = new (nodes: NodeSet, specs: readonly TaskSpec[]) => NodeRanking;

/** A node is scored by (active tasks of the service, active tasks) in one whole number of 30 bits. */
const TASKS = 131_072;
const SERVICE_TASKS = 8_192;

// What most scores need of a node, side by side: a score then touches one line of cache.
const STRIDE = 4;
const READY = 0;
const NANO_CPUS = 1;
const MEMORY = 2;
const ACTIVE_TASKS = 3;

/** Rules for one node that both rankings share. */
export class NodeScores {
  readonly #nodes: NodeSet;
  readonly #state: Float64Array;
  readonly #reserves: boolean[] = [];
  readonly #specs: readonly TaskSpec[];
  readonly #filters: (readonly Filter[] | undefined)[] = [];
  /** Answers that never change, per spec: 0 = not asked yet, 1 = passes, 2 = does not. */
  readonly #described: (Uint8Array | null | undefined)[] = [];

  /** @param specs may grow */
  constructor(nodes: NodeSet, specs: readonly TaskSpec[]) {
    this.#nodes = nodes;
    this.#specs = specs;
    this.#state = new Float64Array(nodes.count * STRIDE);
    for (let node = 0; node < nodes.count; node++) this.touch(node);
  }

  /** The state of a node changed. */
  touch(node: number): void {
    const nodes = this.#nodes;
    const at = node * STRIDE;
    this.#state[at + READY] = nodes.status[node] === NodeStatus.ready && nodes.availability[node] === Availability.active ? 1 : 0;
    this.#state[at + NANO_CPUS] = nodes.availableNanoCpus[node]!;
    this.#state[at + MEMORY] = nodes.availableMemoryBytes[node]!;
    this.#state[at + ACTIVE_TASKS] = nodes.activeTasks[node]!;
  }

  /** Active tasks of a node that is ready and active, else -1. */
  level(node: number): number {
    const at = node * STRIDE;
    return this.#state[at + READY] === 0 ? -1 : this.#state[at + ACTIVE_TASKS]!;
  }

  nanoCpus(node: number): number {
    return this.#state[node * STRIDE + NANO_CPUS]!;
  }

  memoryBytes(node: number): number {
    return this.#state[node * STRIDE + MEMORY]!;
  }

  /** Whether tasks with a specification look at more of a node that changes than readiness and plain resources. */
  heedsState(spec: number): boolean {
    return (this.#filters[spec] ?? this.#open(spec)).length > 0;
  }

  /** Whether they look at anything that never changes. */
  heedsDescription(spec: number): boolean {
    if (this.#filters[spec] === undefined) this.#open(spec);
    return this.#described[spec] !== null;
  }

  /** Whether they reserve CPU or memory. */
  reserves(spec: number): boolean {
    if (this.#filters[spec] === undefined) this.#open(spec);
    return this.#reserves[spec] === true;
  }

  /** Whether a node passes the filters whose answers never change. */
  described(node: number, spec: number): boolean {
    if (this.#filters[spec] === undefined) this.#open(spec);
    const described = this.#described[spec]!;
    if (described === null) return true;
    if (described[node] === 0) described[node] = this.#meetsDescription(node, spec) ? 1 : 2;
    return described[node] === 1;
  }

  load(node: number, spec: number): number {
    return this.#passes(node, spec) ? -this.#state[node * STRIDE + ACTIVE_TASKS]! : INFEASIBLE;
  }

  /** {@link load} of many nodes. */
  loads(rows: Int32Array, count: number, spec: number, scores: Int32Array): void {
    if (this.heedsState(spec) || this.#described[spec] !== null || this.#reserves[spec] !== true) {
      for (let i = 0; i < count; i++) scores[i] = this.load(rows[i]!, spec);
      return;
    }
    const { nanoCpus, memoryBytes } = this.#specs[spec]!;
    loadsByResources(this.#state, nanoCpus, memoryBytes, rows, count, scores);
  }

  service(node: number, spec: number, service: number): number {
    const { maxReplicas } = this.#specs[spec]!;
    const own = this.#nodes.activeOf(service, node);
    if ((maxReplicas > 0 && own >= maxReplicas) || !this.#passes(node, spec)) return INFEASIBLE;
    const all = this.#nodes.activeTasks[node]!;
    if (own >= SERVICE_TASKS || all >= TASKS) throw new Error(`a node with ${own} tasks of one service and ${all} in all is beyond what scores can say`);
    return -(own * TASKS + all);
  }

  #passes(node: number, spec: number): boolean {
    const filters = this.#filters[spec] ?? this.#open(spec);
    const state = this.#state;
    const at = node * STRIDE;
    const taskSpec = this.#specs[spec]!;
    if (state[at + READY] === 0) return false;
    // A task that reserves nothing fits on a node that has less than nothing left.
    if (this.#reserves[spec] === true && (taskSpec.nanoCpus > state[at + NANO_CPUS]! || taskSpec.memoryBytes > state[at + MEMORY]!)) return false;
    if (!this.described(node, spec)) return false;
    for (let i = 0; i < filters.length; i++) if (!filters[i]!.check(this.#nodes, node, taskSpec, -1)) return false;
    return true;
  }

  /** What a specification is about, found out when it is first asked for. */
  #open(spec: number): readonly Filter[] {
    const enabled = enabledFilters(this.#specs[spec]!);
    // Readiness and plain resources are looked at here; the filters themselves are asked about everything else.
    const { generic } = this.#specs[spec]!;
    const filters = enabled.filter(({ dependsOn, name }) => dependsOn === 'state' && name !== 'ready' && (name !== 'resource' || generic.length > 0));
    this.#reserves[spec] = enabled.some(({ name }) => name === 'resource');
    this.#described[spec] = enabled.some(({ dependsOn }) => dependsOn === 'description') ? new Uint8Array(this.#nodes.count) : null;
    this.#filters[spec] = filters;
    return filters;
  }

  #meetsDescription(node: number, spec: number): boolean {
    const taskSpec = this.#specs[spec]!;
    return enabledFilters(taskSpec).every((filter) => filter.dependsOn !== 'description' || filter.check(this.#nodes, node, taskSpec, -1));
  }
}

/** Of tasks that readiness and plain resources are all about. */
function loadsByResources(state: Float64Array, nanoCpus: number, memoryBytes: number, rows: Int32Array, count: number, scores: Int32Array): void {
  for (let i = 0; i < count; i++) {
    const at = rows[i]! * STRIDE;
    const passes = +(state[at + READY] !== 0) & +(nanoCpus <= state[at + NANO_CPUS]!) & +(memoryBytes <= state[at + MEMORY]!);
    scores[i] = passes === 1 ? -state[at + ACTIVE_TASKS]! : INFEASIBLE;
  }
}

/** Looks at every node for every question: the plain way, which tests hold the other one against. */
export class ScanRanking implements NodeRanking {
  looked = 0;
  readonly #nodes: NodeSet;
  readonly #scores: NodeScores;
  #best: number[] = [];

  constructor(nodes: NodeSet, specs: readonly TaskSpec[]) {
    this.#nodes = nodes;
    this.#scores = new NodeScores(nodes, specs);
  }

  byLoad(spec: number): Ties {
    return this.#rank((node) => this.#scores.load(node, spec));
  }

  byService(spec: number, service: number): Ties {
    return this.#rank((node) => this.#scores.service(node, spec, service));
  }

  pick(r: number): number {
    return this.#best[r]!;
  }

  ties(node: number): boolean {
    return this.#best.includes(node);
  }

  touch(node: number): void {
    this.#scores.touch(node);
  }

  #rank(score: (node: number) => number): Ties {
    let best = INFEASIBLE;
    let feasible = 0;
    this.#best = [];
    for (let node = 0; node < this.#nodes.count; node++) {
      const value = score(node);
      this.looked++;
      if (value === INFEASIBLE) continue;
      feasible++;
      if (value < best) continue;
      if (value > best) this.#best = [];
      best = value;
      this.#best.push(node);
    }
    return { feasible, best: this.#best.length };
  }
}
