import { inject } from '../../faults/inject.ts';
import type { Fault } from '../../faults/fault-plan.ts';
import { RAN, RecordKind } from '../../metrics/log.ts';
import type { ClientOptions } from '../../workload/client.ts';
import { buildWorkload, type JobSpec } from '../../workload/workload-builder.ts';
import type { ImageProfile } from '../../world/images.ts';
import { MachineInventory, type MachineSpec } from '../../world/machine-inventory.ts';
import { type Assembly, assemble } from '../assemble.ts';
import type { OrchestratorDefinition } from '../orchestrator.ts';
import { type RecordedEvent, Recorder } from './recorder.ts';

export interface BehaviourRunOptions {
  readonly definition: OrchestratorDefinition;
  readonly options?: object;
  readonly machines: readonly MachineSpec[];
  readonly jobs: readonly JobSpec[];
  readonly untilUs: number;
  readonly faults?: readonly Fault[];
  readonly seed?: number;
  readonly explicitTicks?: boolean;
  readonly permuteTiesSeed?: number;
  readonly client?: ClientOptions;
  readonly images?: ImageProfile;
}

/** A finished small run of any orchestrator, with all its records. */
export interface BehaviourRun {
  readonly assembly: Assembly;
  readonly events: readonly RecordedEvent[];
  readonly digest: string;
  /** Broken invariants of the orchestrator's books and of physics. */
  readonly broken: readonly string[];
  /** Task by the name of its job, or `job/index`. */
  task(name: string): number;
  /** Records of one kind about one task. */
  of(kind: RecordKind, task: number): RecordedEvent[];
}

/** Images that are always present. */
export const NO_IMAGES: ImageProfile = { medianBytes: 0, sigma: 0, machineBytesPerSecond: 1, registryBytesPerSecond: 1 };

/** Runs a small scenario to its end. */
export function behaviourRun(spec: BehaviourRunOptions): BehaviourRun {
  const recorder = new Recorder();
  const assembly = assemble({
    definition: spec.definition,
    options: spec.options ?? {},
    inventory: new MachineInventory(spec.machines),
    workload: buildWorkload('behaviour', spec.jobs),
    seed: spec.seed ?? 1,
    collectors: [recorder],
    images: spec.images ?? NO_IMAGES,
    ...(spec.client && { client: spec.client }),
    simulation: { explicitTicks: spec.explicitTicks ?? false, permuteTiesSeed: spec.permuteTiesSeed, bounds: { events: 2e7 } },
  });
  const { simulation, world, log, orchestrator, workload } = assembly;
  inject(simulation, world, log, spec.faults ?? [], (machine, drained) => orchestrator.drain(machine, drained));
  simulation.run(spec.untilUs);
  return {
    assembly,
    events: recorder.events,
    digest: log.digest.toString(),
    broken: [...orchestrator.invariants(), ...world.invariants()],
    task(name) {
      const task = workload.taskByName(name);
      if (task < 0) throw new Error(`there is no task "${name}"`);
      return task;
    },
    of: (kind, task) => recorder.events.filter((event) => event.kind === kind && event.a === task),
  };
}

/** Largest use of a machine that running containers ever made, as a share of its capacity: the worst of CPU and memory over all machines. */
export function peakUse({ assembly, events }: BehaviourRun): number {
  const { workload, world } = assembly;
  const { inventory } = world;
  const cpu = new Float64Array(inventory.count);
  const memory = new Float64Array(inventory.count);
  let peak = 0;
  for (const { kind, a, b, c } of events) {
    const sign = kind === RecordKind.start ? 1 : kind === RecordKind.end && c >= RAN ? -1 : 0;
    if (sign === 0) continue;
    const shape = workload.shapeOf(a);
    cpu[b]! += sign * workload.cpuMilli[shape]!;
    memory[b]! += sign * workload.memoryBytes[shape]!;
    peak = Math.max(peak, cpu[b]! / inventory.cpuMilli[b]!, memory[b]! / inventory.memoryBytes[b]!);
  }
  return peak;
}
