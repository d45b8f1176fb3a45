import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MachineInventory } from '../world/machine-inventory.ts';
import { offeredLoad, rescale } from './offered-load.ts';
import { openb } from './readers/openb/openb.ts';
import { hasTrace, REAL_TRACES } from './testing/real-traces.ts';
import { buildWorkload, type JobSpec } from './workload-builder.ts';

const S = 1_000_000;
const MACHINES = new MachineInventory([
  { name: 'a', cpuMilli: 6000, memoryBytes: 100 },
  { name: 'b', cpuMilli: 4000, memoryBytes: 100, gpuCount: 2 },
]);

const batch = (name: string, submitS: number, workS: number | number[], cpuMilli = 1000): JobSpec => ({ name, submitUs: submitS * S, shape: { cpuMilli }, durationsUs: [workS].flat().map((s) => s * S) });

describe('offered load', () => {
  it('is request x duration over capacity x window, per resource', () => {
    const columns = buildWorkload('t', [
      { name: 'a', submitUs: 10 * S, shape: { cpuMilli: 2000, memoryBytes: 50, gpuCount: 1, gpuMilli: 500 }, durationsUs: [20 * S, 20 * S] },
      { name: 'b', submitUs: 50 * S, shape: { cpuMilli: 1000 }, durationsUs: [10 * S] },
    ]);
    // CPU: (2 x 2000 x 20 + 1000 x 10) / (10,000 x 100); memory: 2 x 50 x 20 / (200 x 100); GPU: 2 x 500 x 20 / (2,000 x 100).
    expect(offeredLoad(columns, MACHINES, 100 * S).arriving).toEqual({ cpu: 0.09, memory: 0.1, gpu: 0.1 });
  });

  it('counts all the work of what arrives, or what would be held inside the window', () => {
    const columns = buildWorkload('t', [batch('long', 50, 500), batch('after the window', 100, 10)]);
    const load = offeredLoad(columns, MACHINES, 100 * S);
    expect(load.arriving.cpu).toBeCloseTo((1000 * 500) / (10_000 * 100), 12);
    expect(load.held.cpu).toBeCloseTo((1000 * 50) / (10_000 * 100), 12);
  });

  it('counts jobs at time zero and services without end up to the end of the window in both measures', () => {
    const columns = buildWorkload('t', [batch('stock', 0, 500), { name: 'web', submitUs: 40 * S, shape: { kind: 'service', cpuMilli: 1000 }, durationsUs: [Infinity] }]);
    const load = offeredLoad(columns, MACHINES, 100 * S);
    expect(load.arriving.cpu).toBeCloseTo((1000 * (100 + 60)) / (10_000 * 100), 12);
    expect(load.held.cpu).toBe(load.arriving.cpu);
  });

  it('is not defined where the machines have none of the resource', () => {
    const bare = new MachineInventory([{ name: 'a', cpuMilli: 1000, memoryBytes: 100 }]);
    expect(offeredLoad(buildWorkload('t', [batch('a', 0, 1)]), bare, S).arriving.gpu).toBeNaN();
    expect(() => rescale(buildWorkload('t', [batch('a', 0, 1)]), bare, 'gpu', 0.9, S)).toThrow('workload.loadResource: the machines have no gpu');
  });
});

describe('rescaling arrivals', () => {
  it('moves submissions alone, by one factor', () => {
    const columns = buildWorkload('t', [batch('a', 10, [20, 30]), batch('b', 60, 50)]);
    const result = rescale(columns, MACHINES, 'cpu', 0.2, 100 * S);
    // 1000 x 100 s of work over 10,000 x W = 0.2: W = 50 s, half of the time.
    expect(result).toMatchObject({ factor: 0.5, horizonUs: 50 * S, target: 0.2, achieved: 0.2 });
    expect(result.columns.jobSubmitUs).toEqual(Float64Array.of(5 * S, 30 * S));
    expect(result.columns.taskDurationUs).toBe(columns.taskDurationUs);
  });

  const jobOf = fc.record({
    submitS: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 999_999 })),
    work: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 5_000_000 }) }, { weight: 1, arbitrary: fc.constant(Infinity) }),
    cpuMilli: fc.integer({ min: 1, max: 4000 }),
  });

  it.each(['arriving', 'held'] as const)('reaches any load that can be reached, as %s, but for the rounding to microseconds', (measure) => {
    fc.assert(
      fc.property(fc.array(jobOf, { minLength: 1, maxLength: 30 }), fc.double({ min: 0.05, max: 5, noNaN: true }), (jobs, target) => {
        const specs = jobs.map(({ submitS, work, cpuMilli }, i): JobSpec => ({ name: `j${i}`, submitUs: submitS * S, shape: { kind: work === Infinity ? 'service' : 'batch', cpuMilli }, durationsUs: [work * S] }));
        const columns = buildWorkload('t', specs);
        const horizonUs = 1_000_000 * S;
        const capacity = 10_000 * 1_000_000;
        let endless = 0;
        let most = 0;
        for (const { submitS, work, cpuMilli } of jobs) {
          const limitS = 1_000_000 - submitS;
          if (work === Infinity) endless += cpuMilli * limitS;
          most += measure === 'held' || submitS === 0 || work === Infinity ? cpuMilli * limitS : Infinity;
        }
        const reachable = target > (endless / capacity) * 1.000001 && target < (most / capacity) * 0.999999;
        if (target > (endless / capacity) * 0.999999 && target < (most / capacity) * 1.000001 && !reachable) return;
        if (!reachable) {
          expect(() => rescale(columns, MACHINES, 'cpu', target, horizonUs, measure)).toThrow(/cannot be reached/);
          return;
        }
        const result = rescale(columns, MACHINES, 'cpu', target, horizonUs, measure);
        // Compressed to less than a second, microseconds are too coarse a grid for a tight bound.
        if (result.horizonUs < S) return;
        expect(Math.abs(result.achieved / target - 1)).toBeLessThan(1e-3);
        expect(result.achieved).toBe(offeredLoad(result.columns, MACHINES, result.horizonUs)[measure].cpu);
      }),
      { numRuns: 300 },
    );
  });

  it('says which loads can be reached when one cannot', () => {
    const columns = buildWorkload('t', [batch('a', 50, 10, 5000)]);
    // Held at most from its submission in the middle of the window to the end: half of 0.5.
    expect(() => rescale(columns, MACHINES, 'cpu', 0.3, 100 * S, 'held')).toThrow('load 0.3 on cpu, measured as held, cannot be reached: rescaling arrivals reaches loads above 0.000 and below 0.2500');
    expect(() => rescale(columns, MACHINES, 'memory', 0.3, 100 * S)).toThrow('load 0.3 on memory, measured as arriving, cannot be reached: no task asks for memory');
    expect(() => rescale(columns, MACHINES, 'cpu', 0, 100 * S)).toThrow('load 0 is out of range; expected a share of capacity above 0, such as 0.9');
  });
});

const FOLDER = 'alibaba-gpu-2023-openb';

describe.skipIf(!hasTrace(FOLDER))('the published OpenB trace', () => {
  it('is rescaled to GPU loads of 0.7, 0.9 and 1.1 to six digits', () => {
    const file = (name: string) => ({ path: join(REAL_TRACES, FOLDER, name), label: name });
    const reading = openb.read(new Map([['pods', file('openb_pod_list_default.csv.gz')], ['nodes', file('openb_node_list_all_node.csv')]]), openb.options.parse({ format: 'openb', pods: 'p' }));
    const machines = new MachineInventory(reading.machines!);
    for (const target of [0.7, 0.9, 1.1]) {
      const result = rescale(reading.columns, machines, 'gpu', target, reading.report.horizonUs);
      expect(Math.abs(result.achieved / target - 1)).toBeLessThan(1e-6);
      expect(result.factor).toBeLessThan(0.004);
    }
  });
});
