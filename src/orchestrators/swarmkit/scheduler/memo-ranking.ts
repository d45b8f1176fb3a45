import { BestMemo } from '../../../engine/best-memo.ts';
import { LoadLevels, MOST_KINDS } from './load-levels.ts';
import { type NodeRanking, NodeScores, type Ties } from './node-ranking.ts';
import type { NodeSet } from './node-set.ts';
import type { TaskSpec } from './task-spec.ts';

/** A specification of which it is written down where it fits. */
interface Kind {
  readonly spec: number;
  readonly nanoCpus: number;
  readonly memoryBytes: number;
}

/**
 * The same answers as {@link ScanRanking} gives, without looking at all nodes. *By load*: for the first specifications it is written down per number of tasks which nodes there are and which of
 * them they do not fit on ({@link LoadLevels}); for the others, for those about ports and generic resources, and *by service* scores are remembered, of which only those of changed nodes are made anew
 * ({@link BestMemo}).
 */
export class MemoRanking implements NodeRanking {
  readonly #nodes: NodeSet;
  readonly #scores: NodeScores;
  readonly #specs: readonly TaskSpec[];
  readonly #levels: LoadLevels;
  readonly #mostKinds: number;
  readonly #kinds: Kind[] = [];
  /** Per spec: its kind; -1 = none. */
  readonly #kindOf: number[] = [];
  /** What fits on a node with so much left fits by all kinds, unless they look at more. */
  #mostNanoCpus = 0;
  #mostMemoryBytes = 0;
  /** Bits of the kinds that look at more than readiness and plain resources. */
  #particular = 0;
  // Made when they are first asked: as long as nobody asks, changes need not be told them.
  #byLoad: BestMemo | null = null;
  #byService: BestMemo | null = null;
  /** Key of each (service, spec) that was asked about. */
  readonly #keys = new Map<string, number>();
  readonly #ofKey: { readonly spec: number; readonly service: number }[] = [];
  /** Who gave the last answer; `null` = the levels, about {@link #kind} and {@link #level}. */
  #last: BestMemo | null = null;
  #kind = -1;
  #level = -1;
  #looks = 0;
  readonly #ties = { feasible: 0, best: 0 };

  /**
   * @param specs may grow
   * @param mostKinds specifications for which it is written down where they fit: a matter of speed alone
   */
  constructor(nodes: NodeSet, specs: readonly TaskSpec[], mostKinds = MOST_KINDS) {
    const scores = new NodeScores(nodes, specs);
    this.#nodes = nodes;
    this.#scores = scores;
    this.#specs = specs;
    this.#mostKinds = mostKinds;
    this.#levels = new LoadLevels(nodes.count);
    for (let node = 0; node < nodes.count; node++) this.#levels.put(node, scores.level(node), 0);
  }

  get looked(): number {
    return this.#looks + (this.#byLoad?.evaluations ?? 0) + (this.#byService?.evaluations ?? 0);
  }

  byLoad(spec: number): Ties {
    const kind = this.#kindOf[spec] ?? this.#open(spec);
    const levels = this.#levels;
    if (kind < 0 || !levels.complete) return this.#answer((this.#byLoad ??= this.#loads()), spec);
    this.#last = null;
    this.#kind = kind;
    this.#level = levels.best(kind);
    this.#ties.feasible = levels.fit(kind);
    this.#ties.best = this.#level < 0 ? 0 : levels.size(this.#level, kind);
    return this.#ties;
  }

  byService(spec: number, service: number): Ties {
    const name = `${service}/${spec}`;
    let key = this.#keys.get(name);
    if (key === undefined) this.#keys.set(name, (key = this.#ofKey.push({ spec, service }) - 1));
    return this.#answer((this.#byService ??= this.#services()), key);
  }

  pick(r: number): number {
    return this.#last === null ? this.#levels.pick(this.#level, this.#kind, r) : this.#last.pick(r);
  }

  ties(node: number): boolean {
    return this.#last === null ? this.#levels.has(node, this.#level, this.#kind) : this.#last.score(node) === this.#last.bestScore;
  }

  touch(node: number): void {
    this.#scores.touch(node);
    this.#put(node);
    this.#byLoad?.touch(node);
    this.#byService?.touch(node);
  }

  #loads(): BestMemo {
    return new BestMemo(this.#nodes.count, (rows, count, spec, out) => this.#scores.loads(rows, count, spec, out));
  }

  #services(): BestMemo {
    return new BestMemo(this.#nodes.count, (rows, count, key, out) => {
      const { spec, service } = this.#ofKey[key]!;
      for (let i = 0; i < count; i++) out[i] = this.#scores.service(rows[i]!, spec, service);
    });
  }

  #put(node: number): void {
    const scores = this.#scores;
    const nanoCpus = scores.nanoCpus(node);
    const memoryBytes = scores.memoryBytes(node);
    let unfit = 0;
    if (nanoCpus < this.#mostNanoCpus || memoryBytes < this.#mostMemoryBytes) {
      const kinds = this.#kinds;
      this.#looks += kinds.length;
      for (let kind = 0; kind < kinds.length; kind++) {
        const wanted = kinds[kind]!;
        unfit |= (+(wanted.nanoCpus > nanoCpus) | +(wanted.memoryBytes > memoryBytes)) << kind;
      }
    }
    for (let left = this.#particular; left !== 0; left &= left - 1) {
      const kind = 31 - Math.clz32(left & -left);
      unfit |= +!scores.described(node, this.#kinds[kind]!.spec) << kind;
    }
    this.#levels.put(node, scores.level(node), unfit);
  }

  /** A specification is asked about for the first time. @returns its kind; -1 = scores are remembered for it */
  #open(spec: number): number {
    const scores = this.#scores;
    if (this.#kinds.length === this.#mostKinds || scores.heedsState(spec)) return (this.#kindOf[spec] = -1);
    // A task that reserves nothing fits on a node that has less than nothing left.
    const reserves = scores.reserves(spec);
    const { nanoCpus, memoryBytes } = this.#specs[spec]!;
    const kind = this.#kinds.push({ spec, nanoCpus: reserves ? nanoCpus : -Infinity, memoryBytes: reserves ? memoryBytes : -Infinity }) - 1;
    this.#kindOf[spec] = kind;
    this.#mostNanoCpus = Math.max(this.#mostNanoCpus, nanoCpus);
    this.#mostMemoryBytes = Math.max(this.#mostMemoryBytes, memoryBytes);
    if (scores.heedsDescription(spec)) this.#particular |= 1 << kind;
    for (let node = 0; node < this.#nodes.count; node++) this.#put(node);
    return kind;
  }

  #answer(memo: BestMemo, key: number): Ties {
    memo.best(key);
    this.#last = memo;
    this.#ties.feasible = memo.feasible;
    this.#ties.best = memo.feasible === 0 ? 0 : memo.bestCount;
    return this.#ties;
  }
}
