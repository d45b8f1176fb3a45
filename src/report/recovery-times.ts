import { type SurvivalStep, survivalCurve, survivalTime } from '../statistics/survival-curve.ts';
import type { PageTable } from './page-table.ts';
import { isOpen, recoveriesIn, recoveriesOf } from './recoveries.ts';
import type { Slice } from './slices.ts';
import { formatDuration } from './text-format.ts';

/** How long recoveries took, all failures of all seeds of a cell together, those not restored censored; undefined without failures. */
export function recoveryTimes(slices: readonly Slice[]): PageTable | undefined {
  const rows = slices.flatMap((slice) => {
    const found = recoveriesOf(slice);
    return found.series.map((series) => {
      const own = recoveriesIn(found, series);
      const curve = survivalCurve(own.map((one) => (isOpen(one) ? { duration: one.watchedS, censored: true } : { duration: one.ends.at(-1)!, censored: false })));
      return [[series.label, slice.label].filter((part) => part !== '').join(', '), String(own.length), String(own.filter(isOpen).length), timeText(curve, 0.5), timeText(curve, 0.9)];
    });
  });
  if (rows.length === 0) return undefined;
  return {
    title: 'Time until everything that a failure hit ran again',
    note: 'Kaplan-Meier over all failures of all seeds that hit a task; those not restored by the end are censored. Intervals: 95\u202F%, log-log (Brookmeyer and Crowley 1982), as if failures were independent: those of one seed share its work and are less so.',
    columns: ['', 'failures', 'not restored', 'half restored within', '90\u202F% restored within'],
    rows,
  };
}

function timeText(curve: readonly SurvivalStep[], q: number): string {
  const { time, low, high } = survivalTime(curve, q);
  const from = Number.isFinite(low) ? ` (from ${formatDuration(low)})` : '';
  if (!Number.isFinite(time)) return `not within the run${from}`;
  return `${formatDuration(time)}${Number.isFinite(high) ? ` (${formatDuration(low)} to ${formatDuration(high)})` : from}`;
}
