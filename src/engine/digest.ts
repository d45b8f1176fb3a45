import { mix32 } from './random/mix.ts';

const WORD = 4294967295;

/** Records between two checkpoints: a power of two. */
export const CHECKPOINT_RECORDS = 65_536;

/**
 * Rolling 64-bit hash over state-change records, with a checkpoint every {@link CHECKPOINT_RECORDS} records so that the first divergent record of two runs
 * can be found by replaying one window.
 */
export class Digest {
  /** Hash after every 2^16 records, in order. */
  readonly checkpoints: string[] = [];
  recordCount = 0;
  #low = 0x243f6a88 | 0;
  #high = 0x13198a2e | 0;

  /** Takes up one record; numbers are whole and below 2^53 in absolute value. */
  add(timeUs: number, kind: number, a: number, b: number, c: number): void {
    const lowA = a | 0;
    const lowB = b | 0;
    const lowC = c | 0;
    let low = mix32(this.#low, timeUs | 0);
    low = mix32(low, (((timeUs / 4294967296) | 0) << 6) ^ kind);
    low = mix32(mix32(mix32(low, lowA), lowB), lowC);
    // The upper words take one more round, and only where there are any. Nearly all operands are small.
    if ((lowA | lowB | lowC) < 0 || lowA !== a || lowB !== b || lowC !== c) low = withUpperWords(low, a, b, c);
    this.#high = mix32(this.#high, low);
    this.#low = low;
    if ((++this.recordCount & (CHECKPOINT_RECORDS - 1)) === 0) this.checkpoints.push(this.toString());
  }

  /** Sixteen hexadecimal digits. */
  toString(): string {
    return (this.#high >>> 0).toString(16).padStart(8, '0') + (this.#low >>> 0).toString(16).padStart(8, '0');
  }
}

function withUpperWords(low: number, a: number, b: number, c: number): number {
  if (a <= WORD && b <= WORD && c <= WORD && a >= 0 && b >= 0 && c >= 0) return low;
  return mix32(mix32(mix32(low, Math.floor(a / 4294967296)), Math.floor(b / 4294967296)), Math.floor(c / 4294967296));
}
