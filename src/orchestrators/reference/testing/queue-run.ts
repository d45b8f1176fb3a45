import { entityOf, KeyedRandom } from '../../../engine/random/keyed-random.ts';
import { exponential } from '../../../engine/random/distributions.ts';
import { type Collector, RecordKind } from '../../../metrics/log.ts';
import { EMPTY_SHAPE } from '../../../workload/shape.ts';
import type { WorkloadColumns } from '../../../workload/workload.ts';
import { MachineInventory } from '../../../world/machine-inventory.ts';
import { assemble } from '../../assemble.ts';
import type { OrchestratorDefinition } from '../../orchestrator.ts';

/** Mean service time of every queueing run. */
export const SERVICE_US = 1_000_000;

/** Service times as quantiles of a law with mean 1. */
export type ServiceLaw = (u: number) => number;

export interface QueueRunOptions {
  readonly definition: OrchestratorDefinition;
  readonly options?: object;
  /** One-slot machines. */
  readonly machines: number;
  /** Arrivals per mean service time, all machines together. */
  readonly arrivalRate: number;
  readonly tasks: number;
  /** Tasks submitted at time zero, ahead of the others: a start near the steady state. */
  readonly initialTasks?: number;
  readonly service?: ServiceLaw;
  readonly seed: number;
}

/** What every task of a queueing run saw; times in units of the mean service time. */
export interface QueueRun {
  readonly tasks: number;
  /** From the task before; its mean is 1 / arrivalRate. */
  readonly gap: Float64Array;
  readonly service: Float64Array;
  /** From submission to start of work; NaN = refused. */
  readonly wait: Float64Array;
  /** When the task was submitted, when its work began and when it was over; NaN = never. */
  readonly submitted: Float64Array;
  readonly started: Float64Array;
  readonly ended: Float64Array;
  /** Tasks in the system, waiting and running, just before the task came. */
  readonly present: Int32Array;
  /** Machine that it ran on; -1 = none. */
  readonly machine: Int32Array;
  readonly digest: string;
}

/** Poisson arrivals of one-slot tasks on one-slot machines with no latency anywhere, to the last departure. */
export function queueRun({ definition, options, machines, arrivalRate, tasks, initialTasks = 0, service, seed }: QueueRunOptions): QueueRun {
  const random = new KeyedRandom(seed, `queue/${machines}/${arrivalRate}`);
  const law = service ?? ((u: number) => exponential(u, 1));
  const jobSubmitUs = new Float64Array(tasks);
  const taskDurationUs = new Float64Array(tasks);
  let timeUs = 0;
  for (let i = 0; i < tasks; i++) {
    if (i >= initialTasks) timeUs += exponential(random.u(i, 0, 1), SERVICE_US / arrivalRate);
    jobSubmitUs[i] = Math.round(timeUs);
    taskDurationUs[i] = Math.round(SERVICE_US * law(random.u(i, 0, 2)));
  }
  const workload: WorkloadColumns = {
    name: 'queue',
    shapes: [{ ...EMPTY_SHAPE, cpuMilli: 1000 }],
    jobSubmitUs,
    jobShape: new Uint32Array(tasks),
    jobKey: Uint32Array.from({ length: tasks }, (_, i) => i),
    jobFirstTask: null,
    taskJob: null,
    taskDurationUs,
    dependencies: null,
    jobNames: null,
  };
  const observed = new Observed(tasks);
  const { simulation, log, orchestrator } = assemble({
    definition,
    options,
    inventory: new MachineInventory(Array.from({ length: machines }, (_, i) => ({ name: `m-${i}`, cpuMilli: 1000, memoryBytes: 1, slots: 1 }))),
    workload,
    seed: entityOf(`${seed}`),
    collectors: [observed],
    client: { refused: NEVER, failed: NEVER, removalDelayUs: Infinity },
    images: { medianBytes: 0, sigma: 0, machineBytesPerSecond: 1, registryBytesPerSecond: 1 },
  });
  simulation.run(Infinity);
  const broken = orchestrator.invariants();
  if (broken.length > 0) throw new Error(broken.join('\n'));
  return {
    tasks,
    gap: jobSubmitUs.map((at, i) => (at - (i === 0 ? 0 : jobSubmitUs[i - 1]!)) / SERVICE_US),
    service: taskDurationUs.map((us) => us / SERVICE_US),
    wait: observed.startUs.map((us, i) => (us - jobSubmitUs[i]!) / SERVICE_US),
    submitted: jobSubmitUs.map((us) => us / SERVICE_US),
    started: observed.startUs.map((us) => us / SERVICE_US),
    ended: observed.endUs.map((us) => us / SERVICE_US),
    present: observed.present,
    machine: observed.machine,
    digest: log.digest.toString(),
  };
}

const NEVER = { attempts: 0, initialDelayUs: 0, factor: 1, maxDelayUs: 0, jitter: 0 };

class Observed implements Collector {
  readonly startUs: Float64Array;
  readonly endUs: Float64Array;
  readonly present: Int32Array;
  readonly machine: Int32Array;
  #count = 0;

  constructor(tasks: number) {
    this.startUs = new Float64Array(tasks).fill(NaN);
    this.endUs = new Float64Array(tasks).fill(NaN);
    this.present = new Int32Array(tasks);
    this.machine = new Int32Array(tasks).fill(-1);
  }

  record(timeUs: number, kind: RecordKind, task: number, machine: number): void {
    if (kind === RecordKind.submit) this.present[task] = this.#count++;
    else if (kind === RecordKind.start) {
      this.startUs[task] = timeUs;
      this.machine[task] = machine;
    } else if (kind === RecordKind.end) this.endUs[task] = timeUs;
    else if (kind === RecordKind.done) this.#count--;
  }
}
