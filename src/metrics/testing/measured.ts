import type { FaultPlan } from '../../faults/fault-plan.ts';
import { buildWorkload, type JobSpec } from '../../workload/workload-builder.ts';
import { Workload } from '../../workload/workload.ts';
import type { ExitOutcome } from '../../world/exit-outcome.ts';
import { MachineInventory, type MachineSpec } from '../../world/machine-inventory.ts';
import type { CellValue } from '../cell-value.ts';
import { type Collector, COUNTER_NAMES, type PaceCollector, RAN, RecordKind, type TaskOutcome } from '../log.ts';
import { createMetrics, type MetricsOptions, type RunMetrics } from '../metrics.ts';

/** A second in microseconds. */
export const S = 1e6;

/** A small world to feed records about, by hand. Times are in seconds. */
export interface Given {
  readonly machines: readonly Partial<MachineSpec>[];
  readonly jobs: readonly Omit<JobSpec, 'name' | 'submitUs'>[];
  readonly windowS?: readonly [fromS: number, toS: number];
  readonly gridS?: number;
  readonly plan?: FaultPlan;
  readonly options?: Partial<MetricsOptions>;
  readonly texts?: readonly string[];
}

/** Writes records in the words of their meaning; times in seconds. A container is its number. */
export class Pen {
  readonly #collectors: readonly Collector[];

  constructor(collectors: readonly Collector[]) {
    this.#collectors = collectors;
  }

  record(timeS: number, kind: RecordKind, a: number, b = 0, c = 0, d = 0): void {
    for (const collector of this.#collectors) collector.record(timeS * S, kind, a, b, c, d);
  }

  submit = (timeS: number, task: number): void => this.record(timeS, RecordKind.submit, task);
  bind = (timeS: number, task: number, machine: number): void => this.record(timeS, RecordKind.bind, task, machine);
  release = (timeS: number, task: number, machine: number): void => this.record(timeS, RecordKind.release, task, machine);
  start = (timeS: number, task: number, machine: number, container: number, gpuMask = 0): void => this.record(timeS, RecordKind.start, task, machine, container, gpuMask);
  end = (timeS: number, task: number, machine: number, container: number, outcome: ExitOutcome): void => this.record(timeS, RecordKind.end, task, machine, outcome + RAN, container);
  done = (timeS: number, task: number, outcome: TaskOutcome): void => this.record(timeS, RecordKind.done, task, outcome);
  machine = (timeS: number, machine: number, state: number): void => this.record(timeS, RecordKind.machine, machine, state);
  pace = (timeS: number, machine: number, pace: number): void => {
    for (const collector of this.#collectors) if ('paceChanged' in collector) (collector as PaceCollector).paceChanged(timeS * S, machine, pace);
  };
  fault = (timeS: number, fault: number, phase: 0 | 1, machine: number): void => this.record(timeS, RecordKind.fault, fault, phase, machine);
}

/** Metrics of a hand-written log, with its summary and first recovery row by column. */
export interface Measured extends RunMetrics {
  readonly value: (column: string) => CellValue | undefined;
  readonly series: (column: string) => readonly (number | null)[];
  readonly recovery: (fault: number, column: string) => CellValue | undefined;
}

export function inventoryOf(machines: readonly Partial<MachineSpec>[]): MachineInventory {
  return new MachineInventory(machines.map((machine, i) => ({ name: `m${i}`, cpuMilli: 4000, memoryBytes: 8e9, ...machine })));
}

/** Jobs in the order given, all with submission times taken from the records. */
export function workloadOf(jobs: Given['jobs']): Workload {
  return new Workload(buildWorkload('w', jobs.map((job, i) => ({ name: `t${i}`, submitUs: 0, ...job }))));
}

export function measured(given: Given, write: (pen: Pen) => void): Measured {
  const [fromS, toS] = given.windowS ?? [0, 100];
  const workload = workloadOf(given.jobs);
  const metrics = createMetrics({
    workload,
    requests: workload.shapes,
    inventory: inventoryOf(given.machines),
    window: { fromUs: fromS * S, toUs: toS * S },
    gridUs: (given.gridS ?? toS - fromS) * S,
    ...(given.plan && { faultPlan: given.plan }),
    ...given.options,
  });
  write(new Pen(metrics.collectors));
  return readable(metrics.finish(toS * S, { counters: new Float64Array(COUNTER_NAMES.length), reasons: [...(given.texts ?? [])] }));
}

export function readable(result: RunMetrics): Measured {
  const summary = new Map(result.summary);
  const timeline = new Map(result.timeline.map(({ column, values }) => [column, values]));
  return {
    ...result,
    value: (column) => summary.get(column),
    series: (column) => timeline.get(column) ?? [],
    recovery: (fault, column) => new Map(result.recoveries.find((row) => row.some(([name, value]) => name === 'fault' && value === fault))).get(column),
  };
}
