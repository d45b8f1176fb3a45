import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Fault, FaultPlan } from '../faults/fault-plan.ts';
import { inject } from '../faults/inject.ts';
import { assemble } from '../orchestrators/assemble.ts';
import type { OrchestratorDefinition } from '../orchestrators/orchestrator.ts';
import { fifo } from '../orchestrators/reference/fifo.ts';
import { loss } from '../orchestrators/reference/loss.ts';
import { Recorder } from '../orchestrators/testing/recorder.ts';
import { buildWorkload, type JobSpec } from '../workload/workload-builder.ts';
import { Workload } from '../workload/workload.ts';
import { columnsOf } from './columns.ts';
import { RecordKind } from './log.ts';
import { createMetrics } from './metrics.ts';
import { inventoryOf, measured, type Measured, readable, S } from './testing/measured.ts';

const FIFO = fifo as OrchestratorDefinition;
const LOSS = loss as OrchestratorDefinition;

interface Scenario {
  readonly definition?: OrchestratorDefinition;
  readonly machines: number;
  readonly jobs: readonly JobSpec[];
  readonly plan?: FaultPlan;
  readonly toS: number;
  readonly gridS?: number;
  readonly seed?: number;
}

function run(scenario: Scenario): Measured & { readonly recorder: Recorder; readonly workload: Workload } {
  const { definition = FIFO, plan = [], toS } = scenario;
  const columns = buildWorkload('w', scenario.jobs);
  const workload = new Workload(columns);
  const inventory = inventoryOf(Array.from({ length: scenario.machines }, () => ({ gpuCount: 2 })));
  const metrics = createMetrics({ workload, requests: workload.shapes, inventory, faultPlan: plan, window: { fromUs: 0, toUs: toS * S }, gridUs: (scenario.gridS ?? toS) * S });
  const recorder = new Recorder();
  const assembly = assemble({ definition, inventory, workload: columns, seed: scenario.seed ?? 1, collectors: [...metrics.collectors, recorder] });
  inject(assembly.simulation, assembly.world, assembly.log, plan, (machine, drained) => assembly.orchestrator.drain(machine, drained));
  assembly.simulation.run(toS * S);
  return { ...readable(metrics.finish(assembly.simulation.nowUs, assembly.log)), recorder, workload };
}

function fault(kind: Fault['kind'], atS: number, durationS: number, machines: readonly number[]): Fault {
  return { kind, atUs: atS * S, machines, durationUs: durationS * S, factor: kind === 'slow' ? 2 : 1, label: `${kind} ${machines.join()}` };
}

function service(name: string, cpuMilli: number, submitS = 1): JobSpec {
  return { name, submitUs: submitS * S, shape: { kind: 'service', cpuMilli }, durationsUs: [Infinity] };
}

test('the summary, the recovery rows and the timeline have exactly the declared columns, in order', () => {
  const { summary, recoveries, timeline, waits } = run({ machines: 2, jobs: [service('a', 1000)], plan: [fault('crash', 5, 5, [0])], toS: 20 });
  const declared = (file: string): string[] => columnsOf(file).filter((column) => column.from === 'metrics').map((column) => column.name);
  expect(summary.map(([name]) => name)).toEqual(declared('runs.csv'));
  expect(recoveries[0]!.map(([name]) => name)).toEqual(declared('recoveries.csv'));
  expect(timeline.map(({ column }) => column)).toEqual(declared('timeline.csv'));
  expect(Object.keys(waits[0]!)).toEqual(declared('waits.csv'));
});

test('results are plain data that can be sent between threads', () => {
  const { summary, recoveries, timeline, waits, problems } = run({ machines: 2, jobs: [service('a', 1000)], plan: [fault('crash', 5, 5, [0])], toS: 20 });
  const plain = { summary, recoveries, timeline, waits, problems };
  expect(structuredClone(plain)).toEqual(plain);
});

test('a crash moves a service to the other machine at once under the ideal, and takes no time', () => {
  const found = run({ machines: 2, jobs: [service('a', 3000), service('b', 1000)], plan: [fault('crash', 50, 20, [0])], toS: 100 });
  expect(found.problems).toEqual([]);
  expect(['attemptsHit', 'detectedS', 'decidedS', 'replacedS', 'restoredS', 'restoredBy', 'endedS', 'missingReplicaS'].map((c) => found.recovery(0, c))).toEqual([2, 50, 50, 50, 50, 'replacement', 70, 0]);
  expect(found.value('availabilityServices')).toBe(1);
});

test('a service that fits nowhere else waits for the reboot of its machine, blocked by capacity', () => {
  const found = run({ machines: 1, jobs: [service('a', 3000)], plan: [fault('crash', 50, 20, [0])], toS: 101 });
  expect(['attemptsHit', 'restoredS', 'restoredBy', 'capacityBlockedS', 'missingReplicaS'].map((c) => found.recovery(0, c))).toEqual([1, 70, 'in-place', 20, 20]);
  expect(found.value('availabilityServices')).toBeCloseTo(80 / 100, 12);
  expect(found.value('heldCpuShare')).toBeCloseTo((80 * 3000) / (101 * 4000), 12);
  expect(found.value('usefulCpuShareOfUp')).toBeCloseTo((80 * 3000) / (81 * 4000), 12);
});

test('offered load counts what is submitted against what the machines could do', () => {
  const job = (name: string, submitS: number): JobSpec => ({ name, submitUs: submitS * S, shape: { cpuMilli: 2000, gpuCount: 1, gpuMilli: 1000 }, durationsUs: [50 * S] });
  const found = run({ machines: 1, jobs: [job('a', 10), job('b', 40)], toS: 100 });
  expect(['offeredLoadCpu', 'offeredLoadGpu', 'offeredLoadMemory', 'usefulCpuShare', 'makespanS'].map(found.value)).toEqual([0.5, 0.5, 0, 0.5, 80]);
});

test('a cluster without GPUs has no GPU shares', () => {
  const found = measured({ machines: [{}], jobs: [{ shape: { cpuMilli: 1 }, durationsUs: [S] }] }, () => {});
  expect(['usefulGpuShare', 'offeredLoadGpu', 'fragmentedGpuShare'].map(found.value)).toEqual([null, null, null]);
  expect(found.series('heldGpuShare')).toEqual([null]);
});

const jobs = fc
  .array(
    fc.record({
      submitS: fc.integer({ min: 0, max: 250 }),
      service: fc.boolean(),
      tasks: fc.integer({ min: 1, max: 3 }),
      cpuMilli: fc.integer({ min: 1, max: 4 }).map((cores) => cores * 700),
      gpuMilli: fc.constantFrom(0, 300, 1000),
      durationUs: fc.integer({ min: 1, max: 200_000_000 }),
      failureShare: fc.constantFrom(0, 0, 0.5),
      user: fc.constantFrom('a', 'b'),
    }),
    { minLength: 1, maxLength: 20 },
  )
  .map((list) =>
    list.map(
      (job, i): JobSpec => ({
        name: `j${i}`,
        submitUs: job.submitS * S,
        shape: {
          kind: job.service ? 'service' : 'batch',
          cpuMilli: job.cpuMilli,
          memoryBytes: 1e9,
          gpuCount: job.gpuMilli > 0 ? 1 : 0,
          gpuMilli: job.gpuMilli,
          image: 'image',
          user: job.user,
          failureShare: job.service ? 0 : job.failureShare,
        },
        durationsUs: Array.from({ length: job.tasks }, () => job.durationUs),
      }),
    ),
  );
const plans = fc
  .array(
    fc.record({
      kind: fc.constantFrom<Fault['kind']>('crash', 'hang', 'partition', 'slow', 'drain'),
      atS: fc.integer({ min: 0, max: 290 }),
      durationS: fc.constantFrom(1, 20, 100, Infinity),
      machines: fc.subarray([0, 1, 2], { minLength: 1 }),
    }),
    { maxLength: 6 },
  )
  .map((list) => list.sort((a, b) => a.atS - b.atS).map(({ kind, atS, durationS, machines }) => fault(kind, atS, durationS, machines)));

test('whatever happens, every task is accounted for, the uses of capacity add up and Little is right', () => {
  fc.assert(
    fc.property(jobs, plans, fc.constantFrom(FIFO, LOSS), fc.integer(), (jobs, plan, definition, seed) => {
      const toS = 300;
      const found = run({ definition, machines: 3, jobs, plan, toS, seed });
      expect(found.problems).toEqual([]);
      const share = (column: string): number => found.value(column) as number;
      for (const resource of ['Cpu', 'Memory', 'Gpu']) {
        expect(share(`useful${resource}Share`)).toBeLessThanOrEqual(share(`held${resource}Share`) + 1e-12);
        expect(share(`useful${resource}Share`)).toBeGreaterThanOrEqual(0);
        expect(share(`held${resource}Share`)).toBeLessThanOrEqual(1 + 1e-12);
        expect(found.series(`useful${resource}Share`)[0]).toBeCloseTo(share(`useful${resource}Share`), 10);
        expect(found.series(`held${resource}Share`)[0]).toBeCloseTo(share(`held${resource}Share`), 10);
        expect(found.series(`reserved${resource}Share`)[0]).toBeCloseTo(share(`reserved${resource}Share`), 10);
      }
      expect(share('usefulCpuShare') + share('duplicateCpuShare') + share('lostCpuShare')).toBeCloseTo(share('heldCpuShare'), 12);
      for (const column of ['duplicateCpuShare', 'lostCpuShare', 'fragmentedCpuShare', 'fragmentedGpuShare', 'downCpuShare']) expect(share(column)).toBeGreaterThanOrEqual(0);
      // L = lambda W: the time integral of the number in the system is the sum of the times spent there.
      const integralS = (found.series('pending')[0]! + found.series('running')[0]!) * toS;
      expect(Math.abs(integralS - timeInSystemS(found.recorder, toS))).toBeLessThanOrEqual(1e-9 * Math.max(1, integralS));
      for (const row of found.recoveries) {
        const value = new Map(row);
        if (value.get('attemptsHit') === 0) expect(value.get('restoredS')).toBeNull();
        else expect(value.get('restoredS') === null).toBe(value.get('restoredBy') === '');
        for (const column of ['capacityBlockedS', 'missingReplicaS', 'workRedoneS', 'duplicateRunS']) expect(value.get(column)).toBeGreaterThanOrEqual(0);
        for (const column of ['detectedS', 'decidedS', 'replacedS', 'restoredS']) if (value.get(column) !== null) expect(value.get(column)).toBeGreaterThanOrEqual(value.get('injectedS') as number);
      }
    }),
    { numRuns: 300 },
  );
});

/** From the records alone: from first submission until done, or until the window closes. */
function timeInSystemS(recorder: Recorder, toS: number): number {
  let sumUs = 0;
  const done = new Map(recorder.of(RecordKind.done).map(({ a, timeUs }) => [a, timeUs]));
  for (const { a, timeUs } of recorder.of(RecordKind.submit)) sumUs += (done.get(a) ?? toS * S) - timeUs;
  return sumUs / S;
}

test('the mean over the cells of any grid is the mean over the window', () => {
  fc.assert(
    fc.property(jobs, fc.integer({ min: 1, max: 300 }), (jobs, gridS) => {
      const found = run({ machines: 2, jobs, toS: 300, gridS });
      const times = found.series('timeS');
      for (const [column, expected] of [['usefulCpuShare', found.value('usefulCpuShare')], ['heldGpuShare', found.value('heldGpuShare')], ['queueDepth', found.value('queueDepthMean')]] as const) {
        const mean = found.series(column).reduce<number>((sum, value, i) => sum + value! * ((i + 1 < times.length ? times[i + 1]! : 300) - times[i]!), 0) / 300;
        expect(mean).toBeCloseTo(expected as number, 9);
      }
    }),
    { numRuns: 50 },
  );
});

test('the metrics are the same however far the run goes on after the window', () => {
  const scenario = { machines: 2, jobs: [service('a', 3000), { name: 'b', submitUs: 10 * S, shape: { cpuMilli: 2000 }, durationsUs: [60 * S] }], plan: [fault('crash', 30, 50, [0])] };
  const columns = buildWorkload('w', scenario.jobs);
  const results = [60, 200].map((endS) => {
    const workload = new Workload(columns);
    const inventory = inventoryOf([{}, {}]);
    const metrics = createMetrics({ workload, requests: workload.shapes, inventory, faultPlan: scenario.plan, window: { fromUs: 5 * S, toUs: 60 * S }, gridUs: 10 * S });
    const assembly = assemble({ definition: FIFO, inventory, workload: columns, seed: 1, collectors: metrics.collectors });
    inject(assembly.simulation, assembly.world, assembly.log, scenario.plan, (machine, drained) => assembly.orchestrator.drain(machine, drained));
    assembly.simulation.run(endS * S);
    // Counters run on; they are not the collectors'.
    return metrics.finish(assembly.simulation.nowUs, { counters: new Float64Array(8), reasons: [] });
  });
  expect(results[1]).toEqual(results[0]);
});
