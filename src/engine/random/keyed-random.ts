import seedrandom from 'seedrandom';
import { mix32 } from './mix.ts';

/**
 * Random values by key instead of by draw order: `u(entity, occurrence, purpose)` is a pure function of the root seed, the family name and its arguments.
 * What belongs to a task, a machine or an image is drawn here, so it cannot depend on the orchestrator or on what else happens in the run.
 *
 * seedrandom turns root seed and family name into the key; a counter mixer on 32-bit words makes the values (two words, 53 bits).
 */
export class KeyedRandom {
  readonly #key0: number;
  readonly #key1: number;

  constructor(seed: number | string, family: string) {
    const generator = seedrandom(`${seed}/${family}`);
    this.#key0 = generator.int32();
    this.#key1 = generator.int32();
  }

  /**
   * A value in [0, 1) with 53 bits.
   * @param entity stable identity, from {@link entityOf} or any whole number below 2^53
   * @param occurrence which of the entity's draws (n-th start, fault number), a whole number below 2^53
   * @param purpose a small constant that tells draws of one occurrence apart
   */
  u(entity: number, occurrence: number, purpose: number): number {
    const entityLow = entity | 0;
    const entityHigh = (entity / 4294967296) | 0;
    const occurrenceHigh = (occurrence / 4294967296) | 0;
    let h = mix32(mix32(this.#key0, entityLow), entityHigh);
    h = mix32(mix32(h, occurrence | 0), mix32(purpose, occurrenceHigh));
    const high = mix32(h, this.#key1) >>> 0;
    const low = mix32(h ^ 0x5bd1e995, high ^ entityLow) >>> 0;
    return (high * 2097152 + (low >>> 11)) / 9007199254740992;
  }
}

/** Stable identity of a named thing for {@link KeyedRandom.u}: a 52-bit hash of its name (FNV-1a on UTF-16 units in two lanes, then mixed). */
export function entityOf(name: string): number {
  let a = 0x811c9dc5 | 0;
  let b = 0x1b873593 | 0;
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = mix32(b, unit);
  }
  return (mix32(a, b) >>> 0) * 1048576 + (mix32(b, name.length) >>> 12);
}
