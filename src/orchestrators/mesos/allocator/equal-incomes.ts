import type { Share } from './progressive-filling.ts';

/**
 * What two users get in a competitive equilibrium from equal incomes: the tasks (of any fraction) whose product is largest, the Nash bargaining solution (Ghodsi et al., NSDI 2011,
 * section 5.2). Exact: the product is concave along each constraint, so that the answer touches one resource's line at its middle or lies where two lines cross.
 * @param capacity whole quantities
 * @param demands per user, whole quantities per task, none of them all zero
 */
export function equalIncomes(capacity: readonly number[], demands: readonly [readonly number[], readonly number[]]): readonly [Share, Share] {
  const [a, b] = demands.map((demand) => demand.map(BigInt)) as [bigint[], bigint[]];
  const limits = capacity.map(BigInt);
  const candidates: [Share, Share][] = [];
  limits.forEach((limit, r) => {
    if (a[r]! > 0n && b[r]! > 0n) candidates.push([{ numerator: limit, denominator: 2n * a[r]! }, { numerator: limit, denominator: 2n * b[r]! }]);
    for (let s = 0; s < limits.length; s++) {
      // a[r] x + b[r] y = limit[r] and the same for s.
      const determinant = a[r]! * b[s]! - a[s]! * b[r]!;
      if (determinant <= 0n) continue;
      candidates.push([
        { numerator: limits[r]! * b[s]! - limits[s]! * b[r]!, denominator: determinant },
        { numerator: a[r]! * limits[s]! - a[s]! * limits[r]!, denominator: determinant },
      ]);
    }
  });
  const fits = ([x, y]: [Share, Share]): boolean =>
    x.numerator >= 0n && y.numerator >= 0n && limits.every((limit, r) => a[r]! * x.numerator * y.denominator + b[r]! * y.numerator * x.denominator <= limit * x.denominator * y.denominator);
  let best: [Share, Share] | undefined;
  for (const candidate of candidates) if (fits(candidate) && (best === undefined || productExceeds(candidate, best))) best = candidate;
  if (best === undefined) throw new Error('the users share no resource: each gets all that it can use');
  return [reduced(best[0]), reduced(best[1])];
}

function productExceeds([x, y]: readonly [Share, Share], [u, v]: readonly [Share, Share]): boolean {
  return x.numerator * y.numerator * u.denominator * v.denominator > u.numerator * v.numerator * x.denominator * y.denominator;
}

function reduced({ numerator, denominator }: Share): Share {
  let [a, b] = [numerator, denominator];
  while (b !== 0n) [a, b] = [b, a % b];
  return { numerator: numerator / a, denominator: denominator / a };
}
