/** Rows of a block, blocks of a group. Chosen by measurement: a block's scores fill two lines of cache. */
const BLOCK_SHIFT = 5;
const BLOCK = 1 << BLOCK_SHIFT;
const GROUP_SHIFT = 4;
const GROUP = 1 << GROUP_SHIFT;
/** Below every score. */
const NOTHING = -2147483648;

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
  /** How many rows have {@link bestScore}. */
  bestCount = 0;
  /** Scores computed so far: a plain scan would compute one for each row and question. */
  evaluations = 0;
  readonly rows: number;
  readonly #evaluate: Evaluate;
  readonly #blocks: number;
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
  #columns: KeyColumns | undefined;

  /** @param memoryBytes keys beyond what fits here are forgotten, least recently used first */
  constructor(rows: number, evaluate: Evaluate, memoryBytes = 64 * 1024 * 1024) {
    this.rows = rows;
    this.#evaluate = evaluate;
    this.#blocks = (rows + BLOCK - 1) >> BLOCK_SHIFT;
    this.#groups = (this.#blocks + GROUP - 1) >> GROUP_SHIFT;
    this.#keyLimit = Math.max(4, Math.floor(memoryBytes / (rows * 4 + this.#blocks * 8 + this.#groups * 9 + 64)));
    this.#journal = new Int32Array(Math.max(64, rows));
    this.#lastAt = new Int32Array(rows).fill(-1);
    this.#staleRows = new Int32Array(rows);
    this.#staleScores = new Int32Array(rows);
  }

  /** The state of a row changed. */
  touch(row: number): void {
    const at = this.#version++ % this.#journal.length;
    this.#journal[at] = row;
    this.#lastAt[row] = at;
  }

  /** Best over all rows: sets {@link bestScore} and {@link bestCount}. */
  best(key: number): void {
    const columns = this.#open(key);
    const { groupStale, groupBest, groupCount } = columns;
    let bestScore = NOTHING;
    let count = 0;
    for (let group = 0; group < this.#groups; group++) {
      if (groupStale[group] === 1) sumGroup(columns, group, this.#blocks);
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
  }

  /** The r-th (from 0) of the rows that share {@link bestScore}. */
  pick(r: number): number {
    const columns = this.#columns;
    if (columns === undefined || r >= this.bestCount) throw new Error('pick needs best before it, and r below bestCount');
    const { score, best, bestCount, groupBest, groupCount } = columns;
    const { bestScore } = this;
    let left = r;
    let group = 0;
    for (; ; group++) {
      const count = groupBest[group] === bestScore ? groupCount[group]! : 0;
      if (left < count) break;
      left -= count;
    }
    let block = group << GROUP_SHIFT;
    for (; ; block++) {
      const count = best[block] === bestScore ? bestCount[block]! : 0;
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
        best: new Int32Array(this.#blocks),
        bestCount: new Int32Array(this.#blocks),
        groupStale: new Uint8Array(this.#groups),
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
    for (let block = 0; block < this.#blocks; block++) sumBlock(columns.score, columns.best, columns.bestCount, block, this.rows);
    columns.groupStale.fill(1);
  }

  #evaluateTouched(columns: KeyColumns, key: number): void {
    const rows = this.#staleRows;
    const count = collectTouched(this.#journal, this.#lastAt, columns.seen, this.#version, rows);
    if (count === 0) return;
    const scores = this.#staleScores;
    this.#evaluate(rows, count, key, scores);
    this.evaluations += count;
    merge(columns, rows, scores, count, this.rows);
  }
}

interface KeyColumns {
  readonly score: Int32Array;
  /** Best score of each block and how many rows of the block have it. */
  readonly best: Int32Array;
  readonly bestCount: Int32Array;
  /** Groups of blocks: 1 = best and count have to be made anew. */
  readonly groupStale: Uint8Array;
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

function merge(columns: KeyColumns, rows: Int32Array, scores: Int32Array, count: number, rowCount: number): void {
  const { score, best, bestCount, groupStale, groupBest } = columns;
  for (let i = 0; i < count; i++) {
    const row = rows[i]!;
    const value = scores[i]!;
    const before = score[row]!;
    score[row] = value;
    const block = row >> BLOCK_SHIFT;
    const blockBest = best[block]!;
    // Most changes happen below the best of the block and leave it alone.
    if ((value < blockBest && before < blockBest) || value === before) continue;
    if (value > blockBest) {
      best[block] = value;
      bestCount[block] = 1;
    } else {
      const left = bestCount[block]! + +(value === blockBest) - +(before === blockBest);
      bestCount[block] = left;
      if (left === 0) sumBlock(score, best, bestCount, block, rowCount);
    }
    const group = block >> GROUP_SHIFT;
    if (value >= groupBest[group]! || before >= groupBest[group]!) groupStale[group] = 1;
  }
}

function sumBlock(score: Int32Array, best: Int32Array, bestCount: Int32Array, block: number, rows: number): void {
  const first = block << BLOCK_SHIFT;
  const end = first + BLOCK < rows ? first + BLOCK : rows;
  let highest = NOTHING;
  for (let row = first; row < end; row++) {
    const value = score[row]!;
    highest = value > highest ? value : highest;
  }
  let count = 0;
  for (let row = first; row < end; row++) count += +(score[row] === highest);
  best[block] = highest;
  bestCount[block] = count;
}

function sumGroup({ best, bestCount, groupBest, groupCount, groupStale }: KeyColumns, group: number, blocks: number): void {
  const first = group << GROUP_SHIFT;
  const end = first + GROUP < blocks ? first + GROUP : blocks;
  let highest = NOTHING;
  for (let block = first; block < end; block++) {
    const value = best[block]!;
    highest = value > highest ? value : highest;
  }
  let count = 0;
  for (let block = first; block < end; block++) count += best[block] === highest ? bestCount[block]! : 0;
  groupBest[group] = highest;
  groupCount[group] = count;
  groupStale[group] = 0;
}
