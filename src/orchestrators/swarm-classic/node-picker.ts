import type { SequentialRandom } from '../../engine/random/sequential-random.ts';
import { ScoreMemo } from '../../engine/score-memo.ts';
import type { ContainerRequest } from './container-request.ts';
import { ExpressionError, parseExpressions } from './expression.ts';
import type { NodeTable } from './node-table.ts';
import { NO_RESOURCES_ERROR, type Scheduler, type SchedulingError } from './scheduler.ts';
import { HEALTH_FACTOR, NO_WEIGHT, weight } from './strategy.ts';

/** Whether a node comes into question at all, before the manager looks at it; depends only on the state of the node. */
export type Offered = (node: number, shape: number) => boolean;

/** Picks the node for one request: the scheduler's best, drawn among ties. */
export interface NodePicker {
  /** Node, or -1: then {@link error} says why. Draws once if several nodes tie, else not at all. */
  pick(shape: number): number;
  /** Why the last pick failed; `null` = no node was offered. */
  readonly error: SchedulingError | null;
  /** The state of a node changed. */
  touch(node: number): void;
  /** Nodes whose weight was computed one by one so far. */
  readonly scored: number;
}

/** The plain way: {@link Scheduler.select} over all nodes for each request. */
export class ScanPicker implements NodePicker {
  error: SchedulingError | null = null;
  scored = 0;
  readonly #scheduler: Scheduler;
  readonly #nodes: NodeTable;
  readonly #requests: readonly (ContainerRequest | null)[];
  readonly #random: SequentialRandom;
  readonly #offered: Offered;

  constructor(scheduler: Scheduler, nodes: NodeTable, requests: readonly (ContainerRequest | null)[], random: SequentialRandom, offered: Offered) {
    this.#scheduler = scheduler;
    this.#nodes = nodes;
    this.#requests = requests;
    this.#random = random;
    this.#offered = offered;
  }

  pick(shape: number): number {
    const candidates = candidateNodes(this.#nodes, shape, this.#offered);
    this.scored += candidates.length;
    const selection = this.#scheduler.select(this.#requests[shape]!, this.#nodes, candidates);
    if (selection.error !== undefined) {
      this.error = candidates.length === 0 && this.#nodes.registered.includes(1) ? null : selection.error;
      return -1;
    }
    const best = selection.ranked[0]!.nodes;
    return best.length === 1 ? best[0]! : best[this.#random.below(best.length)]!;
  }

  touch(): void {}
}

/** Registered nodes that are offered for a shape, in order. */
export function candidateNodes(nodes: NodeTable, shape: number, offered: Offered): number[] {
  const candidates: number[] = [];
  for (let node = 0; node < nodes.count; node++) if (nodes.registered[node] === 1 && offered(node, shape)) candidates.push(node);
  return candidates;
}

/** A node is weighed by (weight, containers); both fit into one whole number of 32 bits. */
const CONTAINERS = 524_288;
/** Scores at or below this say how many filters the node passed; weights stay above: they are within ±1,200, times {@link CONTAINERS}. */
const FAILED = -1_600_000_000;

/**
 * The same decisions as {@link ScanPicker}, draws included, with the score of each (shape, node) remembered until the node changes.
 * What a filter says of a node depends on that node alone, so the filter that fails first for the whole list is the furthest that any node comes.
 */
export class MemoPicker implements NodePicker {
  error: SchedulingError | null = null;
  readonly #scheduler: Scheduler;
  readonly #nodes: NodeTable;
  readonly #requests: readonly (ContainerRequest | null)[];
  readonly #random: SequentialRandom;
  readonly #offered: Offered;
  readonly #memo: ScoreMemo;
  /** What the filters that look at labels alone say, per shape and pass: they never change their mind. */
  readonly #labelVerdicts = new Map<number, Uint8Array>();
  readonly #softShapes: Uint8Array;
  readonly #needed: (readonly boolean[])[] = [];

  constructor(scheduler: Scheduler, nodes: NodeTable, requests: readonly (ContainerRequest | null)[], random: SequentialRandom, offered: Offered) {
    this.#scheduler = scheduler;
    this.#nodes = nodes;
    this.#requests = requests;
    this.#random = random;
    this.#offered = offered;
    this.#memo = new ScoreMemo(nodes.count, (node, key) => this.#score(node, key));
    this.#softShapes = Uint8Array.from(requests, (request) => (request !== null && hasSoft(request) ? 1 : 0));
    for (const request of requests) this.#needed.push(scheduler.filters.map((filter) => request !== null && needs(filter.name, request)));
  }

  get scored(): number {
    return this.#memo.evaluations;
  }

  touch(node: number): void {
    this.#memo.touch(node);
  }

  pick(shape: number): number {
    const soft = this.#softShapes[shape] === 1;
    if (soft) this.#memo.best(shape * 2 + SOFT);
    if (!soft || this.#memo.bestScore <= FAILED) this.#memo.best(shape * 2);
    const { bestScore, bestCount } = this.#memo;
    if (bestScore > FAILED) return this.#memo.pick(bestCount === 1 ? 0 : this.#random.below(bestCount));
    this.error = this.#failure(shape, bestScore);
    return -1;
  }

  #failure(shape: number, bestScore: number): SchedulingError | null {
    const { filters } = this.#scheduler;
    const passed = bestScore - NO_FILTER_PASSED;
    if (bestScore === NOT_OFFERED) return null;
    if (passed > filters.length - 1 && passed >= 0) return NO_RESOURCES_ERROR;
    if (passed >= 0) return this.#scheduler.failure(this.#requests[shape]!, filters[passed]!);
    // No node is registered: whatever the filters make of an empty list.
    return this.#scheduler.select(this.#requests[shape]!, this.#nodes, []).error!;
  }

  #score(node: number, key: number): number {
    const nodes = this.#nodes;
    if (nodes.registered[node] === 0) return NOT_REGISTERED;
    const shape = key >> 1;
    if (!this.#offered(node, shape)) return NOT_OFFERED;
    const request = this.#requests[shape]!;
    const { filters, strategy } = this.#scheduler;
    const needed = this.#needed[shape]!;
    for (let i = 0; i < filters.length; i++) {
      if (needed[i] === true && !this.#passes(i, node, key, request)) return NO_FILTER_PASSED + i;
    }
    if (strategy === 'random') return 0;
    const value = weight(request.cpus, request.memoryBytes, nodes, node, HEALTH_FACTOR[strategy]);
    if (value === NO_WEIGHT) return NO_FILTER_PASSED + filters.length;
    const combined = value * CONTAINERS + nodes.containerCount[node]!;
    return strategy === 'spread' ? -combined : combined;
  }

  #passes(filterIndex: number, node: number, key: number, request: ContainerRequest): boolean {
    const filter = this.#scheduler.filters[filterIndex]!;
    if (!LABEL_FILTERS.has(filter.name)) {
      if (filter.name === 'health') return this.#nodes.health[node]! > 0;
      if (filter.name === 'containerslots') return this.#nodes.containerCount[node]! < this.#nodes.slots[node]!;
      return this.#keeps(filterIndex, node, key, request);
    }
    const verdictsKey = key * this.#scheduler.filters.length + filterIndex;
    let verdicts = this.#labelVerdicts.get(verdictsKey);
    if (verdicts === undefined) this.#labelVerdicts.set(verdictsKey, (verdicts = new Uint8Array(this.#nodes.count)));
    if (verdicts[node] === 0) verdicts[node] = this.#keeps(filterIndex, node, key, request) ? 1 : 2;
    return verdicts[node] === 1;
  }

  #keeps(filterIndex: number, node: number, key: number, request: ContainerRequest): boolean {
    try {
      return this.#scheduler.filters[filterIndex]!.keep(request, this.#nodes, [node], (key & 1) === SOFT).length > 0;
    } catch (error) {
      if (error instanceof ExpressionError) return false;
      throw error;
    }
  }
}

const SOFT = 1;
const NOT_REGISTERED = FAILED - 1002;
const NOT_OFFERED = FAILED - 1001;
const NO_FILTER_PASSED = FAILED - 1000;
/** Filters whose verdict depends on nothing but labels and names of the node. */
const LABEL_FILTERS: ReadonlySet<string> = new Set(['constraint', 'whitelist']);

/** Whether a filter has anything to check for a request. */
function needs(filter: string, request: ContainerRequest): boolean {
  switch (filter) {
    case 'port':
      return request.networkMode === 'host' ? request.exposedPorts.length > 0 : request.portBindings.length > 0;
    case 'dependency':
      return request.links.length > 0 || request.volumesFrom.length > 0 || request.networkMode.startsWith('container:');
    case 'affinity':
      return request.affinities.length > 0;
    case 'constraint':
      return request.constraints.length > 0;
    case 'whitelist':
      return request.whitelists.length > 0;
    default:
      return true;
  }
}

/** A bad expression fails both passes alike, so it counts as not soft. */
function hasSoft(request: ContainerRequest): boolean {
  try {
    return parseExpressions([...request.constraints, ...request.affinities, ...request.whitelists]).some(({ soft }) => soft);
  } catch (error) {
    if (error instanceof ExpressionError) return false;
    throw error;
  }
}
