import { describe, expect, test } from 'vitest';
import { MachineInventory } from '../world/machine-inventory.ts';
import type { FaultPlan } from './fault-plan.ts';
import { materialise } from './materialise.ts';
import { FAULTS } from './schema.ts';

/*
 * Closed forms of renewal theory (R. E. Barlow, F. Proschan, "Statistical Theory of Reliability and Life Testing", 1975), on materialised plans.
 */

const HOUR_US = 3_600_000_000;

function planOf(count: number, spec: object, seed: number, untilUs: number): FaultPlan {
  const inventory = new MachineInventory(Array.from({ length: count }, (_, i) => ({ name: `m-${i}`, cpuMilli: 1, memoryBytes: 1 })));
  return materialise(FAULTS.parse([{ source: 'stochastic', kind: 'crash', ...spec }]), inventory, seed, 0, untilUs);
}

/** Mean and half-width of its 99 % confidence interval over the seeds 1..20 (Student's t with 19 degrees of freedom: 2.861). */
function over20Seeds(measure: (seed: number) => number): { mean: number; halfWidth: number } {
  const values = Array.from({ length: 20 }, (_, i) => measure(i + 1));
  const mean = values.reduce((a, b) => a + b, 0) / 20;
  const variance = values.reduce((a, b) => a + (b - mean) * (b - mean), 0) / 19;
  return { mean, halfWidth: 2.861 * Math.sqrt(variance / 20) };
}

/** Share of [0, untilUs) in which at most `down` machines are down. */
function shareWithAtMost(down: number, plan: FaultPlan, untilUs: number): number {
  const changes = plan.flatMap((fault) => [
    { atUs: fault.atUs, by: 1 },
    { atUs: Math.min(untilUs, fault.atUs + fault.durationUs), by: -1 },
  ]);
  changes.sort((a, b) => a.atUs - b.atUs || a.by - b.by);
  let now = 0;
  let count = 0;
  let goodUs = 0;
  for (const { atUs, by } of changes) {
    if (count <= down) goodUs += atUs - now;
    now = atUs;
    count += by;
  }
  return (goodUs + untilUs - now) / untilUs;
}

const GAMMA_OF_1_PLUS_1_OVER_07 = 1.26582350605728;

describe('availability is MTBF / (MTBF + MTTR), whatever the laws', () => {
  const laws: [string, object, number][] = [
    ['exponential up, exponential down', { uptime: { law: 'exponential', mean: '99h' }, repair: { law: 'exponential', mean: '1h' } }, 0.99],
    ['exponential up, fixed down', { uptime: { law: 'exponential', mean: '19h' }, repair: { law: 'fixed', value: '1h' } }, 0.95],
    // Median m and sigma s give the mean m exp(s^2 / 2): 1 h for 36 min 23.591837 s and 1.
    ['exponential up, log-normal down', { uptime: { law: 'exponential', mean: '9h' }, repair: { law: 'logNormal', median: '2183.510376s', sigma: 1 } }, 0.9],
    ['Weibull up, exponential down', { uptime: { law: 'weibull', shape: 0.7, scale: '100h' }, repair: { law: 'exponential', mean: '10h' } }, (100 * GAMMA_OF_1_PLUS_1_OVER_07) / (100 * GAMMA_OF_1_PLUS_1_OVER_07 + 10)],
  ];
  test.each(laws)('%s', (_, spec, expected) => {
    const untilUs = 20_000 * HOUR_US;
    // A fleet long in service: its start has been forgotten.
    const result = over20Seeds((seed) => shareWithAtMost(0, planOf(1, { inService: '5000h', ...spec }, seed, untilUs), untilUs));
    expect(Math.abs(result.mean - expected)).toBeLessThan(result.halfWidth);
    expect(result.halfWidth / expected).toBeLessThan(0.01);
  });

  const quorums: [number, number, number][] = [
    [3, 99, 0.999702],
    [5, 99, 0.99999015],
    [3, 999, 0.999997002],
  ];
  test.each(quorums)('a majority of %i machines that are up %i hours for each down', (machines, upHours, expected) => {
    const untilUs = 2000 * (upHours + 1) * HOUR_US;
    const spec = { inService: '50h', uptime: { law: 'exponential', mean: `${upHours}h` }, repair: { law: 'exponential', mean: '1h' } };
    const result = over20Seeds((seed) => shareWithAtMost((machines - 1) / 2, planOf(machines, spec, seed, untilUs), untilUs));
    expect(Math.abs(result.mean - expected)).toBeLessThan(result.halfWidth);
    // The interval is narrow beside what is lost, not only beside what is there (rare losses: to within a factor).
    expect(result.halfWidth).toBeLessThan(1 - expected);
    expect(result.mean).toBeLessThan(1);
  });
});

describe('superposition', () => {
  test('n machines with MTBF M fail every M / n', () => {
    const untilUs = 4000 * HOUR_US;
    const result = over20Seeds((seed) => untilUs / HOUR_US / planOf(200, { uptime: { law: 'exponential', mean: '100h' }, repair: { law: 'fixed', value: '1us' } }, seed, untilUs).length);
    expect(Math.abs(result.mean - 0.5)).toBeLessThan(result.halfWidth);
    expect(result.halfWidth).toBeLessThan(0.005);
  });

  test('Weibull machines of shape 0.7 fail at the same long-run rate, but more often just after a common start', () => {
    const windowUs = 200 * HOUR_US;
    const machines = 200;
    // Scale 100 h / Gamma(1 + 1/0.7): the mean is 100 h.
    const spec = { uptime: { law: 'weibull', shape: 0.7, scale: '284399837953us' }, repair: { law: 'fixed', value: '1us' } };
    const perWindow = (plan: FaultPlan, window: number) => plan.filter((fault) => Math.floor(fault.atUs / windowUs) === window).length;
    const expected = (machines * 200) / 100;
    const fresh = over20Seeds((seed) => perWindow(planOf(machines, spec, seed, windowUs), 0));
    const later = over20Seeds((seed) => planOf(machines, spec, seed, 30 * windowUs).filter((fault) => fault.atUs >= 10 * windowUs).length / 20);
    const aged = over20Seeds((seed) => perWindow(planOf(machines, { ...spec, inService: '5000h' }, seed, windowUs), 0));
    expect(Math.abs(later.mean - expected)).toBeLessThan(later.halfWidth);
    expect(later.halfWidth / expected).toBeLessThan(0.01);
    expect(fresh.mean - fresh.halfWidth).toBeGreaterThan(later.mean + later.halfWidth);
    expect(Math.abs(aged.mean - expected)).toBeLessThan(aged.halfWidth);
  });
});
