import { cellNumber } from './cell-value.ts';
import { meanInterval } from '../statistics/mean-interval.ts';
import type { CsvRow } from './results.ts';
import type { Series, Slice } from './slices.ts';

/** A value of a series at a time, over its seeds. */
export interface TimelinePoint {
  /** Middle of the interval that the value is a mean over, seconds. */
  readonly timeS: number;
  readonly mean: number;
  /** 95 % interval over seeds; equal to the mean for one seed. */
  readonly low: number;
  readonly high: number;
}

/** More points than this cannot be seen at the width of a chart: neighbouring grid cells are averaged. */
const MAX_POINTS = 180;

/** End of the observed window in seconds: end of the last grid cell of any run; 0 without a timeline. */
export function horizonOf(slice: Slice): number {
  let end = 0;
  for (const series of slice.series) {
    for (const rows of slice.rowsByRun(slice.results.timeline, series)) {
      if (rows.length > 0) end = Math.max(end, cellNumber(rows.at(-1)!, 'timeS') + stepOf(rows));
    }
  }
  return end;
}

/** One column of the timeline of a series, averaged over seeds; cells without a value are left out. */
export function timelineMeans(slice: Slice, series: Series, column: string): readonly TimelinePoint[] {
  const perRun = slice.rowsByRun(slice.results.timeline, series).filter((rows) => rows.length > 0);
  if (perRun.length === 0) return [];
  const step = Math.max(...perRun.map(stepOf));
  const longest = Math.max(...perRun.map((rows) => cellNumber(rows.at(-1)!, 'timeS') + step));
  const width = step * Math.max(1, Math.ceil(longest / step / MAX_POINTS));
  const buckets: number[][] = [];
  for (const rows of perRun) {
    const sums: number[] = [];
    const counts: number[] = [];
    for (const row of rows) {
      const value = cellNumber(row, column);
      if (Number.isNaN(value)) continue;
      const bucket = Math.floor(cellNumber(row, 'timeS') / width + 1e-9);
      sums[bucket] = (sums[bucket] ?? 0) + value;
      counts[bucket] = (counts[bucket] ?? 0) + 1;
    }
    counts.forEach((count, bucket) => (buckets[bucket] ??= []).push(sums[bucket]! / count));
  }
  const points: TimelinePoint[] = [];
  buckets.forEach((values, bucket) => {
    const { mean, halfWidth } = meanInterval(values);
    const half = Number.isNaN(halfWidth) ? 0 : halfWidth;
    points.push({ timeS: Math.min((bucket + 0.5) * width, longest), mean, low: mean - half, high: mean + half });
  });
  return points;
}

function stepOf(rows: readonly CsvRow[]): number {
  return rows.length < 2 ? 1 : cellNumber(rows[1]!, 'timeS') - cellNumber(rows[0]!, 'timeS');
}
