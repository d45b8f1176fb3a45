import { exp, ln } from '../../../engine/numeric.ts';

const MINUTE_US = 60_000_000;

/** Load averages, or bounds of them; `five` and `fifteen` minutes. NaN = no bound. */
export interface Load {
  readonly five: number;
  readonly fifteen: number;
}

/**
 * Load averages of machines as Linux keeps them: exponentially decaying means of what wants a CPU, over 5 and over 15 minutes (kernel/sched/loadavg.c); between two changes of that they are known in
 * closed form.
 */
export class LoadAverage {
  readonly #wanted: Float64Array;
  readonly #sinceUs: Float64Array;
  readonly #five: Float64Array;
  readonly #fifteen: Float64Array;

  constructor(machines: number) {
    this.#wanted = new Float64Array(machines);
    this.#sinceUs = new Float64Array(machines);
    this.#five = new Float64Array(machines);
    this.#fifteen = new Float64Array(machines);
  }

  /** From now on so many CPUs are wanted on a machine. */
  change(machine: number, wanted: number, nowUs: number): void {
    this.#five[machine] = this.five(machine, nowUs);
    this.#fifteen[machine] = this.fifteen(machine, nowUs);
    this.#wanted[machine] = wanted;
    this.#sinceUs[machine] = nowUs;
  }

  five(machine: number, nowUs: number): number {
    return this.#at(machine, this.#five[machine]!, 5, nowUs);
  }

  fifteen(machine: number, nowUs: number): number {
    return this.#at(machine, this.#fifteen[machine]!, 15, nowUs);
  }

  /** Whether either average is above its bound. */
  exceeds(machine: number, bounds: Load, nowUs: number): boolean {
    return this.five(machine, nowUs) > bounds.five || this.fifteen(machine, nowUs) > bounds.fifteen;
  }

  /** Earliest time after now at which either average may cross its bound, if nothing changes; Infinity = never. Exact to the rounding of logarithms. */
  crossingUs(machine: number, bounds: Load, nowUs: number): number {
    return Math.min(this.#crossing(machine, this.#five[machine]!, bounds.five, 5, nowUs), this.#crossing(machine, this.#fifteen[machine]!, bounds.fifteen, 15, nowUs));
  }

  #at(machine: number, from: number, minutes: number, nowUs: number): number {
    const wanted = this.#wanted[machine]!;
    return wanted + (from - wanted) * exp(-(nowUs - this.#sinceUs[machine]!) / (minutes * MINUTE_US));
  }

  #crossing(machine: number, from: number, bound: number, minutes: number, nowUs: number): number {
    const wanted = this.#wanted[machine]!;
    // Only a bound between where it comes from and where it goes is crossed.
    if (!((from - bound) * (wanted - bound) < 0)) return Infinity;
    const atUs = this.#sinceUs[machine]! + minutes * MINUTE_US * ln((from - wanted) / (bound - wanted));
    // What logarithms say to have just happened may be about to.
    return atUs > nowUs - 1000 ? atUs : Infinity;
  }
}
