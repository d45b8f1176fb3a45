/** Score of a row that cannot be chosen. */
export const INFEASIBLE = -2147483648;

const BLOCK = 32;

/**
 * Exact memory of scores: for each key (a request shape) a score per row (a machine), brought up to date only for rows that changed since that key looked
 * there last. Rows lie in blocks of 32 that know their number of feasible rows, best score and number of best rows, so that "the best of all", "the
 * first k feasible from here, and the best among them" and "the r-th of the tied best" cost a walk over blocks instead of rows. Same answer as a plain
 * scan, always.
 *
 * `evaluate(row, key)` must depend only on the row's state and the key; whoever changes a row's state calls {@link touch}.
 */
export class ScoreMemo {
  /** Result of the last {@link best} or {@link walk}. `bestScore` is {@link INFEASIBLE} when nothing was feasible. */
  bestScore = INFEASIBLE;
  bestCount = 0;
  feasible = 0;
  /** Rows looked at in order by the last {@link walk}, the last feasible one included. */
  examined = 0;
  /** Calls of `evaluate` so far: what a plain scan would have to make for each row and decision. */
  evaluations = 0;
  readonly rows: number;
  readonly #blocks: number;
  /** Groups of 32 blocks. */
  readonly #groups: number;
  /** The last question was about all rows: sums of groups are up to date. */
  #grouped = false;
  readonly #evaluate: (row: number, key: number) => number;
  readonly #keys = new Map<number, KeyColumns>();
  readonly #keyLimit: number;
  readonly #journal: Int32Array;
  #version = 0;
  #start = 0;
  #columns: KeyColumns | undefined;
  #key = -1;

  /** @param memoryBytes keys beyond what fits here are forgotten, least recently used first */
  constructor(rows: number, evaluate: (row: number, key: number) => number, memoryBytes = 64 * 1024 * 1024) {
    this.rows = rows;
    this.#blocks = Math.ceil(rows / BLOCK);
    this.#groups = Math.ceil(this.#blocks / BLOCK);
    this.#evaluate = evaluate;
    this.#keyLimit = Math.max(4, Math.floor(memoryBytes / (rows * 4 + this.#blocks * 21 + this.#groups * 13 + 64)));
    this.#journal = new Int32Array(Math.max(64, rows));
  }

  /** The state of a row changed. */
  touch(row: number): void {
    this.#journal[this.#version++ % this.#journal.length] = row;
  }

  /** The state of a row changed in a way that matters to one key alone. */
  touchFor(key: number, row: number): void {
    const columns = this.#keys.get(key);
    if (columns === undefined) return;
    const block = row >>> 5;
    columns.stale[block]! |= 1 << (row & 31);
    if (columns.listed[block] !== 0) return;
    columns.listed[block] = 1;
    columns.list[columns.listCount++] = block;
  }

  /** Any row may have changed for one key. */
  touchKey(key: number): void {
    const columns = this.#keys.get(key);
    if (columns !== undefined) this.#markAll(columns);
  }

  /** Score of one row, up to date. */
  score(key: number, row: number): number {
    const columns = this.#open(key);
    const block = Math.floor(row / BLOCK);
    if (columns.stale[block] !== 0) this.#refresh(columns, key, block);
    return columns.score[row]!;
  }

  /** Best over all rows: sets {@link bestScore}, {@link bestCount} and {@link feasible}. */
  best(key: number): void {
    const columns = this.#open(key);
    const { stale, listed, list, groupStale, groupBest, groupCount, groupFeasible } = columns;
    for (let i = 0; i < columns.listCount; i++) {
      const block = list[i]!;
      listed[block] = 0;
      if (stale[block] !== 0) this.#refresh(columns, key, block);
    }
    columns.listCount = 0;
    let bestScore = INFEASIBLE;
    let count = 0;
    let sum = 0;
    for (let group = 0; group < this.#groups; group++) {
      if (groupStale[group] === 1) this.#sumGroup(columns, group);
      sum += groupFeasible[group]!;
      const best = groupBest[group]!;
      if (best < bestScore) continue;
      if (best === bestScore) count += groupCount[group]!;
      else {
        bestScore = best;
        count = groupCount[group]!;
      }
    }
    this.bestScore = bestScore;
    this.bestCount = count;
    this.feasible = sum;
    this.examined = this.rows;
    this.#start = 0;
    this.#grouped = true;
  }

  /** Looks at rows start, start + 1, ... cyclically until `wanted` feasible ones are found or all were seen. */
  walk(key: number, start: number, wanted: number): void {
    const columns = this.#open(key);
    this.bestScore = INFEASIBLE;
    this.bestCount = 0;
    this.feasible = 0;
    this.examined = 0;
    this.#start = start;
    this.#grouped = false;
    if (wanted <= 0) return;
    if (!this.#walkSegment(columns, key, start, this.rows, wanted)) this.#walkSegment(columns, key, 0, start, wanted);
  }

  /**
   * As {@link walk}, but lists the feasible rows in order with their scores; for questions about more than the best of them. Sets {@link feasible} and
   * {@link examined} only.
   * @param admits what else a row has to pass to count as feasible; it may change rows for as long as it takes
   */
  collect(key: number, start: number, wanted: number, rows: number[], scores: number[], admits: ((row: number) => boolean) | null = null): void {
    const columns = this.#open(key);
    this.feasible = 0;
    this.examined = 0;
    if (wanted > 0 && !this.#collectSegment(columns, key, start, this.rows, wanted, rows, scores, admits)) this.#collectSegment(columns, key, 0, start, wanted, rows, scores, admits);
    // Cut to length behind, not before, so that they need not grow again each time.
    rows.length = scores.length = this.feasible;
  }

  /** The r-th (from 0) of the rows that share {@link bestScore}, in the order of the last {@link walk}. */
  pick(r: number): number {
    const columns = this.#columns;
    if (columns === undefined || r >= this.bestCount) throw new Error('pick needs a walk before it, and r below bestCount');
    const firstLength = Math.min(this.examined, this.rows - this.#start);
    let left = r;
    let first = this.#start;
    if (this.#grouped) {
      // Whole groups before the one that holds the r-th are stepped over.
      for (let group = 0; ; group++, first += BLOCK * BLOCK) {
        const count = columns.groupBest[group] === this.bestScore ? columns.groupCount[group]! : 0;
        if (left < count) break;
        left -= count;
      }
    }
    for (let segment = 0; segment < 2; segment++) {
      const from = segment === 0 ? first : 0;
      const to = segment === 0 ? this.#start + firstLength : this.examined - firstLength;
      for (let row = from; row < to; ) {
        const block = Math.floor(row / BLOCK);
        const end = (block + 1) * BLOCK;
        if (row % BLOCK === 0 && end <= to) {
          const count = columns.best[block] === this.bestScore ? columns.bestCount[block]! : 0;
          if (count <= left) {
            left -= count;
            row = end;
            continue;
          }
        }
        for (const stop = Math.min(end, to); row < stop; row++) {
          if (columns.score[row] === this.bestScore && left-- === 0) return row;
        }
      }
    }
    throw new Error('rows changed between walk and pick');
  }

  #walkSegment(columns: KeyColumns, key: number, from: number, to: number, wanted: number): boolean {
    for (let row = from; row < to; ) {
      const block = Math.floor(row / BLOCK);
      if (columns.stale[block] !== 0) this.#refresh(columns, key, block);
      const end = (block + 1) * BLOCK;
      const blockFeasible = columns.feasible[block]!;
      if (blockFeasible === 0) {
        const stop = end < to ? end : to;
        this.examined += stop - row;
        row = stop;
        continue;
      }
      if (row % BLOCK === 0 && (end <= to || to === this.rows) && this.feasible + blockFeasible < wanted) {
        const stop = end < to ? end : to;
        this.feasible += blockFeasible;
        this.examined += stop - row;
        this.#take(columns.best[block]!, columns.bestCount[block]!);
        row = stop;
        continue;
      }
      for (const stop = end < to ? end : to; row < stop; ) {
        const score = columns.score[row++]!;
        this.examined++;
        if (score === INFEASIBLE) continue;
        this.#take(score, 1);
        if (++this.feasible >= wanted) return true;
      }
    }
    return false;
  }

  #collectSegment(columns: KeyColumns, key: number, from: number, to: number, wanted: number, rows: number[], scores: number[], admits: ((row: number) => boolean) | null): boolean {
    const { score } = columns;
    for (let row = from; row < to; ) {
      const block = row >>> 5;
      if (columns.stale[block] !== 0) this.#refresh(columns, key, block);
      const end = (block + 1) * BLOCK;
      const stop = end < to ? end : to;
      if (columns.feasible[block] === 0) {
        this.examined += stop - row;
        row = stop;
        continue;
      }
      while (row < stop) {
        const value = score[row++]!;
        this.examined++;
        if (value === INFEASIBLE || (admits !== null && !admits(row - 1))) continue;
        rows[this.feasible] = row - 1;
        scores[this.feasible] = value;
        if (++this.feasible >= wanted) return true;
      }
    }
    return false;
  }

  #take(score: number, count: number): void {
    if (score > this.bestScore) {
      this.bestScore = score;
      this.bestCount = count;
    } else if (score === this.bestScore) this.bestCount += count;
  }

  #open(key: number): KeyColumns {
    let columns = this.#key === key ? this.#columns! : this.#keys.get(key);
    if (columns === undefined) {
      columns = this.#add(key);
    } else {
      const behind = this.#version - columns.seen;
      if (behind > this.#journal.length) this.#markAll(columns);
      else {
        const journal = this.#journal;
        const { stale, listed, list } = columns;
        for (let version = columns.seen, i = version % journal.length; version < this.#version; version++) {
          const row = journal[i]!;
          const block = row >>> 5;
          stale[block]! |= 1 << (row & 31);
          if (listed[block] === 0) {
            listed[block] = 1;
            list[columns.listCount++] = block;
          }
          if (++i === journal.length) i = 0;
        }
      }
      columns.seen = this.#version;
      if (this.#key !== key && this.#keys.size >= this.#keyLimit) {
        // Recently used keys move to the end of the map's order.
        this.#keys.delete(key);
        this.#keys.set(key, columns);
      }
    }
    this.#key = key;
    this.#columns = columns;
    return columns;
  }

  #add(key: number): KeyColumns {
    let columns: KeyColumns | undefined;
    if (this.#keys.size >= this.#keyLimit) {
      const [oldest] = this.#keys.keys();
      columns = this.#keys.get(oldest!)!;
      this.#keys.delete(oldest!);
    } else {
      columns = {
        score: new Int32Array(this.rows),
        stale: new Int32Array(this.#blocks),
        feasible: new Int32Array(this.#blocks),
        best: new Int32Array(this.#blocks),
        bestCount: new Int32Array(this.#blocks),
        listed: new Uint8Array(this.#blocks),
        list: new Int32Array(this.#blocks),
        listCount: 0,
        groupStale: new Uint8Array(this.#groups),
        groupBest: new Int32Array(this.#groups),
        groupCount: new Int32Array(this.#groups),
        groupFeasible: new Int32Array(this.#groups),
        seen: 0,
      };
    }
    this.#markAll(columns);
    columns.seen = this.#version;
    this.#keys.set(key, columns);
    return columns;
  }

  #markAll(columns: KeyColumns): void {
    columns.stale.fill(-1);
    const rest = this.rows % BLOCK;
    if (rest !== 0) columns.stale[this.#blocks - 1] = (1 << rest) - 1;
    columns.listed.fill(1);
    for (let block = 0; block < this.#blocks; block++) columns.list[block] = block;
    columns.listCount = this.#blocks;
    columns.groupStale.fill(1);
  }

  #refresh(columns: KeyColumns, key: number, block: number): void {
    const { score } = columns;
    const first = block * BLOCK;
    const stale = columns.stale[block]!;
    columns.stale[block] = 0;
    // A block never evaluated has all its bits set, and no sums that could be brought up to date.
    const whole = stale === -1 || first + BLOCK > this.rows;
    const feasibleBefore = columns.feasible[block]!;
    const bestBefore = columns.best[block]!;
    const bestCountBefore = columns.bestCount[block]!;
    let feasible = feasibleBefore;
    let best = bestBefore;
    let bestCount = bestCountBefore;
    for (let mask = stale; mask !== 0; mask &= mask - 1) {
      const row = first + 31 - Math.clz32(mask & -mask);
      const value = this.#evaluate(row, key);
      this.evaluations++;
      const before = score[row]!;
      if (value === before) continue;
      score[row] = value;
      if (before !== INFEASIBLE) {
        feasible--;
        if (before === best) bestCount--;
      }
      if (value === INFEASIBLE) continue;
      feasible++;
      if (value > best) {
        best = value;
        bestCount = 1;
      } else if (value === best) bestCount++;
    }
    if (!whole && bestCount > 0) {
      columns.feasible[block] = feasible;
      columns.best[block] = best;
      columns.bestCount[block] = bestCount;
    } else this.#sum(columns, block);
    const group = Math.floor(block / BLOCK);
    if (columns.groupStale[group] === 1) return;
    columns.groupFeasible[group]! += columns.feasible[block]! - feasibleBefore;
    const groupBest = columns.groupBest[group]!;
    const bestNow = columns.best[block]!;
    if (bestNow > groupBest) {
      columns.groupBest[group] = bestNow;
      columns.groupCount[group] = columns.bestCount[block]!;
      return;
    }
    if (bestBefore === groupBest) columns.groupCount[group]! -= bestCountBefore;
    if (bestNow === groupBest) columns.groupCount[group]! += columns.bestCount[block]!;
    // The last of the group's best is gone: its successor has to be looked for.
    if (columns.groupCount[group] === 0) columns.groupStale[group] = 1;
  }

  #sumGroup(columns: KeyColumns, group: number): void {
    const { best, bestCount, feasible } = columns;
    const end = Math.min((group + 1) * BLOCK, this.#blocks);
    let groupBest = INFEASIBLE;
    let count = 0;
    let sum = 0;
    for (let block = group * BLOCK; block < end; block++) {
      const blockBest = best[block]!;
      sum += feasible[block]!;
      if (blockBest < groupBest) continue;
      if (blockBest === groupBest) count += bestCount[block]!;
      else {
        groupBest = blockBest;
        count = bestCount[block]!;
      }
    }
    columns.groupBest[group] = groupBest;
    columns.groupCount[group] = count;
    columns.groupFeasible[group] = sum;
    columns.groupStale[group] = 0;
  }

  #sum(columns: KeyColumns, block: number): void {
    const { score } = columns;
    const end = Math.min((block + 1) * BLOCK, this.rows);
    let feasible = 0;
    let best = INFEASIBLE;
    let bestCount = 0;
    for (let row = block * BLOCK; row < end; row++) {
      const value = score[row]!;
      if (value === INFEASIBLE) continue;
      feasible++;
      if (value > best) {
        best = value;
        bestCount = 1;
      } else if (value === best) bestCount++;
    }
    columns.feasible[block] = feasible;
    columns.best[block] = best;
    columns.bestCount[block] = bestCount;
  }
}

interface KeyColumns {
  readonly score: Int32Array;
  /** Bit per row: changed since evaluated. */
  readonly stale: Int32Array;
  readonly feasible: Int32Array;
  readonly best: Int32Array;
  readonly bestCount: Int32Array;
  /** Blocks that may have stale rows: a list without repetitions, for {@link ScoreMemo.best}. */
  readonly listed: Uint8Array;
  readonly list: Int32Array;
  listCount: number;
  /** Groups of 32 blocks: 1 = sums have to be made anew. */
  readonly groupStale: Uint8Array;
  readonly groupBest: Int32Array;
  readonly groupCount: Int32Array;
  readonly groupFeasible: Int32Array;
  seen: number;
}
