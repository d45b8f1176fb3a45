import { describe, expect, test } from 'vitest';
import { exp, ln, pow } from '../numeric.ts';
import { ksCritical, ksDistance } from '../testing/kolmogorov-smirnov.ts';
import { boundedPareto, exponential, gamma, logNormal, normalShare, positiveNormal, standardNormal, uniform, weibull } from './distributions.ts';
import { KeyedRandom } from './keyed-random.ts';

const random = new KeyedRandom(1, 'distributions');
const GOLDEN_U = [0, 0.001, 0.25, 0.5, 0.75, 0.999, 1 - 1.1102230246251565e-16];

/** Standard normal distribution function by its Taylor series about zero: slow, but independent of the quantile's rational functions. */
function normalCdf(x: number): number {
  if (x < -8) return 0;
  if (x > 8) return 1;
  let term = x;
  let sum = 0;
  for (let k = 1; Math.abs(term) > 1e-18; k++) {
    sum += term;
    term *= (x * x) / (2 * k + 1);
  }
  return 0.5 + sum * exp((-x * x) / 2) / 2.5066282746310002;
}

interface Law {
  readonly name: string;
  readonly draw: (u: number) => number;
  readonly cdf: (x: number) => number;
  readonly mean: number;
  readonly variance: number;
}

// Gamma(1 + 1/0.7) and Gamma(1 + 2/0.7), to 15 digits.
const GAMMA_1 = 1.26582350605728;
const GAMMA_2 = 5.02914470214031;
const LAWS: Law[] = [
  { name: 'exponential', draw: (u) => exponential(u, 5), cdf: (x) => 1 - exp(-x / 5), mean: 5, variance: 25 },
  { name: 'uniform', draw: (u) => uniform(u, -2, 6), cdf: (x) => Math.min(1, Math.max(0, (x + 2) / 8)), mean: 2, variance: 64 / 12 },
  { name: 'Weibull of shape 0.7', draw: (u) => weibull(u, 0.7, 3), cdf: (x) => 1 - exp(-pow(x / 3, 0.7)), mean: 3 * GAMMA_1, variance: 9 * (GAMMA_2 - GAMMA_1 * GAMMA_1) },
  { name: 'log-normal', draw: (u) => logNormal(u, 20, 0.8), cdf: (x) => normalCdf(ln(x / 20) / 0.8), mean: 20 * exp(0.32), variance: 400 * exp(0.64) * (exp(0.64) - 1) },
  { name: 'standard normal', draw: standardNormal, cdf: normalCdf, mean: 0, variance: 1 },
  // Erlang of three phases, its distribution function in closed form; shape 1/2, the chi-squared law of one degree of freedom.
  { name: 'gamma of shape 3', draw: (u) => gamma(u, 3, 6), cdf: (x) => 1 - exp(-x / 2) * (1 + x / 2 + (x * x) / 8), mean: 6, variance: 12 },
  { name: 'gamma of shape 0.5', draw: (u) => gamma(u, 0.5, 1), cdf: (x) => 2 * normalCdf(Math.sqrt(x)) - 1, mean: 1, variance: 2 },
  // Above zero: (normalCdf((x - 30) / 10) - normalCdf(-3)) / normalCdf(3); moments by scipy.stats.truncnorm.
  { name: 'positive normal', draw: (u) => positiveNormal(u, 30, 10), cdf: (x) => (normalCdf((x - 30) / 10) - normalCdf(-3)) / normalCdf(3), mean: 30.0443783, variance: 98.6666813 },
  // Moments of a Pareto law of exponent 2.5 between 1 and 1000.
  {
    name: 'bounded Pareto',
    draw: (u) => boundedPareto(u, 2.5, 1, 1000),
    cdf: (x) => (1 - pow(x, -2.5)) / (1 - pow(1000, -2.5)),
    mean: (2.5 / 1.5) * ((1 - pow(1000, -1.5)) / (1 - pow(1000, -2.5))),
    variance: (2.5 / 0.5) * ((1 - pow(1000, -0.5)) / (1 - pow(1000, -2.5))) - pow((2.5 / 1.5) * ((1 - pow(1000, -1.5)) / (1 - pow(1000, -2.5))), 2),
  },
];

describe.each(LAWS)('the $name law', ({ draw, cdf, mean, variance }) => {
  const N = 100_000;
  const samples = Array.from({ length: N }, (_, i) => draw(random.u(i, 0, 0)));

  test('is pinned by golden draws', () => {
    expect(GOLDEN_U.map(draw)).toMatchSnapshot();
  });

  test('has its distribution function', () => {
    expect(ksDistance(samples, cdf)).toBeLessThan(ksCritical(N));
  });

  test('is the inverse of its distribution function, in the tails too', () => {
    for (const u of [1e-9, 1e-4, 0.1, 0.3, 0.5, 0.7, 0.9, 0.9999, 1 - 1e-9]) expect(Math.abs(cdf(draw(u)) - u)).toBeLessThan(1e-12);
  });

  test('has its mean, and its variance', () => {
    const average = samples.reduce((a, b) => a + b, 0) / N;
    expect(Math.abs(average - mean)).toBeLessThan(3.3 * Math.sqrt(variance / N));
    const spread = samples.reduce((a, b) => a + (b - mean) * (b - mean), 0) / N;
    // Heavy tails make the sample variance itself vary: a tenth is what the fourth moments here allow.
    expect(Math.abs(spread / variance - 1)).toBeLessThan(0.1);
  });
});

test('quantiles of the normal law are right to sixteen digits', () => {
  // [u, quantile], computed with 60 decimal digits.
  const table = [
    [1e-300, -37.0470962993612],
    [1e-16, -8.222082216130435],
    [1e-10, -6.361340902404057],
    [0.001, -3.0902323061678136],
    [0.025, -1.9599639845400543],
    [0.074, -1.4466320671589785],
    [0.076, -1.4325027208258116],
    [0.25, -0.6744897501960817],
    [0.499, -0.002506630899571766],
    [0.6, 0.2533471031357997],
    [0.926, 1.4466320671589787],
    [0.99999, 4.264890793923841],
  ] as const;
  for (const [u, quantile] of table) expect(Math.abs(standardNormal(u) / quantile - 1)).toBeLessThan(1e-15);
  expect(standardNormal(0.5)).toBe(0);
  expect(standardNormal(0)).toBeGreaterThan(-9);
});

test('quantiles of gamma laws are right for shapes of all sizes', () => {
  // [shape, quantiles at 1e-6, 0.01, 0.3, 0.9, 0.999999], by scipy.stats.gamma.ppf.
  const table: [number, number[]][] = [
    [0.05, [5.844632057286552e-121, 5.844632057286578e-41, 2.0378971887326733e-11, 0.07631711390918905, 8.696862667893743]],
    [0.5, [7.853981633978593e-13, 7.854392895485092e-5, 0.07423593091627269, 1.352771727047702, 11.964063488439734]],
    [1, [1.0000005000003338e-6, 0.010050335853501437, 0.3566749439387324, 2.302585092994046, 13.815510557935518]],
    [4, [0.07099239135862108, 0.8232486863453852, 2.7637110426126483, 6.680783068255865, 21.350456963238944]],
    [1000, [856.8146512793919, 927.9081597966425, 983.1784467578987, 1040.73430801369, 1157.577911008724]],
  ];
  for (const [shape, quantiles] of table) {
    [1e-6, 0.01, 0.3, 0.9, 0.999999].forEach((u, i) => expect(Math.abs(gamma(u, shape, shape) / quantiles[i]! - 1), `${shape} at ${u}`).toBeLessThan(1e-9));
  }
  expect([gamma(0, 3, 1), positiveNormal(0.4, 7, 0), normalShare(0)]).toEqual([0, 7, 0.5]);
});

test('a normal law of which much lies below zero is cut there', () => {
  // By scipy.stats.truncnorm.ppf.
  [0.34186281773062177, 7.751774921013379, 23.777873615993073, 47.624321761033514].forEach((quantile, i) => expect(Math.abs(positiveNormal([0.01, 0.3, 0.9, 0.9999][i]!, 10, 10) / quantile - 1)).toBeLessThan(1e-9));
});
