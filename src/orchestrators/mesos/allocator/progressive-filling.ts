/** One user of a pooled cluster, as in the paper. */
export interface FillingUser {
  /** Whole quantities per task, in the order of the capacity. */
  readonly demand: readonly number[];
  readonly weight: number;
}

/** What progressive filling gave out. */
export interface Filling {
  readonly tasks: readonly number[];
  /** User index per launched task, in order. */
  readonly sequence: readonly number[];
}

/**
 * Dominant resource fairness on one pool: one task at a time to the user of the lowest dominant share divided by weight, ties to the first user
 * (Ghodsi et al., NSDI 2011, Algorithm 1). Exact: shares are compared as rational numbers.
 * @param shareOf what is kept equal: the dominant share, or {@link assetShare} for the rule that the paper compares with
 * @param whenFull `stop` at the first user whose task does not fit, as the paper's algorithm; `skip` sets that user aside and goes on
 */
export function progressiveFilling(capacity: readonly number[], users: readonly FillingUser[], whenFull: 'stop' | 'skip', shareOf: ShareRule = dominantShare): Filling {
  // In thousandths, like the shares: a tenth subtracted ten times from one leaves nothing.
  const free = capacity.map(thousandths);
  const demands = users.map(({ demand }) => demand.map(thousandths));
  const tasks = users.map(() => 0);
  const sequence: number[] = [];
  const aside = new Set<number>();
  for (;;) {
    const next = lowest(capacity, users, tasks, aside, shareOf);
    if (next < 0) return { tasks, sequence };
    const demand = demands[next]!;
    if (demand.some((quantity, n) => quantity > free[n]!) || demand.every((quantity) => quantity === 0n)) {
      if (whenFull === 'stop') return { tasks, sequence };
      aside.add(next);
      continue;
    }
    demand.forEach((quantity, n) => (free[n]! -= quantity));
    tasks[next]!++;
    sequence.push(next);
  }
}

/** A dominant share as a fraction. */
export interface Share {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Unweighted dominant share of a user with so many tasks. */
export function dominantShare(capacity: readonly number[], demand: readonly number[], tasks: number): Share {
  let best: Share = { numerator: 0n, denominator: 1n };
  demand.forEach((quantity, n) => {
    if (capacity[n]! <= 0) return;
    const share = { numerator: thousandths(quantity) * BigInt(tasks), denominator: thousandths(capacity[n]!) };
    if (share.numerator * best.denominator > best.numerator * share.denominator) best = share;
  });
  return best;
}

/** What a user holds with so many tasks, as one number. */
export type ShareRule = (capacity: readonly number[], demand: readonly number[], tasks: number) => Share;

/** Sum of the user's shares of all resources: asset fairness (Ghodsi et al., NSDI 2011, section 4.2), which gives no incentive to share. */
export const assetShare: ShareRule = (capacity, demand, tasks) => {
  let sum: Share = { numerator: 0n, denominator: 1n };
  demand.forEach((quantity, n) => {
    if (capacity[n]! <= 0) return;
    const denominator = thousandths(capacity[n]!);
    sum = { numerator: sum.numerator * denominator + thousandths(quantity) * BigInt(tasks) * sum.denominator, denominator: sum.denominator * denominator };
  });
  return sum;
};

function lowest(capacity: readonly number[], users: readonly FillingUser[], tasks: readonly number[], aside: ReadonlySet<number>, shareOf: ShareRule): number {
  let best = -1;
  let bestShare: Share = { numerator: 0n, denominator: 1n };
  users.forEach(({ demand, weight }, user) => {
    if (aside.has(user)) return;
    const share = shareOf(capacity, demand, tasks[user]!);
    const weighted = { numerator: share.numerator * 1000n, denominator: share.denominator * thousandths(weight) };
    if (best >= 0 && weighted.numerator * bestShare.denominator >= bestShare.numerator * weighted.denominator) return;
    best = user;
    bestShare = weighted;
  });
  return best;
}

function thousandths(value: number): bigint {
  return BigInt(Math.round(value * 1000));
}
