import { cellNumber } from './cell-value.ts';
import type { CsvRow } from './results.ts';
import type { Slice } from './slices.ts';

/** A fault as charts show it. All orchestrators meet the same ones. */
export interface FaultMark {
  readonly key: string;
  /** 1, 2, 3... in order of time; the same in every chart and table of the report. */
  readonly number: number;
  readonly kind: string;
  readonly label: string;
  readonly atS: number;
  /** When it was undone; undefined = not within the run. */
  readonly endS: number | undefined;
  /** Seeds in which it happens (scripted faults: all). */
  readonly seeds: readonly string[];
}

/** The distinct faults of a slice in order of time. */
export function faultMarks(slice: Slice): readonly FaultMark[] {
  const found = new Map<string, { kind: string; label: string; atS: number; endS: number | undefined; seeds: Set<string> }>();
  for (const series of slice.series) {
    slice.rowsByRun(slice.results.recoveries, series).forEach((rows, i) => {
      const seed = series.runs[i]!['seed']!;
      for (const row of rows) {
        const atS = cellNumber(row, 'injectedS');
        const endS = cellNumber(row, 'endedS');
        const key = faultKey(row);
        let mark = found.get(key);
        if (mark === undefined) found.set(key, (mark = { kind: row['kind'] ?? '', label: row['label'] ?? '', atS, endS: Number.isNaN(endS) ? undefined : endS, seeds: new Set() }));
        mark.seeds.add(seed);
      }
    });
  }
  const sorted = [...found].toSorted(([, a], [, b]) => a.atS - b.atS);
  return sorted.map(([key, mark], i) => ({ ...mark, key, number: i + 1, seeds: [...mark.seeds] }));
}

/** Rows of recoveries.csv with equal keys are about the same fault. */
export function faultKey(row: CsvRow): string {
  return [row['kind'], row['label'], row['injectedS'], row['endedS']].join('\n');
}
