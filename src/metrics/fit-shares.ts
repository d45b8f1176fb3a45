/**
 * The weight of the shapes that a machine with so much left cannot take, for machines where nothing but CPU and memory decides: a table over what they ask for,
 * since a machine changes far more often than there are different requests.
 */
export class FitShares {
  readonly #cpuLevels: Float64Array;
  readonly #memoryLevels: Float64Array;
  /** The most that any of them asks for: what has so much left fits them all. */
  readonly #mostCpu: number;
  readonly #mostMemory: number;
  /** By number of CPU levels and number of memory levels that fit. */
  readonly #shares: Float64Array;

  /** @param weights summed in their order */
  constructor(cpu: Float64Array, memory: Float64Array, weights: Float64Array) {
    this.#cpuLevels = levelsOf(cpu);
    this.#memoryLevels = levelsOf(memory);
    this.#mostCpu = this.#cpuLevels.at(-1) ?? -Infinity;
    this.#mostMemory = this.#memoryLevels.at(-1) ?? -Infinity;
    const width = this.#memoryLevels.length + 1;
    this.#shares = new Float64Array((this.#cpuLevels.length + 1) * width);
    for (let at = 0; at < this.#shares.length; at++) {
      // The highest level that fits; below the first nothing does.
      const mostCpu = this.#cpuLevels[Math.floor(at / width) - 1] ?? -Infinity;
      const mostMemory = this.#memoryLevels[(at % width) - 1] ?? -Infinity;
      let share = 0;
      for (let i = 0; i < weights.length; i++) if (cpu[i]! > mostCpu || memory[i]! > mostMemory) share += weights[i]!;
      this.#shares[at] = share;
    }
  }

  /** The weight of all shapes. */
  get whole(): number {
    return this.#shares[0]!;
  }

  /** The weight of those that ask for more of anything. */
  beyond(freeCpu: number, freeMemory: number): number {
    if (freeCpu >= this.#mostCpu && freeMemory >= this.#mostMemory) return 0;
    return this.#shares[fitting(this.#cpuLevels, freeCpu) * (this.#memoryLevels.length + 1) + fitting(this.#memoryLevels, freeMemory)]!;
  }
}

function levelsOf(requests: Float64Array): Float64Array {
  return Float64Array.from(new Set(requests)).sort();
}

function fitting(levels: Float64Array, free: number): number {
  // Without branches: nobody can foretell them, and there are few levels.
  let count = 0;
  for (let i = 0; i < levels.length; i++) count += +(levels[i]! <= free);
  return count;
}
