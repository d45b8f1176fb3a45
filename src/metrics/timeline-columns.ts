import type { MachineInventory } from '../world/machine-inventory.ts';
import type { ControlPlane } from './control-plane.ts';
import type { TimelineColumn } from './run-metrics.ts';
import { Series, type Timeline } from './timeline.ts';

const SECOND_US = 1e6;

/** Columns of timeline.csv, shares in parts of the whole cluster. What the orchestrator has no notion of (a leader, a queue) is empty. */
export function timelineColumns(timeline: Timeline, inventory: MachineInventory, controlPlane: ControlPlane): TimelineColumn[] {
  const undefinedCells = (): null[] => Array.from({ length: timeline.cells }, () => null);
  const columns: TimelineColumn[] = [{ column: 'timeS', values: Array.from({ length: timeline.cells }, (_, cell) => timeline.startUs(cell) / SECOND_US) }];
  for (const [name, offset, total] of [['Cpu', 0, inventory.total('cpuMilli')], ['Gpu', 2, inventory.total('gpuMilli')], ['Memory', 1, inventory.total('memoryBytes')]] as const) {
    columns.push({ column: `reserved${name}Share`, values: timeline.means(Series.reservedCpu + offset, total) });
    columns.push({ column: `held${name}Share`, values: timeline.means(Series.heldCpu + offset, total) });
    columns.push({ column: `useful${name}Share`, values: timeline.means(Series.usefulCpu + offset, total) });
  }
  columns.push({ column: 'pending', values: timeline.means(Series.pending) });
  columns.push({ column: 'running', values: timeline.means(Series.running) });
  columns.push({ column: 'machinesUp', values: timeline.means(Series.machinesUp) });
  columns.push({ column: 'leaderPresent', values: controlPlane.leaderlessUs === null ? undefinedCells() : timeline.means(Series.leaderPresent) });
  columns.push({ column: 'queueDepth', values: controlPlane.queueDepthMean() === null ? undefinedCells() : timeline.means(Series.queueDepth) });
  return columns;
}
