import { INK, PHASE_COLOURS } from '../palette.ts';
import { isOpen, medianEnds, recoveriesIn, type Recoveries } from '../recoveries.ts';
import { PHASES } from '../recovery-phases.ts';
import type { Series } from '../slices.ts';
import { countOf, formatDuration } from '../text-format.ts';
import { timeAxis } from '../time-axis.ts';
import type { ChartTable, VegaLiteSpec } from './chart.ts';
import { round } from './timeline-chart.ts';

/** Name of the part of a bar that is not finished when the run ends. */
export const OPEN = 'not restored by the end';

/** One piece of a bar. */
export interface Segment {
  readonly phase: string;
  readonly from: number;
  readonly to: number;
}

/** The pieces of a bar from the ends of its phases; an unfinished one ends where watching did. */
export function segmentsOf(ends: readonly number[], watchedS: number): readonly Segment[] {
  const segments: Segment[] = [];
  let from = 0;
  for (const [i, end] of ends.entries()) {
    const open = end === Number.POSITIVE_INFINITY;
    const to = open ? watchedS : end;
    if (to > from) segments.push({ phase: open ? OPEN : PHASES[i]!, from: round(from), to: round(to) });
    if (open) break;
    from = Math.max(from, to);
  }
  return segments;
}

/** Horizontal channel: time since the failure, linear from zero, so that lengths of phases can be compared. Positions are in the unit of {@link timeAxis}. */
export function sinceFailure(found: Recoveries, field: string, mostTicks = 10): VegaLiteSpec {
  const axis = timeAxis(found.toS);
  const every = Math.ceil(axis.ticks.length / mostTicks);
  return { field, type: 'quantitative', scale: { type: 'linear', domain: [0, found.toS / axis.secondsPerUnit], nice: false, zero: true }, axis: { title: `Time since failure (${axis.unit})`, grid: true, values: axis.ticks.filter((_, i) => i % every === 0) } };
}

/** Seconds as a position on the axis. */
export function positionOf(found: Recoveries, seconds: number): number {
  return round(seconds / timeAxis(found.toS).secondsPerUnit);
}

/** Whether a bar ends right of the axis: it is cut off there, and gets an arrow. */
export function isBeyond(found: Recoveries, seconds: number): boolean {
  return seconds > found.toS;
}

/** Fill channel: the phases, and what is open. */
export function phaseFill(found: Recoveries): VegaLiteSpec {
  const open = found.all.some(isOpen);
  return {
    field: 'phase',
    type: 'nominal',
    scale: { domain: [...PHASE_COLOURS.map(([phase]) => phase), ...(open ? [OPEN] : [])], range: [...PHASE_COLOURS.map(([, colour]) => colour), ...(open ? [INK.paper] : [])] },
    legend: { orient: 'top', direction: 'horizontal', title: null, symbolType: 'square', symbolStrokeColor: INK.axis, symbolStrokeWidth: 0.5, symbolSize: 121, symbolOpacity: 1, offset: 4, columnPadding: 14 },
  };
}

/** Main numbers of a series, for people who cannot see the bars. */
export function describeRecovery(found: Recoveries, series: Series): string {
  const own = recoveriesIn(found, series);
  const open = own.filter(isOpen).length;
  const medians = medianEnds(found, series).map((end, i) => `${PHASES[i]!} ${durationOrOpen(end)}`);
  return `${series.label}, median time since failure over ${countOf(own.length, 'failure')}: ${medians.join(', ')}${open === 0 ? '' : `; ${open} not restored by the end`}`;
}

/** Medians as a table. */
export function recoveryTable(found: Recoveries): ChartTable {
  return {
    columns: ['Median time since failure', 'failures', ...PHASES, 'not restored'],
    rows: found.series.map((series) => {
      const own = recoveriesIn(found, series);
      return [series.label, String(own.length), ...medianEnds(found, series).map(durationOrOpen), String(own.filter(isOpen).length)];
    }),
  };
}

/** What the subtitle says about failures that are not drawn. */
export function idleFaultsNote(found: Recoveries): string {
  return found.idleFaults === 0 ? '' : `left out: ${countOf(found.idleFaults, 'failure')} that hit no task`;
}

function durationOrOpen(seconds: number): string {
  return Number.isFinite(seconds) ? formatDuration(seconds) : 'not within the run';
}
