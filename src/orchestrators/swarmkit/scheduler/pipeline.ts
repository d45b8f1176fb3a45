import { enabledFilters, type Filter } from './filters.ts';
import type { NodeSet } from './node-set.ts';
import type { TaskSpec } from './task-spec.ts';

/**
 * The filters for one kind of task, run node by node (manager/scheduler/pipeline.go). Counts which filter refused how many nodes since one passed last: that is what the scheduler
 * gives as its explanation.
 */
export class Pipeline {
  readonly filters: readonly Filter[];
  readonly #nodes: NodeSet;
  readonly #spec: TaskSpec;
  readonly #service: number;
  readonly #failures: number[];

  constructor(nodes: NodeSet, spec: TaskSpec, service: number) {
    this.#nodes = nodes;
    this.#spec = spec;
    this.#service = service;
    this.filters = enabledFilters(spec);
    this.#failures = this.filters.map(() => 0);
  }

  /** First filter that refuses the node, or `null`; counts nothing. */
  refusal(node: number): Filter | null {
    return this.filters.find((filter) => !filter.check(this.#nodes, node, this.#spec, this.#service)) ?? null;
  }

  /** Whether the node passes all filters. */
  process(node: number): boolean {
    for (let i = 0; i < this.filters.length; i++) {
      if (this.filters[i]!.check(this.#nodes, node, this.#spec, this.#service)) continue;
      this.#failures[i]!++;
      return false;
    }
    this.#failures.fill(0);
    return true;
  }

  /** Most refusals first; '' when no node was refused. */
  explain(): string {
    return this.#failures
      .map((count, i) => ({ count, i }))
      .filter(({ count }) => count > 0)
      .sort((a, b) => b.count - a.count || a.i - b.i)
      .map(({ count, i }) => this.filters[i]!.explain(count))
      .join('; ');
  }
}

/** The error of a task that fits nowhere. */
export function noSuitableNode(explanation: string): string {
  return explanation === '' ? 'no suitable node' : `no suitable node (${explanation})`;
}
