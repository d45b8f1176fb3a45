import type { SequentialRandom } from '../../../engine/random/sequential-random.ts';
import type { NodeRanking, RankingFactory, Ties } from './node-ranking.ts';
import type { NodeSet } from './node-set.ts';
import { Pipeline } from './pipeline.ts';
import { type Place, SpreadPlacement } from './spread-placement.ts';
import type { TaskGroup } from './task-group.ts';
import type { TaskSpec } from './task-spec.ts';

/** Up to so many nodes with tasks of the service, a drawn node is simply drawn again if it is one of them. */
const REDRAW_LIMIT = 32;

/**
 * Decides a task group. The real scheduler orders the best nodes once and fills them up ({@link SpreadPlacement}). Where every task of the group finds a node without tasks of the
 * service, and where there is one task only, that comes to "the best node, again and again", which an index answers without looking at all nodes.
 */
export class GroupPlacement {
  readonly #nodes: NodeSet;
  readonly #ranking: NodeRanking;
  readonly #random: SequentialRandom;
  readonly #specs: TaskSpec[] = [];
  readonly #specIndex = new Map<TaskSpec, number>();
  #looked = 0;
  /** Specification that the ranking answered for last; -1 = a node has changed since, or another question was asked. */
  #answered = -1;
  #ties: Ties = { feasible: 0, best: 0 };

  constructor(nodes: NodeSet, random: SequentialRandom, Ranking: RankingFactory) {
    this.#nodes = nodes;
    this.#random = random;
    this.#ranking = new Ranking(nodes, this.#specs);
    nodes.touched = (node) => {
      this.#answered = -1;
      this.#ranking.touch(node);
    };
  }

  /** Nodes looked at one by one so far. */
  get looked(): number {
    return this.#ranking.looked + this.#looked;
  }

  /** Whether no node passes the filters that all services with this specification share; then nothing with it can be placed until a node changes. */
  hopeless(spec: TaskSpec): boolean {
    return this.#byLoad(this.#indexOf(spec)).feasible === 0;
  }

  /** Places what fits, one call of `place` per task. @returns how many tasks found a node */
  place(group: TaskGroup, nowUs: number, place: Place): number {
    const { service, specVersion, spec, count } = group;
    if (spec.spread.length > 0 || this.#nodes.failures.matter(service, specVersion, nowUs)) return this.#inFull(group, nowUs, place);
    const index = this.#indexOf(spec);
    const { feasible } = this.#byLoad(index);
    if (feasible === 0) return 0;
    const enough = feasible - this.#nodes.nodeCountOf(service) >= count;
    if (!enough && count > 1) return this.#inFull(group, nowUs, place);
    for (let placed = 0; placed < count; placed++) {
      const node = this.#best(index, service);
      if (node < 0) return placed;
      place(node);
    }
    return count;
  }

  #inFull(group: TaskGroup, nowUs: number, place: Place): number {
    this.#looked += this.#nodes.count;
    return new SpreadPlacement(this.#nodes, group, new Pipeline(this.#nodes, group.spec, group.service), this.#random, nowUs, place).run();
  }

  /** The best node for one more task; -1 if there is none. */
  #best(spec: number, service: number): number {
    const nodes = this.#nodes;
    const taken = nodes.nodeCountOf(service);
    if (taken <= REDRAW_LIMIT) {
      const { best } = this.#byLoad(spec);
      let tied = 0;
      if (taken > 0) for (const node of nodes.nodesOf(service)) if (this.#ranking.ties(node)) tied++;
      // Nodes without tasks of the service come first; among them those with the fewest tasks.
      if (best > 2 * tied) {
        for (;;) {
          const node = this.#draw(best);
          if (taken === 0 || nodes.activeOf(service, node) === 0) return node;
        }
      }
    }
    this.#answered = -1;
    const { best } = this.#ranking.byService(spec, service);
    return best === 0 ? -1 : this.#draw(best);
  }

  /** The question that every decision asks several times over. */
  #byLoad(spec: number): Ties {
    if (this.#answered !== spec) {
      this.#ties = this.#ranking.byLoad(spec);
      this.#answered = spec;
    }
    return this.#ties;
  }

  #draw(ties: number): number {
    return this.#ranking.pick(ties === 1 ? 0 : this.#random.below(ties));
  }

  #indexOf(spec: TaskSpec): number {
    let index = this.#specIndex.get(spec);
    if (index === undefined) this.#specIndex.set(spec, (index = this.#specs.push(spec) - 1));
    return index;
  }
}
