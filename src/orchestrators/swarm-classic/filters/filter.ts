import type { ContainerRequest } from '../container-request.ts';
import type { NodeTable } from '../node-table.ts';

/**
 * One filter of the scheduler: a pure function of request and cluster (docker/classicswarm 1.2.9, scheduler/filter/).
 * An empty result means that it failed, except where {@link passesEmpty} says so.
 */
export interface Filter {
  readonly name: string;
  /** Whether the filter hands on an empty list that it was given instead of failing: it has nothing to check. */
  passesEmpty(request: ContainerRequest, soft: boolean): boolean;
  /**
   * Rows that pass, in the order given.
   * @param soft whether soft expressions are enforced
   * @throws ExpressionError
   */
  keep(request: ContainerRequest, nodes: NodeTable, candidates: readonly number[], soft: boolean): readonly number[];
  /** What the filter looks for in the words of the error text; may be empty. @throws ExpressionError */
  conditions(request: ContainerRequest): string[];
  /** The filter's own error where the scheduler passes that on instead of the list of conditions. */
  readonly ownError?: string;
}
