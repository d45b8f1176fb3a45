import type { CellValue } from '../metrics/cell-value.ts';
import type { RunSpec } from '../scenario/run-spec.ts';
import type { Trail } from './trail.ts';

export type { CellValue };

/** What is kept of a finished run: everything that depends on its spec alone, and nothing that depends on the machine or the moment. */
export interface RunRecord {
  readonly spec: RunSpec;
  /** 16 hexadecimal digits over all state changes. */
  readonly digest: string;
  /** Digest after every 2^16 records. */
  readonly checkpoints: readonly string[];
  readonly eventCount: number;
  readonly recordCount: number;
  readonly trail: Trail;
  /** Rows per result file, each in the order of the file's columns. */
  readonly tables: Readonly<Record<TableName, readonly (readonly CellValue[])[]>>;
  /** Rows of tasks.csv; `null` = not asked for. */
  readonly tasks: readonly (readonly CellValue[])[] | null;
}

/** Tables that runs contribute rows to. */
export const TABLE_NAMES = ['runs', 'timeline', 'recoveries', 'waits', 'translations', 'components', 'elections'] as const;
export type TableName = (typeof TABLE_NAMES)[number];

/** Figures of the machine that the run was made on: kept apart from the record. */
export interface RunTiming {
  readonly wallS: number;
  readonly cpuS: number;
  readonly maxRssMb: number;
  readonly eventsPerSecond: number;
}

/** A run that came to no result. */
export interface RunFailure {
  readonly spec: RunSpec;
  readonly error: string;
  /** The input is at fault, not the model. */
  readonly input?: boolean;
}
