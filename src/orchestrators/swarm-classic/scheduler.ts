import type { ContainerRequest } from './container-request.ts';
import { ExpressionError } from './expression.ts';
import type { Filter } from './filters/filter.ts';
import type { NodeTable } from './node-table.ts';
import { NO_RESOURCES, rank, type StrategyName, type TieGroup } from './strategy.ts';

/** What a pass of the scheduler came to. */
export type PassResult =
  | { readonly accepted: readonly number[]; readonly ranked: readonly TieGroup[]; readonly error?: undefined }
  | { readonly accepted?: readonly number[]; readonly ranked?: undefined; readonly error: SchedulingError };

export interface SchedulingError {
  readonly kind: 'no-healthy-node' | 'filter' | 'no-resources' | 'no-nodes';
  /** Filter that left no node or met a bad expression. */
  readonly filter?: string;
  /** The real text, as the client gets it. */
  readonly message: string;
}

export const NO_NODES_ERROR: SchedulingError = { kind: 'no-nodes', message: 'No nodes available in the cluster' };
export const NO_RESOURCES_ERROR: SchedulingError = { kind: 'no-resources', message: NO_RESOURCES };

/** The decision on one request: that of the first pass, or of the second with why the first one failed. */
export type Selection = PassResult & { readonly pass: 'soft' | 'hard'; readonly softPassError?: SchedulingError };

/**
 * The scheduler of classic Swarm: filters, then a strategy, in two whole passes (docker/classicswarm 1.2.9, scheduler/scheduler.go). The first enforces
 * soft expressions; if anything at all fails in it, the second ignores every one of them. A pure function of request and cluster.
 */
export class Scheduler {
  readonly strategy: StrategyName;
  readonly filters: readonly Filter[];

  constructor(strategy: StrategyName, filters: readonly Filter[]) {
    this.strategy = strategy;
    this.filters = filters;
  }

  /** Decides on a request among the given nodes. */
  select(request: ContainerRequest, nodes: NodeTable, candidates: readonly number[]): Selection {
    const first = this.pass(request, nodes, candidates, true);
    if (first.error === undefined) return { pass: 'soft', ...first };
    return { pass: 'hard', softPassError: first.error, ...this.pass(request, nodes, candidates, false) };
  }

  /** One pass. @param soft whether soft expressions are enforced */
  pass(request: ContainerRequest, nodes: NodeTable, candidates: readonly number[], soft: boolean): PassResult {
    let accepted = candidates;
    for (const filter of this.filters) {
      const before = accepted.length;
      try {
        accepted = filter.keep(request, nodes, accepted, soft);
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
        return { error: this.failure(request, filter) };
      }
      if (accepted.length === 0 && !(before === 0 && filter.passesEmpty(request, soft))) return { error: this.failure(request, filter) };
    }
    if (accepted.length === 0) return { accepted, error: NO_NODES_ERROR };
    const ranked = rank(this.strategy, request, nodes, accepted);
    return ranked.length === 0 ? { accepted, error: NO_RESOURCES_ERROR } : { accepted, ranked };
  }

  /** The error when a filter leaves no node. */
  failure(request: ContainerRequest, failed: Filter): SchedulingError {
    if (failed.ownError !== undefined) return { kind: 'no-healthy-node', filter: failed.name, message: failed.ownError };
    return { kind: 'filter', filter: failed.name, message: `Unable to find a node that satisfies the following conditions ${this.#conditions(request, failed)}` };
  }

  /** All conditions up to those of the failed filter (scheduler/filter/filter.go, listAllFilters). */
  #conditions(request: ContainerRequest, failed: Filter): string {
    let text = '';
    for (const filter of this.filters) {
      try {
        const conditions = filter.conditions(request);
        if (conditions.length > 0) text += `\n[${conditions.join(' ')}]`;
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
        return `${text}\nerror from ${filter.name} filter: ${error.message}`;
      }
      if (filter === failed) break;
    }
    return text;
  }
}
