/** Nodes of a block: 32 words of bits. */
const BLOCK_SHIFT = 10;
const WORDS_PER_BLOCK = 32;
/** A node with more tasks than this is not kept, and nothing is said any more. */
const MOST_LEVELS = 4_096;

/** Nodes with one number of tasks. */
interface Level {
  size: number;
  /** One bit per node, in the order of their indices. */
  readonly bits: Int32Array;
  readonly blockSize: Int32Array;
  /** At most what any node here has left; not raised again before the level is empty. */
  nanoCpus: number;
  memoryBytes: number;
}

/**
 * Schedulable nodes by their number of active tasks. The least loaded are few most of the time, since they are who gets the next task: looking at those few answers "which nodes run the fewest
 * tasks among those that pass the filters" without a memory of scores.
 */
export class LoadLevels {
  /** Whether all schedulable nodes are kept here. */
  complete = true;
  readonly #count: number;
  readonly #levels: Level[] = [];
  /** -1 = not schedulable. */
  readonly #levelOf: Int32Array;
  /** No level below has a node. */
  #lowest = 0;

  /** @param count of nodes, none of them schedulable yet */
  constructor(count: number) {
    this.#count = count;
    this.#levelOf = new Int32Array(count).fill(-1);
  }

  levelOf(node: number): number {
    return this.#levelOf[node]!;
  }

  /** @param level active tasks; -1 = the node is not schedulable */
  put(node: number, level: number, nanoCpus: number, memoryBytes: number): void {
    const before = this.#levelOf[node]!;
    if (level >= MOST_LEVELS) {
      this.complete = false;
      level = -1;
    }
    if (before !== level) {
      this.#levelOf[node] = level;
      if (before >= 0) this.#take(this.#levels[before]!, node);
      if (level >= 0) this.#add(level, node);
    }
    if (level < 0) return;
    const to = this.#levels[level]!;
    if (nanoCpus < to.nanoCpus) to.nanoCpus = nanoCpus;
    if (memoryBytes < to.memoryBytes) to.memoryBytes = memoryBytes;
  }

  /** The lowest level from this one on that has nodes; -1 = there is none. */
  next(from: number): number {
    let level = from < this.#lowest ? this.#lowest : from;
    while (level < this.#levels.length && this.#levels[level]!.size === 0) level++;
    if (from <= this.#lowest) this.#lowest = level;
    return level < this.#levels.length ? level : -1;
  }

  size(level: number): number {
    return this.#levels[level]!.size;
  }

  /** Whether every node of a level certainly has so much left. */
  allHave(level: number, nanoCpus: number, memoryBytes: number): boolean {
    const { nanoCpus: cpus, memoryBytes: memory } = this.#levels[level]!;
    return nanoCpus <= cpus && memoryBytes <= memory;
  }

  /** The nodes of a level in ascending order, into `nodes`. */
  list(level: number, nodes: Int32Array): void {
    const { bits, blockSize } = this.#levels[level]!;
    let found = 0;
    for (let block = 0; block < blockSize.length; block++) {
      if (blockSize[block] === 0) continue;
      const end = Math.min(bits.length, (block + 1) * WORDS_PER_BLOCK);
      for (let word = block * WORDS_PER_BLOCK; word < end; word++) {
        for (let left = bits[word]!; left !== 0; left &= left - 1) nodes[found++] = (word << 5) + lowestBit(left);
      }
    }
  }

  /** The r-th node of a level, from 0, in ascending order. */
  pick(level: number, r: number): number {
    const { bits, blockSize } = this.#levels[level]!;
    let block = 0;
    let left = r;
    while (left >= blockSize[block]!) left -= blockSize[block++]!;
    let word = block * WORDS_PER_BLOCK;
    for (let count = bitCount(bits[word]!); left >= count; count = bitCount(bits[word]!)) {
      left -= count;
      word++;
    }
    let rest = bits[word]!;
    while (left-- > 0) rest &= rest - 1;
    return (word << 5) + lowestBit(rest);
  }

  #add(level: number, node: number): void {
    const words = (this.#count + 31) >> 5;
    while (this.#levels.length <= level) {
      this.#levels.push({ size: 0, bits: new Int32Array(words), blockSize: new Int32Array((this.#count >> BLOCK_SHIFT) + 1), nanoCpus: Infinity, memoryBytes: Infinity });
    }
    const to = this.#levels[level]!;
    to.size++;
    to.bits[node >> 5]! |= 1 << (node & 31);
    to.blockSize[node >> BLOCK_SHIFT]!++;
    if (level < this.#lowest) this.#lowest = level;
  }

  #take(from: Level, node: number): void {
    from.bits[node >> 5]! &= ~(1 << (node & 31));
    from.blockSize[node >> BLOCK_SHIFT]!--;
    if (--from.size > 0) return;
    from.nanoCpus = Infinity;
    from.memoryBytes = Infinity;
  }
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}

/** Number of bits that are set, added up in pairs, fours and bytes. */
function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
