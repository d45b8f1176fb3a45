import { expect, test } from 'vitest';
import { inject } from '../../faults/inject.ts';
import { RecordKind, TaskOutcome } from '../../metrics/log.ts';
import { MachineInventory } from '../../world/machine-inventory.ts';
import { buildWorkload, type JobSpec } from '../../workload/workload-builder.ts';
import { assemble } from '../assemble.ts';
import { Recorder } from '../testing/recorder.ts';
import { kubernetes } from './kubernetes.ts';

const SECOND = 1_000_000;
const GIB = 1_073_741_824;
const NO_IMAGES = { medianBytes: 0, sigma: 0, machineBytesPerSecond: 1, registryBytesPerSecond: 1 };

function run(options: { machines: number; jobs: readonly JobSpec[]; untilUs: number; crash?: { machine: number; atUs: number; durationUs: number }[]; options?: unknown; explicitTicks?: boolean; zones?: number }) {
  const recorder = new Recorder();
  const assembly = assemble({
    definition: kubernetes as never,
    options: options.options,
    inventory: new MachineInventory(Array.from({ length: options.machines }, (_, i) => ({ name: `node-${i}`, cpuMilli: 4000, memoryBytes: 16 * GIB, zone: `zone-${i % (options.zones ?? 1)}` }))),
    workload: buildWorkload('test', options.jobs),
    seed: 7,
    collectors: [recorder],
    images: NO_IMAGES,
    simulation: { explicitTicks: options.explicitTicks ?? false },
  });
  inject(
    assembly.simulation,
    assembly.world,
    assembly.log,
    (options.crash ?? []).map(({ machine, atUs, durationUs }) => ({ kind: 'crash', atUs, machines: [machine], durationUs, factor: 1, label: '' })),
    (machine, drained) => assembly.orchestrator.drain(machine, drained),
  );
  assembly.simulation.run(options.untilUs);
  expect(assembly.orchestrator.invariants()).toEqual([]);
  return { ...assembly, recorder };
}

const batch = (name: string, tasks: number, seconds: number, cpuMilli = 1000): JobSpec => ({ name, submitUs: 0, shape: { cpuMilli, memoryBytes: GIB }, durationsUs: Array.from({ length: tasks }, () => seconds * SECOND) });
const service = (name: string, replicas: number, cpuMilli = 1000): JobSpec => ({ name, submitUs: 0, shape: { kind: 'service', cpuMilli, memoryBytes: GIB }, durationsUs: Array.from({ length: replicas }, () => Infinity) });

test('a Job runs all its tasks to completion and gives everything back', () => {
  const { recorder, orchestrator } = run({ machines: 3, jobs: [batch('job', 20, 30)], untilUs: 600 * SECOND });
  expect(recorder.of(RecordKind.done).map((event) => event.b)).toEqual(Array.from({ length: 20 }, () => TaskOutcome.finished));
  expect(recorder.of(RecordKind.bind)).toHaveLength(20);
  expect(recorder.of(RecordKind.release)).toHaveLength(20);
  expect(orchestrator.explain(0).state).toBe('Succeeded');
});

test('replicas of a lost node are replaced elsewhere after grace, taint and toleration', () => {
  const { recorder } = run({ machines: 4, jobs: [service('web', 8)], crash: [{ machine: 1, atUs: 100 * SECOND, durationUs: 3600 * SECOND }], untilUs: 1000 * SECOND });
  const hit = recorder.of(RecordKind.end).length;
  expect(hit).toBeGreaterThan(0);
  const detect = recorder.of(RecordKind.detect);
  expect(detect).toHaveLength(1);
  expect(detect[0]!.timeUs / SECOND - 100).toBeGreaterThan(44);
  expect(detect[0]!.timeUs / SECOND - 100).toBeLessThan(61);
  const evict = recorder.of(RecordKind.evict);
  expect(evict).toHaveLength(hit);
  expect(evict[0]!.timeUs - detect[0]!.timeUs).toBeGreaterThan(305 * SECOND);
  expect(recorder.of(RecordKind.start)).toHaveLength(8 + hit);
  expect(recorder.of(RecordKind.decide)).toHaveLength(hit);
});
