import type { CellValue, ResultRow } from './cell-value.ts';
import type { WaitPoint } from './waits.ts';

/** A column of the timeline: one value per cell of the grid. */
export interface TimelineColumn {
  readonly column: string;
  readonly values: readonly (number | null)[];
}

/** The metrics of one run: plain data that can be sent between threads. Columns are those of `columns.ts` that come from the metrics, in their order. */
export interface RunMetrics {
  readonly summary: readonly (readonly [column: string, value: CellValue])[];
  readonly timeline: readonly TimelineColumn[];
  readonly recoveries: readonly ResultRow[];
  readonly waits: readonly WaitPoint[];
  /** Books that do not balance, in words; empty when every submitted task is accounted for. Anything else is a bug, and no result. */
  readonly problems: readonly string[];
}
