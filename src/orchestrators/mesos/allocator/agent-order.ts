import { mix32 } from '../../../engine/random/mix.ts';

/**
 * The order in which a cycle visits agents: a keyed bijection of agent numbers, fresh for each key. A position depends on key and agent alone, so leaving out
 * agents that cannot be candidates reorders nobody, and both directions cost a few operations.
 *
 * Stands for the uniform shuffle of the real allocator (Apache Mesos 1.12, src/master/allocator/mesos/hierarchical.cpp, `__allocate`).
 */
export class AgentOrder {
  /** Positions are 0 .. size-1; those whose agent number is not below the number of agents are empty. */
  readonly size: number;
  readonly #mask: number;
  readonly #half: number;
  #key0 = 0;
  #key1 = 0;
  #key2 = 0;

  constructor(agentCount: number) {
    // A domain of at least 256 keeps small clusters well shuffled.
    let bits = 8;
    while (1 << bits < agentCount) bits++;
    this.size = 1 << bits;
    this.#mask = this.size - 1;
    this.#half = (bits + 1) >> 1;
  }

  /** Starts the order that belongs to a key. */
  rekey(seed: number, timeUs: number, stage: number): void {
    const low = mix32(mix32(seed, timeUs | 0), (timeUs / 4294967296) | 0);
    this.#key0 = mix32(low, stage);
    this.#key1 = mix32(this.#key0, 1);
    this.#key2 = mix32(this.#key1, 2);
  }

  positionOf(agent: number): number {
    const mask = this.#mask;
    const half = this.#half;
    let x = Math.imul(agent ^ this.#key0, MULTIPLIER_1) & mask;
    x ^= x >>> half;
    x = Math.imul(x ^ this.#key1, MULTIPLIER_2) & mask;
    x ^= x >>> half;
    return Math.imul(x ^ this.#key2, MULTIPLIER_1) & mask;
  }

  /** Inverse of {@link positionOf}; may be an agent number that is not in use. */
  agentAt(position: number): number {
    const mask = this.#mask;
    const half = this.#half;
    // Each xor-shift by at least half the bits is its own inverse.
    let x = (Math.imul(position, INVERSE_1) ^ this.#key2) & mask;
    x ^= x >>> half;
    x = (Math.imul(x, INVERSE_2) ^ this.#key1) & mask;
    x ^= x >>> half;
    return (Math.imul(x, INVERSE_1) ^ this.#key0) & mask;
  }
}

/** Odd constants of MurmurHash3's finaliser; any odd number is invertible modulo a power of two. */
const MULTIPLIER_1 = 0x85ebca6b | 0;
const MULTIPLIER_2 = 0xc2b2ae35 | 0;
const INVERSE_1 = inverse(MULTIPLIER_1);
const INVERSE_2 = inverse(MULTIPLIER_2);

/** Inverse of an odd number modulo 2^32 (Newton's iteration doubles the correct bits). */
function inverse(odd: number): number {
  let x = odd;
  for (let i = 0; i < 5; i++) x = Math.imul(x, 2 - Math.imul(odd, x));
  return x;
}
