import type { FaultPlan } from '../faults/fault-plan.ts';
import type { Workload } from '../workload/workload.ts';
import type { MachineInventory } from '../world/machine-inventory.ts';
import type { CellValue } from './cell-value.ts';
import type { Column } from './columns.ts';
import type { Collector } from './log.ts';
import type { Window } from './window.ts';

/** Follows one run and ends in a value per column of its metric. */
export interface MetricCollector extends Collector {
  /** In the order of the metric's columns; `null` = not defined. Called once, at the end of the run. */
  finish(nowUs: number): readonly CellValue[];
}

/** A metric from outside: further columns of runs.csv. */
export interface MetricDefinition {
  readonly name: string;
  readonly columns: readonly Omit<Column, 'from'>[];
  create(run: { readonly workload: Workload; readonly inventory: MachineInventory; readonly faultPlan: FaultPlan; readonly window: Window }): MetricCollector;
}

/** Metrics that plugins brought; those that every run has are in `metrics.ts`. */
export const FURTHER_METRICS: readonly MetricDefinition[] = [];
