import { exp, ln, pow } from '../../../engine/numeric.ts';

/*
 * Closed forms of queueing theory; time in units of the mean service time. L. Kleinrock, "Queueing Systems, Volume I: Theory", Wiley 1975.
 */

/** Probability that a task finds all of `machines` busy and is lost. */
export function erlangB(machines: number, load: number): number {
  let blocked = 1;
  for (let c = 1; c <= machines; c++) blocked = (load * blocked) / (c + load * blocked);
  return blocked;
}

/** What is known of waits in the M/M/c queue. */
export interface MultiServerQueue {
  readonly waits: number;
  readonly meanWait: number;
  readonly meanQueue: number;
  /** Wait that so many tasks have or exceed, for shares below {@link waits}. */
  waitOfShare(share: number): number;
  /** Probability that a task which finds `present` others waits longer than `wait`. */
  exceeds(wait: number, present: number): number;
}

export function multiServerQueue(machines: number, rho: number): MultiServerQueue {
  const blocked = erlangB(machines, machines * rho);
  const waits = blocked / (1 - rho * (1 - blocked));
  const rate = machines * (1 - rho);
  const tails = new Map<number, { readonly sums: number[]; logTerm: number }>();
  return {
    waits,
    meanWait: waits / rate,
    meanQueue: (waits * rho) / (1 - rho),
    waitOfShare: (share) => ln(waits / share) / rate,
    exceeds(wait, present) {
      if (present < machines) return 0;
      // It waits for present - machines + 1 departures, which come at rate `machines`: Poisson terms, summed as far as asked for.
      let tail = tails.get(wait);
      if (tail === undefined) tails.set(wait, (tail = { sums: [exp(-machines * wait)], logTerm: -machines * wait }));
      for (let i = tail.sums.length; i <= present - machines; i++) {
        tail.logTerm += ln((machines * wait) / i);
        tail.sums.push(tail.sums[i - 1]! + exp(tail.logTerm));
      }
      return tail.sums[present - machines]!;
    },
  };
}

/** Mean wait of the M/G/1 queue (Pollaczek, Khinchine) for services of squared coefficient of variation `scv`. */
export function pollaczekKhinchine(rho: number, scv: number): number {
  return (rho * (1 + scv)) / (2 * (1 - rho));
}

/** Mean time in system under the power of d choices for very many machines: M. Mitzenmacher, IEEE TPDS 12(10), 2001, theorem 1 and corollary. */
export function powerOfChoices(d: number, load: number): number {
  let sum = 0;
  for (let i = 1, exponent = 0; ; i++) {
    // Exponents (d^i - d) / (d - 1): 0, d, d + d^2...; for d = 1 they are i - 1.
    const term = pow(load, exponent);
    if (term < 1e-17) return sum;
    sum += term;
    exponent = d === 1 ? i : d * (exponent + 1);
  }
}
