import { BestMemo } from '../../engine/best-memo.ts';
import type { SequentialRandom } from '../../engine/random/sequential-random.ts';
import type { ContainerRequest } from './container-request.ts';
import { ExpressionError, parseExpression } from './expression.ts';
import type { NodeTable } from './node-table.ts';
import { NO_RESOURCES_ERROR, type Scheduler, type SchedulingError } from './scheduler.ts';
import { HEALTH_FACTOR, NO_WEIGHT, weightOf } from './strategy.ts';

/** Whether a node comes into question at all, before the manager looks at it; depends only on the state of the node. */
export type Offered = (node: number, shape: number) => boolean;
/** Whether {@link Offered} may say no for a shape. */
export type Limited = (shape: number) => boolean;

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
  readonly #memo: BestMemo;
  /** What the filters that look at labels alone say, per shape and pass: they never change their mind. */
  readonly #labelVerdicts = new Map<number, Uint8Array>();
  readonly #softShapes: Uint8Array;
  /** Per shape and filter, what there is to check. */
  readonly #checks: readonly (readonly Check[])[];
  /** Per shape: 1 = not every node need be offered. */
  readonly #limited: Uint8Array;
  readonly #cpus: Float64Array;
  readonly #memoryBytes: Float64Array;
  /** 0 = the strategy does not weigh. */
  readonly #healthFactor: number;
  readonly #sign: number;
  /** The columns of {@link NodeTable} that scores need, node by node: a score then touches one line of cache. */
  readonly #state: Float64Array;
  /** Per shape: 1 = health, slots and weight are all there is to a score. */
  readonly #plain: Uint8Array;
  /** Where these two filters stand in the order; -1 = not in use. */
  readonly #healthAt: number;
  readonly #slotsAt: number;

  constructor(scheduler: Scheduler, nodes: NodeTable, requests: readonly (ContainerRequest | null)[], random: SequentialRandom, offered: Offered, limited: Limited) {
    this.#scheduler = scheduler;
    this.#nodes = nodes;
    this.#requests = requests;
    this.#random = random;
    this.#offered = offered;
    this.#memo = new BestMemo(nodes.count, (rows, count, key, scores) => this.#scoreAll(rows, count, key, scores));
    this.#softShapes = Uint8Array.from(requests, (request) => (request !== null && hasSoft(request) ? 1 : 0));
    this.#checks = requests.map((request) => scheduler.filters.map(({ name }) => (request === null ? Check.nothing : checkOf(name, request))));
    this.#limited = Uint8Array.from(requests, (_, shape) => (limited(shape) ? 1 : 0));
    this.#cpus = Float64Array.from(requests, (request) => request?.cpus ?? 0);
    this.#memoryBytes = Float64Array.from(requests, (request) => request?.memoryBytes ?? 0);
    this.#healthFactor = scheduler.strategy === 'random' ? 0 : HEALTH_FACTOR[scheduler.strategy];
    this.#sign = scheduler.strategy === 'spread' ? -1 : 1;
    this.#state = new Float64Array(nodes.count * STRIDE);
    this.#plain = Uint8Array.from(this.#checks, (checks, shape) => (this.#healthFactor !== 0 && this.#limited[shape] === 0 && checks.every((check) => check <= Check.slots) ? 1 : 0));
    const at = (name: string) => scheduler.filters.findIndex((filter) => filter.name === name);
    this.#healthAt = at('health');
    this.#slotsAt = at('containerslots');
    for (let node = 0; node < nodes.count; node++) {
      const row = node * STRIDE;
      this.#state[row + TOTAL_CPUS] = nodes.totalCpus[node]!;
      this.#state[row + TOTAL_MEMORY] = nodes.totalMemoryBytes[node]!;
      this.touch(node);
    }
  }

  get scored(): number {
    return this.#memo.evaluations;
  }

  touch(node: number): void {
    const nodes = this.#nodes;
    const state = this.#state;
    const at = node * STRIDE;
    state[at + USED_CPUS] = nodes.usedCpus[node]!;
    state[at + USED_MEMORY] = nodes.usedMemoryBytes[node]!;
    state[at + CONTAINER_COUNT] = nodes.containerCount[node]!;
    state[at + HEALTH_SCORE] = this.#healthFactor * nodes.health[node]!;
    state[at + VERDICT] = this.#verdict(node);
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

  #verdict(node: number): number {
    const { registered, health, containerCount, slots } = this.#nodes;
    if (registered[node] === 0) return NOT_REGISTERED;
    const unhealthy = this.#healthAt >= 0 && !(health[node]! > 0);
    const full = this.#slotsAt >= 0 && !(containerCount[node]! < slots[node]!);
    if (!unhealthy && !full) return 0;
    return NO_FILTER_PASSED + (unhealthy && (!full || this.#healthAt < this.#slotsAt) ? this.#healthAt : this.#slotsAt);
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

  #scoreAll(rows: Int32Array, count: number, key: number, scores: Int32Array): void {
    const shape = key >> 1;
    if (this.#plain[shape] === 1) {
      const passedAll = this.#checks[shape]!.length;
      plainScores(this.#state, rows, count, this.#cpus[shape]!, this.#memoryBytes[shape]!, this.#sign, passedAll, scores);
    } else for (let i = 0; i < count; i++) scores[i] = this.#score(rows[i]!, key);
  }

  #score(node: number, key: number): number {
    const shape = key >> 1;
    const state = this.#state;
    const at = node * STRIDE;
    if (state[at + VERDICT] === NOT_REGISTERED) return NOT_REGISTERED;
    if (this.#limited[shape] === 1 && !this.#offered(node, shape)) return NOT_OFFERED;
    const checks = this.#checks[shape]!;
    for (let i = 0; i < checks.length; i++) {
      const check = checks[i]!;
      const passes = check === Check.health || check === Check.slots ? state[at + VERDICT] !== NO_FILTER_PASSED + i : check === Check.nothing || this.#passes(i, check, node, key);
      if (!passes) return NO_FILTER_PASSED + i;
    }
    if (this.#healthFactor === 0) return 0;
    const value = weightOf(
      this.#cpus[shape]!,
      this.#memoryBytes[shape]!,
      state[at + TOTAL_CPUS]!,
      state[at + TOTAL_MEMORY]!,
      state[at + USED_CPUS]!,
      state[at + USED_MEMORY]!,
      state[at + HEALTH_SCORE]!,
    );
    if (value === NO_WEIGHT) return NO_FILTER_PASSED + checks.length;
    return this.#sign * (value * CONTAINERS + state[at + CONTAINER_COUNT]!);
  }

  #passes(filterIndex: number, check: Check, node: number, key: number): boolean {
    const request = this.#requests[key >> 1]!;
    if (check !== Check.labels) return this.#keeps(filterIndex, node, key, request);
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

const STRIDE = 8;
const TOTAL_CPUS = 0;
const TOTAL_MEMORY = 1;
const USED_CPUS = 2;
const USED_MEMORY = 3;
const CONTAINER_COUNT = 4;
/** Health times the strategy's factor. */
const HEALTH_SCORE = 5;
/** What registration, health and slots make of the node for any request: 0 = they let it pass, else its score. */
const VERDICT = 6;

/** Scores where only health, slots and weight matter: what {@link MemoPicker} says of a node one by one. */
function plainScores(state: Float64Array, rows: Int32Array, count: number, cpus: number, memoryBytes: number, sign: number, passedAll: number, scores: Int32Array): void {
  for (let i = 0; i < count; i++) {
    const at = rows[i]! * STRIDE;
    if (state[at + VERDICT] !== 0) {
      scores[i] = state[at + VERDICT]!;
      continue;
    }
    const weight = weightOf(cpus, memoryBytes, state[at + TOTAL_CPUS]!, state[at + TOTAL_MEMORY]!, state[at + USED_CPUS]!, state[at + USED_MEMORY]!, state[at + HEALTH_SCORE]!);
    scores[i] = weight === NO_WEIGHT ? NO_FILTER_PASSED + passedAll : sign * (weight * CONTAINERS + state[at + CONTAINER_COUNT]!);
  }
}

/** How a filter is evaluated for one node. */
const Check = { nothing: 0, health: 1, slots: 2, /** Labels and names of the node alone: the verdict never changes. */ labels: 3, /** Whatever the filter itself says. */ ask: 4 } as const;
type Check = (typeof Check)[keyof typeof Check];

function checkOf(filter: string, request: ContainerRequest): Check {
  switch (filter) {
    case 'health':
      return Check.health;
    case 'containerslots':
      return Check.slots;
    case 'constraint':
      return request.constraints.length > 0 ? Check.labels : Check.nothing;
    case 'whitelist':
      return request.whitelists.length > 0 ? Check.labels : Check.nothing;
    case 'port':
      return request.exposedPorts.length > 0 || request.portBindings.length > 0 ? Check.ask : Check.nothing;
    case 'dependency':
      return request.links.length > 0 || request.volumesFrom.length > 0 || request.networkMode.startsWith('container:') ? Check.ask : Check.nothing;
    case 'affinity':
      return request.affinities.length > 0 ? Check.ask : Check.nothing;
    default:
      return Check.ask;
  }
}

/** Whether the two passes may differ. */
function hasSoft({ constraints, affinities, whitelists }: ContainerRequest): boolean {
  return [...constraints, ...affinities, ...whitelists].some((text) => {
    try {
      return parseExpression(text).soft;
    } catch (error) {
      if (error instanceof ExpressionError) return false;
      throw error;
    }
  });
}
