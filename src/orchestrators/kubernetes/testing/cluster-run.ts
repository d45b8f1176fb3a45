import { onTestFinished } from 'vitest';
import type { Fault } from '../../../faults/fault-plan.ts';
import { inject } from '../../../faults/inject.ts';
import { RecordKind } from '../../../metrics/log.ts';
import type { ClientAction } from '../../../workload/client-action.ts';
import type { Shape } from '../../../workload/shape.ts';
import { buildWorkload, type JobSpec } from '../../../workload/workload-builder.ts';
import { type MachineSpec, MachineInventory } from '../../../world/machine-inventory.ts';
import { assemble } from '../../assemble.ts';
import { Recorder } from '../../testing/recorder.ts';
import type { KubernetesCluster } from '../cluster.ts';
import { kubernetes } from '../kubernetes.ts';

export const SECOND = 1_000_000;
export const GIB = 1_073_741_824;

/** A world for one test: times in seconds. */
export interface ClusterWorld {
  readonly machines: number;
  readonly machine?: (i: number) => Partial<MachineSpec>;
  readonly jobs: readonly JobSpec[];
  readonly untilS: number;
  /** New shapes that updates name, by their place behind those of the jobs. */
  readonly versions?: readonly Partial<Shape>[];
  readonly actions?: readonly ClientAction[];
  readonly faults?: readonly Fault[];
  readonly options?: object;
  readonly seed?: number;
  readonly explicitTicks?: boolean;
}

/** Runs a cluster and hands over everything that was recorded; its invariants are checked at the end of the test. */
export function runCluster({ machines, machine = () => ({}), jobs, untilS, versions = [], actions = [], faults = [], options = {}, seed = 7, explicitTicks = false }: ClusterWorld) {
  const recorder = new Recorder();
  const columns = buildWorkload('test', jobs);
  const shapes = [...columns.shapes, ...versions.map((version) => ({ ...columns.shapes[0]!, ...version }))];
  const assembly = assemble({
    definition: kubernetes as never,
    options,
    inventory: new MachineInventory(Array.from({ length: machines }, (_, i) => ({ name: `node-${i}`, cpuMilli: 4000, memoryBytes: 16 * GIB, ...machine(i) }))),
    workload: { ...columns, shapes, actions },
    seed,
    collectors: [recorder],
    images: { medianBytes: 0, sigma: 0, machineBytesPerSecond: 1, registryBytesPerSecond: 1 },
    simulation: { explicitTicks },
  });
  inject(assembly.simulation, assembly.world, assembly.log, faults, (target, drained) => assembly.orchestrator.drain(target, drained));
  assembly.simulation.run(untilS * SECOND);
  onTestFinished(() => {
    const broken = [...assembly.orchestrator.invariants(), ...assembly.world.containers.invariants()];
    if (broken.length > 0) throw new Error(broken.join('; '));
  });
  const cluster = assembly.orchestrator as KubernetesCluster;
  const { containers } = assembly.world;
  const running = Array.from({ length: machines }, (_, i) => containers.on(i)).flat();
  return { ...assembly, recorder, cluster, running, shapesRunning: running.map((container) => containers.shape[container]!) };
}

export const fault = (kind: Fault['kind'], atS: number, machines: number[], seconds: number): Fault => ({ kind, atUs: atS * SECOND, machines, durationUs: seconds * SECOND, factor: 1, label: '' });

export const service = (name: string, replicas: number, shape: Partial<Shape> = {}, initialCount?: number): JobSpec => ({
  name,
  submitUs: 0,
  shape: { kind: 'service', cpuMilli: 100, memoryBytes: GIB / 8, ...shape },
  durationsUs: Array.from({ length: replicas }, () => Infinity),
  ...(initialCount !== undefined && { initialCount }),
});

/** How many instances ran, and how many were routed to, after each change, in order of time. */
export function counts(recorder: Recorder, from: number, to: number): { timeS: number; running: number; routed: number }[] {
  let running = 0;
  let routed = 0;
  const found: { timeS: number; running: number; routed: number }[] = [];
  for (const { timeUs, kind, c } of recorder.events) {
    if (kind === RecordKind.start) running++;
    else if (kind === RecordKind.end && c >= 16) running--;
    else if (kind === RecordKind.route) routed++;
    else if (kind === RecordKind.unroute) routed--;
    else continue;
    if (timeUs >= from * SECOND && timeUs <= to * SECOND) found.push({ timeS: timeUs / SECOND, running, routed });
  }
  return found;
}
