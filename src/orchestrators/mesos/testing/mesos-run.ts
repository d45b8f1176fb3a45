import { inject } from '../../../faults/inject.ts';
import type { ClientAction } from '../../../workload/client-action.ts';
import type { Shape } from '../../../workload/shape.ts';
import { buildWorkload, type JobSpec } from '../../../workload/workload-builder.ts';
import { ContainerState } from '../../../world/container-state.ts';
import { MachineInventory, type MachineSpec } from '../../../world/machine-inventory.ts';
import { type Assembly, assemble, type AssemblyOptions } from '../../assemble.ts';
import { Recorder } from '../../testing/recorder.ts';
import type { MesosCluster } from '../mesos-cluster.ts';
import { mesos } from '../mesos.ts';

export const SECOND = 1_000_000;
export const MINUTE = 60 * SECOND;
const GIB = 1024 ** 3;

/** A cluster of Mesos in a test: four cores and 16 GiB per machine unless said otherwise. */
export interface MesosRun extends Assembly {
  readonly records: Recorder;
  readonly cluster: MesosCluster;
}

export interface MesosRunOptions extends Partial<AssemblyOptions> {
  readonly actions?: readonly ClientAction[];
  /** Shapes behind those of the jobs: what updates refer to, from index `jobs' shapes` on. */
  readonly versions?: readonly Shape[];
}

export function machines(count: number, spec: (index: number) => Partial<MachineSpec> = () => ({})): MachineInventory {
  return new MachineInventory(Array.from({ length: count }, (_, i) => ({ name: `node-${i}`, cpuMilli: 4000, memoryBytes: 16 * GIB, ...spec(i) })));
}

/** An app in Marathon's own format. */
export function app(name: string, count: number, spec: Readonly<Record<string, unknown>> = {}, fields: Partial<Shape> = {}): JobSpec {
  return { name, submitUs: SECOND, shape: { kind: 'service', cpuMilli: 1000, native: { format: 'marathon', spec: { id: name, ...spec } }, ...fields }, durationsUs: Array.from({ length: count }, () => Infinity) };
}

export function startMesos(inventory: MachineInventory, jobs: readonly JobSpec[], options: MesosRunOptions = {}): MesosRun {
  const records = new Recorder();
  const { actions = [], versions = [], ...rest } = options;
  const columns = buildWorkload('test', jobs);
  const workload = { ...columns, shapes: [...columns.shapes, ...versions], actions };
  const assembly = assemble({ definition: mesos as never, inventory, workload, seed: 1, collectors: [records], ...rest });
  return { ...assembly, records, cluster: assembly.orchestrator as MesosCluster };
}

/** Something that befalls a machine. */
export function fault(kind: 'crash' | 'partition' | 'hang', machine: number, atS: number, forS: number): Parameters<typeof inject>[3][number] {
  return { kind, atUs: atS * SECOND, machines: [machine], durationUs: forS * SECOND, factor: 1, label: '' } as Parameters<typeof inject>[3][number];
}

export function faulted(run: MesosRun, plan: Parameters<typeof inject>[3]): MesosRun {
  inject(run.simulation, run.world, run.log, plan, (machine, drained) => run.orchestrator.drain(machine, drained));
  return run;
}

/** `task@machine` of every container that runs. */
export function runningOn({ world, workload }: MesosRun): string[] {
  return runningContainers({ world }).map((container) => `${workload.taskName(world.containers.task[container]!)}@${world.inventory.names[world.containers.machine[container]!]}`).sort();
}

/** Names of the machines on which containers run, once per container. */
export function hosts({ world }: Pick<MesosRun, 'world'>): string[] {
  return runningContainers({ world }).map((container) => world.inventory.names[world.containers.machine[container]!]!).sort();
}

export function runningContainers({ world }: Pick<MesosRun, 'world'>): number[] {
  return world.inventory.names.flatMap((_, machine) => world.containers.on(machine).filter((row) => world.containers.state[row] === ContainerState.running));
}
