import { BestMemo, LOWEST_SCORE as INFEASIBLE } from '../../../engine/best-memo.ts';
import { LoadLevels } from './load-levels.ts';
import { type NodeRanking, NodeScores, type Ties } from './node-ranking.ts';
import type { NodeSet } from './node-set.ts';
import type { TaskSpec } from './task-spec.ts';

/** So many nodes are looked at one by one before remembered scores are asked: about what bringing these up to date takes. */
const MOST_LOOKS = 48;
/** After nodes were looked at in vain the next questions about that specification go to the remembered scores at once: twice as many each time, up to so many. */
const MOST_SKIPS = 64;

/**
 * The same answers as {@link ScanRanking} gives, without looking at all nodes: the least loaded nodes are looked at first ({@link LoadLevels}), and where that does not settle the matter scores
 * are remembered, of which only those of changed nodes are made anew ({@link BestMemo}).
 */
export class MemoRanking implements NodeRanking {
  readonly #scores: NodeScores;
  readonly #specs: readonly TaskSpec[];
  readonly #levels: LoadLevels;
  readonly #byLoad: BestMemo;
  readonly #byService: BestMemo;
  /** Key of each (service, spec) that was asked about. */
  readonly #keys = new Map<string, number>();
  readonly #ofKey: { readonly spec: number; readonly service: number }[] = [];
  /** Who gave the last answer; `null` = the levels: level {@link #level}, of which {@link #found} pass, or all if that is -1. */
  #last: BestMemo | null = null;
  #level = -1;
  #found = -1;
  readonly #mostLooks: number;
  readonly #passing: Int32Array;
  /** Per spec: questions that do without the levels yet, and how many it were last time. */
  readonly #skips: number[] = [];
  readonly #skipped: number[] = [];
  #looks = 0;
  readonly #ties = { feasible: 0, best: 0 };

  /**
   * @param specs may grow
   * @param mostLooks nodes to look at before remembered scores are asked: a matter of speed alone
   */
  constructor(nodes: NodeSet, specs: readonly TaskSpec[], mostLooks = MOST_LOOKS) {
    const scores = new NodeScores(nodes, specs);
    this.#scores = scores;
    this.#specs = specs;
    this.#mostLooks = mostLooks;
    this.#passing = new Int32Array(mostLooks);
    this.#levels = new LoadLevels(nodes.count);
    for (let node = 0; node < nodes.count; node++) this.#levels.put(node, scores.level(node), scores.nanoCpus(node), scores.memoryBytes(node));
    this.#byLoad = new BestMemo(nodes.count, (rows, count, spec, out) => scores.loads(rows, count, spec, out));
    this.#byService = new BestMemo(nodes.count, (rows, count, key, out) => {
      const { spec, service } = this.#ofKey[key]!;
      for (let i = 0; i < count; i++) out[i] = scores.service(rows[i]!, spec, service);
    });
  }

  get looked(): number {
    return this.#looks + this.#byLoad.evaluations + this.#byService.evaluations;
  }

  byLoad(spec: number, needed: number): Ties {
    return needed <= 1 && this.#byLevels(spec) ? this.#ties : this.#answer(this.#byLoad, spec);
  }

  byService(spec: number, service: number): Ties {
    const name = `${service}/${spec}`;
    let key = this.#keys.get(name);
    if (key === undefined) this.#keys.set(name, (key = this.#ofKey.push({ spec, service }) - 1));
    return this.#answer(this.#byService, key);
  }

  pick(r: number): number {
    if (this.#last !== null) return this.#last.pick(r);
    return this.#found < 0 ? this.#levels.pick(this.#level, r) : this.#passing[r]!;
  }

  ties(node: number): boolean {
    if (this.#last !== null) return this.#byLoad.score(node) === this.#byLoad.bestScore;
    if (this.#levels.levelOf(node) !== this.#level) return false;
    return this.#found < 0 || this.#passing.subarray(0, this.#found).includes(node);
  }

  touch(node: number): void {
    const scores = this.#scores;
    scores.touch(node);
    this.#levels.put(node, scores.level(node), scores.nanoCpus(node), scores.memoryBytes(node));
    this.#byLoad.touch(node);
    this.#byService.touch(node);
  }

  /** Answers from the least loaded nodes. @returns whether that was possible */
  #byLevels(spec: number): boolean {
    const levels = this.#levels;
    if (!levels.complete) return false;
    const skip = this.#skips[spec] ?? 0;
    if (skip > 0) {
      this.#skips[spec] = skip - 1;
      return false;
    }
    const scores = this.#scores;
    const { nanoCpus, memoryBytes } = this.#specs[spec]!;
    const plain = scores.plain(spec);
    const passing = this.#passing;
    let looks = 0;
    for (let level = levels.next(0); level >= 0; level = levels.next(level + 1)) {
      const size = levels.size(level);
      if (plain && levels.allHave(level, nanoCpus, memoryBytes)) return this.#settled(spec, level, -1, size, looks);
      looks += size;
      if (looks > this.#mostLooks) {
        looks -= size;
        this.#looks += looks;
        this.#skips[spec] = this.#skipped[spec] = looks === 0 ? 0 : Math.min(MOST_SKIPS, 2 * (this.#skipped[spec] ?? 0) + 1);
        return false;
      }
      levels.list(level, passing);
      let found = 0;
      for (let i = 0; i < size; i++) {
        const node = passing[i]!;
        if (scores.load(node, spec) > INFEASIBLE) passing[found++] = node;
      }
      if (found > 0) return this.#settled(spec, level, found, found, looks);
    }
    return this.#settled(spec, -1, 0, 0, looks);
  }

  #settled(spec: number, level: number, found: number, ties: number, looks: number): boolean {
    this.#last = null;
    this.#level = level;
    this.#found = found;
    this.#looks += looks;
    this.#skipped[spec] = 0;
    this.#ties.feasible = ties;
    this.#ties.best = ties;
    return true;
  }

  #answer(memo: BestMemo, key: number): Ties {
    memo.best(key);
    this.#last = memo;
    this.#ties.feasible = memo.feasible;
    this.#ties.best = memo.feasible === 0 ? 0 : memo.bestCount;
    return this.#ties;
  }
}
