import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { exp } from '../../engine/numeric.ts';
import { DURATION_US } from '../../engine/quantity-schema.ts';
import { KeyedRandom } from '../../engine/random/keyed-random.ts';
import { Workload } from '../workload.ts';
import { DISTRIBUTIONS, distributionOf, distributionSchema } from './distributions/registry.ts';
import { poisson, type PoissonOptions } from './poisson.ts';
import { ksCritical, ksDistance } from '../../engine/testing/kolmogorov-smirnov.ts';

const schema = distributionSchema(z.number());
const EXAMPLES = [
  { kind: 'fixed', value: 3 },
  { kind: 'exponential', mean: 4 },
  { kind: 'uniform', low: 2, high: 5 },
  { kind: 'log-normal', median: 10, sigma: 0.8 },
  { kind: 'bounded-pareto', alpha: 1.5, minimum: 1, maximum: 100 },
  { kind: 'bounded-pareto', alpha: 1, minimum: 1, maximum: 100 },
  { kind: 'hyperexponential', mean: 2, scv: 9 },
  { kind: 'gamma', mean: 3, scv: 0.25 },
  { kind: 'gamma', mean: 3, scv: 4 },
  { kind: 'weibull', shape: 0.7, scale: 2 },
  { kind: 'normal', mean: 10, deviation: 8 },
];

describe('distributions', () => {
  it.each(EXAMPLES)('$kind has the mean that it states', (parameters) => {
    const distribution = distributionOf(schema.parse(parameters));
    // Midpoints of a fine grid integrate the inverse function: no sampling error.
    const n = 200_000;
    let sum = 0;
    for (let i = 0; i < n; i++) sum += distribution.draw((i + 0.5) / n);
    expect(Math.abs(sum / n / distribution.mean - 1)).toBeLessThan(2e-3);
  });

  it('hyperexponential has the squared coefficient of variation asked for, and is exponential at 1', () => {
    for (const scv of [1, 4, 9]) {
      const { draw } = distributionOf(schema.parse({ kind: 'hyperexponential', mean: 1, scv }));
      const n = 1_000_000;
      let sum = 0;
      let squares = 0;
      for (let i = 0; i < n; i++) {
        const value = draw((i + 0.5) / n);
        sum += value;
        squares += value * value;
      }
      expect(Math.abs((squares / n / (sum / n) ** 2 - 1) / scv - 1)).toBeLessThan(5e-3);
    }
    expect(distributionOf(schema.parse({ kind: 'hyperexponential', mean: 1, scv: 1 })).draw(0.25)).toBeCloseTo(distributionOf(schema.parse({ kind: 'exponential', mean: 1 })).draw(0.5), 12);
  });

  it('have examples here for all that are registered', () => {
    expect([...new Set([...EXAMPLES.map(({ kind }) => kind), 'never'])].sort()).toEqual(DISTRIBUTIONS.map(({ name }) => name).sort());
    expect(distributionOf({ kind: 'never' }).draw(0.5)).toBe(Infinity);
  });

  it('refuse parameters that make no sense', () => {
    const durations = distributionSchema(DURATION_US);
    for (const wrong of [
      { kind: 'normal', mean: 1 },
      { kind: 'exponential', mean: 5 },
      { kind: 'exponential', mean: '-5s' },
      { kind: 'uniform', low: '5s', high: '1s' },
      { kind: 'bounded-pareto', alpha: 1, minimum: '5s', maximum: '5s' },
      { kind: 'bounded-pareto', alpha: 1, minimum: 0, maximum: '5s' },
      { kind: 'hyperexponential', mean: '5s', scv: 0.5 },
      { kind: 'fixed', value: '5s', more: 1 },
      { kind: 'normal', mean: '0s', deviation: '1s' },
      { kind: 'gamma', mean: '5s', scv: 0 },
      { kind: 'weibull', shape: 0, scale: '1s' },
    ]) {
      expect(durations.safeParse(wrong).success, JSON.stringify(wrong)).toBe(false);
    }
    expect(durations.parse({ kind: 'exponential', mean: '5s' })).toEqual({ kind: 'exponential', mean: 5_000_000 });
  });

  it('are pinned', () => {
    const random = new KeyedRandom(7, 'pin');
    expect(EXAMPLES.map((parameters, i) => distributionOf(schema.parse(parameters)).draw(random.u(i, 0, 0)))).toMatchInlineSnapshot(`
      [
        3,
        6.016647853344812,
        2.5312264656421983,
        3.080914207901527,
        1.5470364526597433,
        2.655074897318497,
        1.2595271183071852,
        2.9943053125613477,
        0.018492316095315323,
        0.05125270407948367,
        3.0076168605231945,
      ]
    `);
  });
});

function options(changes: object, jobs: readonly object[]): PoissonOptions {
  return poisson.options.parse({ generator: 'poisson', name: 'test', horizon: '1h', jobs, ...changes });
}

const WORK = { name: 'work', meanGap: '10s', duration: { kind: 'exponential', mean: '30s' }, shapes: [{ cpu: 1, memory: '1GiB' }] };

describe('the Poisson generator', () => {
  it('makes exponential gaps and durations', () => {
    const { columns } = poisson.generate(options({ horizon: '20h' }, [WORK]), 3);
    const gaps = Array.from(columns.jobSubmitUs, (submitUs, job) => (submitUs - (job === 0 ? 0 : columns.jobSubmitUs[job - 1]!)) / 10e6);
    const works = Array.from(columns.taskDurationUs, (durationUs) => durationUs / 30e6);
    expect(gaps.length).toBeGreaterThan(6000);
    const law = (x: number): number => 1 - exp(-x);
    expect(ksDistance(gaps, law)).toBeLessThan(ksCritical(gaps.length));
    expect(ksDistance(works, law)).toBeLessThan(ksCritical(works.length));
  });

  it('makes gaps of any law, and the same Poisson arrivals whichever way they are asked for', () => {
    const gapsOf = (changes: object): number[] => {
      const { jobSubmitUs } = poisson.generate(options({ horizon: '20h' }, [{ ...WORK, meanGap: undefined, ...changes }]), 3).columns;
      return Array.from(jobSubmitUs, (submitUs, job) => submitUs - (job === 0 ? 0 : jobSubmitUs[job - 1]!));
    };
    expect(new Set(gapsOf({ gap: { kind: 'fixed', value: '10s' } }))).toEqual(new Set([10e6]));
    expect(gapsOf({ gap: { kind: 'exponential', mean: '10s' } })).toEqual(gapsOf({ meanGap: '10s' }));
    const erlang = gapsOf({ gap: { kind: 'gamma', mean: '10s', scv: 0.5 } });
    expect(ksDistance(erlang, (us) => 1 - exp(-us / 5e6) * (1 + us / 5e6))).toBeLessThan(ksCritical(erlang.length));
  });

  it('is a function of options and seed', () => {
    expect(poisson.generate(options({}, [WORK]), 3)).toEqual(poisson.generate(options({}, [WORK]), 3));
    expect(poisson.generate(options({}, [WORK]), 3).columns.jobSubmitUs).not.toEqual(poisson.generate(options({}, [WORK]), 4).columns.jobSubmitUs);
  });

  it('keeps what it has made when the horizon grows, another class joins or the rate changes', () => {
    const worksOf = (changes: object, jobs: readonly object[]): Map<string, number> => {
      const workload = new Workload(poisson.generate(options(changes, jobs), 3).columns);
      return new Map(Array.from({ length: workload.jobCount }, (_, job) => [workload.jobName(job), workload.columns.taskDurationUs[workload.firstTask(job)]!]));
    };
    const base = worksOf({}, [WORK]);
    for (const larger of [worksOf({ horizon: '2h' }, [WORK]), worksOf({}, [{ ...WORK, name: 'other' }, WORK]), worksOf({}, [{ ...WORK, meanGap: '5s' }])]) {
      expect(larger.size).toBeGreaterThan(base.size);
      for (const [name, durationUs] of base) expect(larger.get(name), name).toBe(durationUs);
    }
  });

  it('mixes shapes by weight, numbers of tasks and kinds', () => {
    const classes = [
      { ...WORK, tasks: { kind: 'uniform', low: 0.5, high: 4.5 }, shapes: [{ weight: 3, cpu: 1, memory: '1GiB', constraints: ['zone==a'] }, { weight: 1, cpu: '500m', memory: '1GiB', gpu: 1, gpuMilli: 250 }] },
      { name: 'web', kind: 'service', initial: 5, meanGap: '10min', tasks: { kind: 'fixed', value: 3 }, duration: { kind: 'never' }, shapes: [{ cpu: 2, memory: '4GiB', image: 'nginx', priority: 10 }] },
    ];
    const { columns, initialJobs, horizonUs } = poisson.generate(options({ horizon: '10h' }, classes), 3);
    expect([initialJobs, horizonUs]).toEqual([5, 36_000e6]);
    const workload = new Workload(columns);
    const sizes = new Map<number, number>();
    let small = 0;
    let batch = 0;
    for (let job = 0; job < workload.jobCount; job++) {
      const shape = workload.shapes[columns.jobShape[job]!]!;
      if (shape.kind === 'service') {
        expect([workload.size(job), workload.lifetimeUs(job), shape.image]).toEqual([3, Infinity, 'nginx']);
        continue;
      }
      batch++;
      sizes.set(workload.size(job), (sizes.get(workload.size(job)) ?? 0) + 1);
      if (shape.gpuMilli === 250) small++;
    }
    expect([...sizes.keys()].sort()).toEqual([1, 2, 3, 4]);
    // Four standard deviations of binomials of some 3,600.
    for (const count of sizes.values()) expect(Math.abs(count / batch - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / batch));
    expect(Math.abs(small / batch - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / batch));
    expect(columns.jobSubmitUs.slice(0, 5)).toEqual(new Float64Array(5));
  });

  it('makes the share of jobs wait for the one before them that it was asked for', () => {
    const { columns } = poisson.generate(options({ horizon: '10h' }, [{ ...WORK, waitsForPrevious: 0.2 }]), 3);
    const jobs = columns.jobSubmitUs.length;
    const { first, list } = columns.dependencies!;
    expect(Math.abs(list.length / jobs - 0.2)).toBeLessThan(4 * Math.sqrt(0.16 / jobs));
    for (let job = 0; job < jobs; job++) for (let i = first[job]!; i < first[job + 1]!; i++) expect(list[i]).toBe(job - 1);
  });

  it('makes initial jobs wait for one another, by number', () => {
    const { columns } = poisson.generate(options({ horizon: '10h' }, [{ ...WORK, meanGap: undefined, initial: 5, waitsForPrevious: 1 }]), 3);
    const { first, list } = columns.dependencies!;
    expect(Array.from({ length: 5 }, (_, job) => Array.from(list.subarray(first[job], first[job + 1])))).toEqual([[], [0], [1], [2], [3]]);
  });

  it('refuses options that make no sense', () => {
    const wrong: [object, readonly object[]][] = [
      [{}, []],
      [{ horizon: 0 }, [WORK]],
      [{ horizon: 3600 }, [WORK]],
      [{}, [WORK, WORK]],
      [{}, [{ ...WORK, meanGap: undefined }]],
      [{}, [{ ...WORK, duration: { kind: 'never' } }]],
      [{}, [{ ...WORK, gap: { kind: 'fixed', value: '1s' } }]],
      [{}, [{ ...WORK, meanGap: undefined, gap: { kind: 'fixed', value: '0s' } }]],
      [{}, [{ ...WORK, meanGap: undefined, gap: { kind: 'never' } }]],
      [{}, [{ ...WORK, shapes: [{ cpu: 1, memory: '1GiB', gpu: 2, gpuMilli: 500 }] }]],
      [{}, [{ ...WORK, shapes: [{ cpu: 1, memory: '1GiB', constraints: ['zone=a'] }] }]],
      [{ colour: 1 }, [WORK]],
    ];
    for (const [changes, jobs] of wrong) expect(poisson.options.safeParse({ generator: 'poisson', horizon: '1h', jobs, ...changes }).success, JSON.stringify([changes, jobs])).toBe(false);
    expect(() => poisson.generate(options({ horizon: '1us' }, [WORK]), 1)).toThrow('the workload "test" has no job: none arrives before the horizon');
    // Before anything is drawn: the test would take minutes otherwise.
    expect(() => poisson.generate(options({}, [{ ...WORK, meanGap: '1us' }]), 1)).toThrow(/would have about \S+ jobs, and at most 16000000 are possible/);
    expect(() => poisson.generate(options({}, [{ ...WORK, meanGap: undefined, gap: { kind: 'fixed', value: '1us' } }]), 1)).toThrow(/at most 16000000 are possible/);
    expect(() => poisson.generate(options({}, [{ ...WORK, initial: 20_000_000 }]), 1)).toThrow(/at most 16000000 are possible/);
    expect(() => poisson.generate(options({}, [{ ...WORK, duration: { kind: 'log-normal', median: '1d', sigma: 10 } }]), 1)).toThrow(/lighter tail/);
  });
});
