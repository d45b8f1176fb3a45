/** Rows of a block: two lines of cache. */
const BLOCK_SHIFT = 5;
const BLOCK = 1 << BLOCK_SHIFT;
/** Below every score. */
const NOTHING = -2147483648;

/** The lowest score that there is: of a row that cannot be chosen, where somebody needs to know how many can ({@link BestMemo.feasible}). */
export const LOWEST_SCORE = -2147483647;

/**
 * Computes scores: `scores[i]` for `rows[i]`, i below `count`. Scores are whole numbers of 32 bits above -2^31. Rows come in bulk, so that their state is fetched from memory side by side
 * instead of one after the other.
 */
export type Evaluate = (rows: Int32Array, count: number, key: number, scores: Int32Array) => void;

/**
 * Exact memory of scores for "the best of all rows" and "the r-th of the tied best", in ascending order of rows: for each key (a request shape) a score per row (a machine), brought up
 * to date only for rows that changed since that key was asked for last. Same answer as a plain scan, always. For "the first k feasible from here" see {@link ScoreMemo}.
 *
 * A score must depend only on the row's state and the key; whoever changes a row's state calls {@link touch}.
 */
export class BestMemo {
  /** Result of the last {@link best}. */
  bestScore = NOTHING;
  /** How many rows have {@link bestScore}; 0 = there are no rows. */
  bestCount = 0;
  /** How many rows score above {@link LOWEST_SCORE}; of the last {@link best}. */
  feasible = 0;
  /** Scores computed so far: a plain scan would compute one for each row and question. */
  evaluations = 0;
  readonly rows: number;
  readonly #evaluate: Evaluate;
  readonly #blocks: number;
  /** Blocks of a group as a power of two: about as many as there are groups. */
  readonly #groupShift: number;
  readonly #groups: number;
  readonly #keys = new Map<number, KeyColumns>();
  readonly #keyLimit: number;
  /** Rows touched, in order; a ring. */
  readonly #journal: Int32Array;
  /** Where in the ring a row was touched last: earlier entries of it are void. */
  readonly #lastAt: Int32Array;
  #version = 0;
  readonly #staleRows: Int32Array;
  readonly #staleScores: Int32Array;
  readonly #scoresBefore: Int32Array;
  #columns: KeyColumns | undefined;

  /** @param memoryBytes keys beyond what fits here are forgotten, least recently used first */
  constructor(rows: number, evaluate: Evaluate, memoryBytes = 64 * 1024 * 1024) {
    this.rows = rows;
    this.#evaluate = evaluate;
    this.#blocks = (rows + BLOCK - 1) >> BLOCK_SHIFT;
    this.#groupShift = (31 - Math.clz32(this.#blocks | 1)) >> 1;
    this.#groups = ((this.#blocks - 1) >> this.#groupShift) + 1;
    this.#keyLimit = Math.max(4, Math.floor(memoryBytes / (rows * 4 + this.#blocks * 8 + this.#groups * 9 + 64)));
    this.#journal = new Int32Array(Math.max(64, rows));
    this.#lastAt = new Int32Array(rows).fill(-1);
    this.#staleRows = new Int32Array(rows);
    this.#staleScores = new Int32Array(rows);
    this.#scoresBefore = new Int32Array(rows);
  }

  /** The state of a row changed. */
  touch(row: number): void {
    const at = this.#version++ % this.#journal.length;
    this.#journal[at] = row;
    this.#lastAt[row] = at;
  }

  /** Best over all rows: sets {@link bestScore} and {@link bestCount}. */
  best(key: number): void {
    if (this.rows === 0) return;
    const columns = this.#open(key);
    refine(columns, this.#blocks, this.rows);
    this.bestScore = columns.best;
    this.bestCount = columns.bestCount;
    this.feasible = columns.feasible;
  }

  /** Score of a row under the key of the last {@link best}, as it was then. */
  score(row: number): number {
    return this.#columns!.score[row]!;
  }

  /** The r-th (from 0) of the rows that share {@link bestScore}. */
  pick(r: number): number {
    const columns = this.#columns;
    if (columns === undefined || r >= this.bestCount) throw new Error('pick needs best before it, and r below bestCount');
    const { score, blockBest, blockCount, groupBest, groupCount } = columns;
    const { bestScore } = this;
    let left = r;
    let group = 0;
    for (; ; group++) {
      const count = groupBest[group] === bestScore ? groupCount[group]! : 0;
      if (left < count) break;
      left -= count;
    }
    let block = group << this.#groupShift;
    for (; ; block++) {
      const count = blockBest[block] === bestScore ? blockCount[block]! : 0;
      if (left < count) break;
      left -= count;
    }
    for (let row = block << BLOCK_SHIFT; row < this.rows; row++) if (score[row] === bestScore && left-- === 0) return row;
    throw new Error('rows changed between best and pick');
  }

  /** The columns of a key, up to date but for sums of groups. */
  #open(key: number): KeyColumns {
    const version = this.#version;
    let columns = this.#keys.get(key);
    if (columns === undefined) {
      columns = this.#add(key);
      this.#evaluateAll(columns, key);
    } else if (version - columns.seen > this.#journal.length) this.#evaluateAll(columns, key);
    else this.#evaluateTouched(columns, key);
    columns.seen = version;
    if (this.#keys.size >= this.#keyLimit) {
      // Recently used keys move to the end of the map's order.
      this.#keys.delete(key);
      this.#keys.set(key, columns);
    }
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
        groupShift: this.#groupShift,
        best: NOTHING,
        bestCount: 0,
        feasible: 0,
        blockBest: new Int32Array(this.#blocks),
        blockCount: new Int32Array(this.#blocks),
        groupBest: new Int32Array(this.#groups),
        groupCount: new Int32Array(this.#groups),
        seen: 0,
      };
    }
    this.#keys.set(key, columns);
    return columns;
  }

  #evaluateAll(columns: KeyColumns, key: number): void {
    const rows = this.#staleRows;
    for (let row = 0; row < this.rows; row++) rows[row] = row;
    this.#evaluate(rows, this.rows, key, columns.score);
    this.evaluations += this.rows;
    columns.feasible = 0;
    for (let row = 0; row < this.rows; row++) columns.feasible += +(columns.score[row]! > LOWEST_SCORE);
    for (let block = 0; block < this.#blocks; block++) refineBlock(columns, block, this.rows);
    for (let group = 0; group < this.#groups; group++) refineGroup(columns, group, this.#blocks, this.rows);
    columns.bestCount = 0;
    refine(columns, this.#blocks, this.rows);
  }

  #evaluateTouched(columns: KeyColumns, key: number): void {
    const rows = this.#staleRows;
    const count = collectTouched(this.#journal, this.#lastAt, columns.seen, this.#version, rows);
    if (count === 0) return;
    const scores = this.#staleScores;
    this.#evaluate(rows, count, key, scores);
    this.evaluations += count;
    merge(columns, rows, scores, this.#scoresBefore, count);
  }
}

/**
 * Scores of one key, with bounds of three sizes: all rows, groups of blocks, blocks. A bound is at least every score in it, and its count is the number of rows that reach it exactly: with
 * a count above zero it is the best score, at zero it is what the best has fallen from. Only bounds that stand in the way of an answer are made tight again.
 */
interface KeyColumns {
  readonly groupShift: number;
  readonly score: Int32Array;
  best: number;
  bestCount: number;
  feasible: number;
  readonly blockBest: Int32Array;
  readonly blockCount: Int32Array;
  readonly groupBest: Int32Array;
  readonly groupCount: Int32Array;
  seen: number;
}

/** Rows touched from one version to another, each once. */
function collectTouched(journal: Int32Array, lastAt: Int32Array, from: number, to: number, rows: Int32Array): number {
  let count = 0;
  for (let version = from, at = from % journal.length; version < to; version++) {
    const row = journal[at]!;
    rows[count] = row;
    count += +(lastAt[row] === at);
    if (++at === journal.length) at = 0;
  }
  return count;
}

function merge(columns: KeyColumns, rows: Int32Array, scores: Int32Array, scoresBefore: Int32Array, count: number): void {
  const { groupShift, score, blockBest, blockCount, groupBest, groupCount } = columns;
  // Without branches, so that the memory is asked for all of them at once.
  for (let i = 0; i < count; i++) scoresBefore[i] = score[rows[i]!]!;
  let feasible = 0;
  for (let i = 0; i < count; i++) feasible += +(scores[i]! > LOWEST_SCORE) - +(scoresBefore[i]! > LOWEST_SCORE);
  columns.feasible += feasible;
  for (let i = 0; i < count; i++) {
    const row = rows[i]!;
    const value = scores[i]!;
    const before = scoresBefore[i]!;
    score[row] = value;
    const block = row >> BLOCK_SHIFT;
    const bound = blockBest[block]!;
    // Most changes happen below the bound of the block and leave it alone.
    if ((value < bound && before < bound) || value === before) continue;
    if (value > bound) {
      blockBest[block] = value;
      blockCount[block] = 1;
    } else blockCount[block]! += +(value === bound) - +(before === bound);
    const group = block >> groupShift;
    const groupBound = groupBest[group]!;
    if (value > groupBound) {
      groupBest[group] = value;
      groupCount[group] = 1;
    } else groupCount[group]! += +(value === groupBound) - +(before === groupBound);
    if (value > columns.best) {
      columns.best = value;
      columns.bestCount = 1;
    } else columns.bestCount += +(value === columns.best) - +(before === columns.best);
  }
}

/*
 * The loops below find maxima without branches: which element is higher cannot be foretold, and a branch foretold wrongly costs more than ten of these steps.
 * `x ^= (x ^ y) & mask` makes x equal to y where the mask is -1 and leaves it where it is 0.
 */

/** Makes the bound over all rows tight: lowers it, group by group and block by block, until some row reaches it. */
function refine(columns: KeyColumns, blocks: number, rows: number): void {
  const { groupBest, groupCount } = columns;
  while (columns.bestCount === 0) {
    let bound = groupBest[0]!;
    let highest = 0;
    for (let group = 0 + 1; group < groupBest.length; group++) {
      const best = groupBest[group]!;
      const higher = -(+(best > bound));
      bound ^= (bound ^ best) & higher;
      highest ^= (highest ^ group) & higher;
    }
    let count = 0;
    for (let group = 0; group < groupBest.length; group++) count += groupCount[group]! & -(+(groupBest[group] === bound));
    columns.best = bound;
    columns.bestCount = count;
    if (count === 0) refineGroup(columns, highest, blocks, rows);
  }
}

function refineGroup(columns: KeyColumns, group: number, blocks: number, rows: number): void {
  const { groupShift, blockBest, blockCount, groupBest, groupCount } = columns;
  const first = group << groupShift;
  const last = (group + 1) << groupShift;
  const end = last < blocks ? last : blocks;
  for (;;) {
    let bound = blockBest[first]!;
    let highest = first;
    for (let block = first + 1; block < end; block++) {
      const best = blockBest[block]!;
      const higher = -(+(best > bound));
      bound ^= (bound ^ best) & higher;
      highest ^= (highest ^ block) & higher;
    }
    let count = 0;
    for (let block = first; block < end; block++) count += blockCount[block]! & -(+(blockBest[block] === bound));
    if (count > 0) {
      groupBest[group] = bound;
      groupCount[group] = count;
      return;
    }
    refineBlock(columns, highest, rows);
  }
}

function refineBlock({ score, blockBest, blockCount }: KeyColumns, block: number, rows: number): void {
  const first = block << BLOCK_SHIFT;
  const end = first + BLOCK < rows ? first + BLOCK : rows;
  let best = score[first]!;
  for (let row = first + 1; row < end; row++) {
    const value = score[row]!;
    best ^= (best ^ value) & -(+(value > best));
  }
  let count = 0;
  for (let row = first; row < end; row++) count += +(score[row] === best);
  blockBest[block] = best;
  blockCount[block] = count;
}
