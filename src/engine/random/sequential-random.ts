import seedrandom from 'seedrandom';

/**
 * A named stream of draws in order, for decisions inside one orchestrator (ties, shuffles). seedrandom's Alea generator with 53 bits.
 */
export class SequentialRandom {
  readonly #next: () => number;

  constructor(seed: number | string, name: string) {
    const generator = seedrandom.alea(`${seed}/${name}`);
    this.#next = () => generator.double();
  }

  /** A value in [0, 1). */
  u(): number {
    return this.#next();
  }

  /** A whole number in [0, n). */
  below(n: number): number {
    return Math.floor(this.#next() * n);
  }

  /** Fisher-Yates shuffle in place of the first `length` elements. */
  shuffle(values: { [index: number]: number }, length: number): void {
    for (let i = length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const value = values[i]!;
      values[i] = values[j]!;
      values[j] = value;
    }
  }
}
