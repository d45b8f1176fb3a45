import { mix32 } from '../engine/random/mix.ts';
import { entityOf } from '../engine/random/keyed-random.ts';
import type { ReadOptions } from './reader.ts';

/** Which jobs of a trace are in the workload, and from when on: window and sample of a reader's options. Times are those of the trace, microseconds. */
export class JobSelection {
  readonly fromUs: number;
  /** Exclusive; `Infinity` = no end. */
  readonly toUs: number;
  readonly windowed: boolean;
  readonly #carries: boolean;
  readonly #sample: number;

  constructor(options: ReadOptions) {
    const window = options.window;
    this.windowed = window !== undefined;
    this.fromUs = window?.from ?? 0;
    this.toUs = window?.to ?? Infinity;
    this.#carries = window?.initial === 'carry';
    this.#sample = options.sample;
  }

  /** By a hash of the job's name alone: the same job is in or out whatever else the trace holds, and a smaller sample lies inside a larger one. */
  sampled(name: string): boolean {
    if (this.#sample === 1) return true;
    const entity = entityOf(name);
    return (mix32((entity / 1048576) | 0, entity | 0) >>> 0) / 4294967296 < this.#sample;
  }

  /** @param endUs when the job is over by the trace; later than `fromUs` and submitted before = alive at the start of the window */
  inWindow(submitUs: number, endUs: number): boolean {
    if (!this.windowed) return true;
    if (submitUs >= this.toUs) return false;
    return submitUs >= this.fromUs || (this.#carries && endUs > this.fromUs);
  }
}
