import type { RunSpec } from '../scenario/run-spec.ts';

export interface RunQueueOptions {
  readonly lanes: number;
  /** Most runs of one message. */
  readonly mostGrouped: number;
  /** About how long a run takes, in seconds. */
  readonly cost: (spec: RunSpec) => number;
}

/** Work of one message: runs that take less are grouped, so that messages cost little beside them. Seconds, by estimate. */
const GROUP_S = 0.1;

interface Group {
  readonly runs: readonly RunSpec[];
  readonly costS: number;
}

/**
 * Runs in the order in which they are handed out to lanes (worker threads): small ones several to a message, long ones first. A lane stays with one orchestrator while there are runs of it, then helps
 * where most is left: what is compiled for one orchestrator in a thread is of no use to the next, and every thread compiles for itself.
 */
export class RunQueue {
  /** Groups by orchestrator, long ones last, since they are taken from the end. */
  readonly #groups = new Map<string, Group[]>();
  readonly #leftS = new Map<string, number>();
  readonly #single: RunSpec[] = [];
  readonly #lanes: (string | null)[];

  constructor(runs: readonly RunSpec[], { lanes, mostGrouped, cost }: RunQueueOptions) {
    this.#lanes = Array.from({ length: lanes }, () => null);
    const costs = new Map(runs.map((spec) => [spec, cost(spec)]));
    const totalS = runs.reduce((sum, spec) => sum + costs.get(spec)!, 0);
    // With little work in all, short messages keep all lanes busy to the last.
    const mostS = Math.min(GROUP_S, totalS / lanes / 8);
    for (const [orchestrator, own] of Map.groupBy(runs, (spec) => spec.orchestrator)) {
      const groups: Group[] = [];
      let open: RunSpec[] = [];
      let openS = 0;
      for (const spec of own.toSorted((a, b) => costs.get(b)! - costs.get(a)!)) {
        const costS = costs.get(spec)!;
        if (open.length > 0 && (openS + costS > mostS || open.length >= mostGrouped)) {
          groups.push({ runs: open, costS: openS });
          open = [];
          openS = 0;
        }
        open.push(spec);
        openS += costS;
      }
      groups.push({ runs: open, costS: openS });
      this.#groups.set(orchestrator, groups.reverse());
      this.#leftS.set(orchestrator, groups.reduce((sum, { costS }) => sum + costS, 0));
    }
  }

  /** The next runs for a lane; `undefined` = there are none left. */
  take(lane: number): readonly RunSpec[] | undefined {
    const single = this.#single.shift();
    if (single !== undefined) return [single];
    const orchestrator = this.#overdue() ?? this.#own(lane) ?? this.#mostLeft(lane);
    if (orchestrator === null) return undefined;
    this.#lanes[lane] = orchestrator;
    const group = this.#groups.get(orchestrator)!.pop()!;
    this.#leftS.set(orchestrator, this.#leftS.get(orchestrator)! - group.costS);
    return group.runs;
  }

  /** Hands runs out once more, one by one. */
  giveBack(runs: readonly RunSpec[]): void {
    this.#single.unshift(...runs);
  }

  /** An orchestrator with a message so long that all would wait for it if it were begun any later. */
  #overdue(): string | null {
    let totalS = 0;
    for (const leftS of this.#leftS.values()) totalS += leftS;
    let longest: string | null = null;
    let longestS = totalS / this.#lanes.length;
    for (const [orchestrator, groups] of this.#groups) {
      const costS = groups.at(-1)?.costS ?? 0;
      if (costS <= Math.max(GROUP_S, longestS)) continue;
      longest = orchestrator;
      longestS = costS;
    }
    return longest;
  }

  #own(lane: number): string | null {
    const orchestrator = this.#lanes[lane]!;
    return orchestrator !== null && this.#groups.get(orchestrator)!.length > 0 ? orchestrator : null;
  }

  /** Where most is left for each lane that is there. */
  #mostLeft(lane: number): string | null {
    let most: string | null = null;
    let mostS = -1;
    for (const [orchestrator, groups] of this.#groups) {
      if (groups.length === 0) continue;
      const shareS = this.#leftS.get(orchestrator)! / (1 + this.#lanes.filter((each, i) => i !== lane && each === orchestrator).length);
      if (shareS <= mostS) continue;
      most = orchestrator;
      mostS = shareS;
    }
    return most;
  }
}
