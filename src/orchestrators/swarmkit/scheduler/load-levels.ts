/** Nodes of a block: 32 words of bits. */
const BLOCK_SHIFT = 10;
const WORDS_PER_BLOCK = 32;
/** A node with more tasks than this is not kept, and nothing is said any more. */
const MOST_LEVELS = 4_096;
/** Kinds of tasks that are told apart: bits of a number. */
export const MOST_KINDS = 32;

/** Nodes with one number of tasks. */
interface Level {
  size: number;
  /** One bit per node, in the order of their indices. */
  readonly bits: Int32Array;
  readonly blockSize: Int32Array;
  /** Per kind of task, nodes here that do not take one. */
  readonly unfit: Int32Array;
  /** The same by block, the blocks of a kind side by side. */
  readonly blockUnfit: Int32Array;
}

/**
 * Schedulable nodes by their number of active tasks, and which of them do not take a task of a kind: nearly all do, so that little is to be written down when a node changes. Answers "how many
 * nodes with the fewest tasks take this kind" and "which is the r-th of them" without looking at nodes.
 */
export class LoadLevels {
  /** Whether all schedulable nodes are kept here. */
  complete = true;
  /** Schedulable nodes. */
  #size = 0;
  readonly #words: number;
  readonly #blocks: number;
  readonly #levels: Level[] = [];
  /** Per node; -1 = not schedulable. */
  readonly #levelOf: Int32Array;
  /** Per node, a bit for each kind that it does not take. */
  readonly #unfitOf: Int32Array;
  /** Per kind, the nodes that do not take it, schedulable or not. */
  readonly #unfit: Int32Array[] = [];
  /** Per kind, schedulable nodes that do not take it. */
  readonly #unfitTotal = new Int32Array(MOST_KINDS);
  /** No level below has a node. */
  #lowest = 0;

  /** @param count of nodes, none of them schedulable yet */
  constructor(count: number) {
    this.#words = (count + 31) >> 5;
    this.#blocks = (count >> BLOCK_SHIFT) + 1;
    this.#levelOf = new Int32Array(count).fill(-1);
    this.#unfitOf = new Int32Array(count);
  }

  /**
   * @param level active tasks; -1 = the node is not schedulable
   * @param unfit a bit for each kind that it does not take
   */
  put(node: number, level: number, unfit: number): void {
    const before = this.#levelOf[node]!;
    const unfitBefore = this.#unfitOf[node]!;
    if (level >= MOST_LEVELS) {
      this.complete = false;
      level = -1;
    }
    if (before === level && unfitBefore === unfit) return;
    if (before >= 0) this.#take(before, node, unfitBefore);
    if (level >= 0) this.#add(level, node, unfit);
    this.#levelOf[node] = level;
    this.#unfitOf[node] = unfit;
    for (let changed = unfit ^ unfitBefore; changed !== 0; changed &= changed - 1) this.#kind(lowestBit(changed))[node >> 5]! ^= 1 << (node & 31);
  }

  /** Nodes that take a kind of task. */
  fit(kind: number): number {
    return this.#size - this.#unfitTotal[kind]!;
  }

  /** The lowest level with a node that takes a kind of task; -1 = there is none. */
  best(kind: number): number {
    const levels = this.#levels;
    while (this.#lowest < levels.length && levels[this.#lowest]!.size === 0) this.#lowest++;
    for (let level = this.#lowest; level < levels.length; level++) if (levels[level]!.size > levels[level]!.unfit[kind]!) return level;
    return -1;
  }

  /** Nodes of a level that take a kind of task. */
  size(level: number, kind: number): number {
    const { size, unfit } = this.#levels[level]!;
    return size - unfit[kind]!;
  }

  /** Whether a node is of this level and takes a kind of task. */
  has(node: number, level: number, kind: number): boolean {
    return this.#levelOf[node] === level && ((this.#unfitOf[node]! >>> kind) & 1) === 0;
  }

  /** The r-th, from 0, of the nodes of a level that take a kind of task, in ascending order. */
  pick(level: number, kind: number, r: number): number {
    const { bits, blockSize, blockUnfit } = this.#levels[level]!;
    const first = kind * this.#blocks;
    let left = r;
    let block = 0;
    for (let count = blockSize[0]! - blockUnfit[first]!; left >= count; count = blockSize[block]! - blockUnfit[first + block]!) {
      left -= count;
      block++;
    }
    const without = this.#kind(kind);
    let word = block * WORDS_PER_BLOCK;
    for (let count = bitCount(bits[word]! & ~without[word]!); left >= count; count = bitCount(bits[word]! & ~without[word]!)) {
      left -= count;
      word++;
    }
    return (word << 5) + bitAt(bits[word]! & ~without[word]!, left);
  }

  #kind(kind: number): Int32Array {
    return (this.#unfit[kind] ??= new Int32Array(this.#words));
  }

  #add(level: number, node: number, unfit: number): void {
    while (this.#levels.length <= level) this.#levels.push({ size: 0, bits: new Int32Array(this.#words), blockSize: new Int32Array(this.#blocks), unfit: new Int32Array(MOST_KINDS), blockUnfit: new Int32Array(MOST_KINDS * this.#blocks) });
    const to = this.#levels[level]!;
    this.#size++;
    to.size++;
    to.bits[node >> 5]! |= 1 << (node & 31);
    to.blockSize[node >> BLOCK_SHIFT]!++;
    if (level < this.#lowest) this.#lowest = level;
    for (let left = unfit; left !== 0; left &= left - 1) {
      const kind = lowestBit(left);
      to.unfit[kind]!++;
      to.blockUnfit[kind * this.#blocks + (node >> BLOCK_SHIFT)]!++;
      this.#unfitTotal[kind]!++;
    }
  }

  #take(level: number, node: number, unfit: number): void {
    const from = this.#levels[level]!;
    this.#size--;
    from.size--;
    from.bits[node >> 5]! &= ~(1 << (node & 31));
    from.blockSize[node >> BLOCK_SHIFT]!--;
    for (let left = unfit; left !== 0; left &= left - 1) {
      const kind = lowestBit(left);
      from.unfit[kind]!--;
      from.blockUnfit[kind * this.#blocks + (node >> BLOCK_SHIFT)]!--;
      this.#unfitTotal[kind]!--;
    }
  }
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}

/** Position of the r-th bit that is set. */
function bitAt(word: number, r: number): number {
  let rest = word;
  for (let left = r; left > 0; left--) rest &= rest - 1;
  return lowestBit(rest);
}

/** Number of bits that are set, added up in pairs, fours and bytes. */
function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
