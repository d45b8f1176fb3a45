import { faultMarks } from '../fault-marks.ts';
import { textWidth } from '../font.ts';
import { seedsText, type Series, type Slice } from '../slices.ts';
import { countOf, formatDuration } from '../text-format.ts';
import { timeAxis } from '../time-axis.ts';
import { horizonOf, timelineMeans, type TimelinePoint } from '../timeline-means.ts';
import type { Chart } from './chart.ts';
import { faultDrawing } from './fault-layers.ts';
import { FONT_SIZE, framedSpec, frameOf } from './frame.ts';
import { seriesChannels, seriesLabelLayers, seriesLabelRoom } from './series-labels.ts';

/** What a chart of one timeline column says. */
export interface TimelineChartOptions {
  readonly column: string;
  readonly title: string;
  readonly axisTitle: string;
  /** How a value is written in text and tables. */
  readonly format: (value: number) => string;
  /** Upper end of the axis for the largest value that is drawn. */
  readonly upperEnd: (largest: number) => number;
  /** Ticks of the value axis: a d3 format, and an expression that turns `datum.value` into a label. */
  readonly labelExpression: string;
  /** Leaves out a column that is zero everywhere. */
  readonly skipZeros?: boolean;
}

/** A column of the timeline over time, one line per series, faults marked, bands for several seeds. */
export function timelineChart(slice: Slice, options: TimelineChartOptions): Chart | undefined {
  const endS = horizonOf(slice);
  const lines = slice.series.map((series) => ({ series, points: timelineMeans(slice, series, options.column) })).filter((line) => line.points.length > 0);
  if (lines.length === 0 || endS <= 0) return undefined;
  const largest = Math.max(...lines.flatMap((line) => line.points.map((point) => Math.max(point.mean, line.series.runs.length > 1 ? point.high : 0))));
  if (options.skipZeros === true && largest === 0) return undefined;
  const axis = timeAxis(endS);
  const upper = options.upperEnd(largest);
  const marks = faultMarks(slice);
  const right = seriesLabelRoom(lines.map((line) => line.series.label));
  const left = 30 + Math.ceil(textWidth(options.format(upper), FONT_SIZE.label));
  const draft = frameOf({ title: options.title, subtitle: '', left, right });
  const drawing = faultDrawing(marks, axis, endS, draft.plotWidth, slice.seeds.length);
  const subtitle = [seedsText(slice, 'band'), drawing.note].filter((part) => part !== '').join('; ');
  const frame = frameOf({ title: titleOf(options.title, slice), subtitle, left, right, above: drawing.above });
  const y = (value: number): number => frame.plotHeight * (1 - Math.min(Math.max(value, 0), upper) / upper);
  const ends = lines.map(({ series, points }) => {
    const last = points.at(-1)!;
    return { series, text: series.label, x: (last.timeS / endS) * frame.plotWidth, y: y(last.mean) };
  });
  const rows = lines.flatMap(({ series, points }) => points.map((point) => ({ series: series.label, time: round(point.timeS / axis.secondsPerUnit), value: round(point.mean), low: round(Math.max(0, point.low)), high: round(point.high) })));
  const xScale = { domain: [0, endS / axis.secondsPerUnit], nice: false };
  const encoding = {
    x: { field: 'time', type: 'quantitative', scale: xScale, axis: { title: `Time (${axis.unit})`, values: axis.ticks } },
    y: { field: 'value', type: 'quantitative', scale: { domain: [0, upper], nice: false }, axis: { title: options.axisTitle, tickCount: 5, labelExpr: options.labelExpression } },
    ...seriesChannels(lines.map((line) => line.series)),
  };
  const banded = rows.some((row) => row.high > row.low);
  const description = describe(slice, options, lines, marks.length, endS);
  return {
    title: options.title,
    description,
    spec: {
      ...framedSpec(frame, description, [
        ...drawing.layers,
        ...(banded ? [{ data: { name: 'lines' }, mark: { type: 'area', opacity: 0.18, clip: true }, encoding: { x: encoding.x, y: { ...encoding.y, field: 'low' }, y2: { field: 'high' }, color: encoding.color } }] : []),
        { data: { name: 'lines' }, mark: { type: 'line', strokeWidth: 2, strokeJoin: 'round', clip: true }, encoding },
        ...seriesLabelLayers(ends, frame.plotWidth, frame.plotHeight),
      ]),
      datasets: { lines: rows },
    },
    table: timelineTable(lines, axis, options, endS),
  };
}

/** The title with the swept parameters, where something is swept. */
export function titleOf(title: string, slice: Slice): string {
  return slice.label === '' ? title : `${title} (${slice.label})`;
}

interface Line {
  readonly series: Series;
  readonly points: readonly TimelinePoint[];
}

function describe(slice: Slice, options: TimelineChartOptions, lines: readonly Line[], faults: number, endS: number): string {
  const parts = lines.map(({ series, points }) => {
    const values = points.map((point) => point.mean);
    return `${series.label} from ${options.format(values[0]!)} at the start to ${options.format(values.at(-1)!)} at the end, lowest ${options.format(Math.min(...values))}, highest ${options.format(Math.max(...values))}`;
  });
  const failures = faults === 0 ? 'No failures.' : `${countOf(faults, 'failure')} marked.`;
  return `Line chart. ${titleOf(options.title, slice)}, over ${formatDuration(endS)}: ${parts.join('; ')}. ${failures} ${seedsText(slice, 'band')}.`;
}

function timelineTable(lines: readonly Line[], axis: { unit: string; secondsPerUnit: number; ticks: readonly number[] }, options: TimelineChartOptions, endS: number): Chart['table'] {
  const times = axis.ticks.map((tick) => tick * axis.secondsPerUnit).filter((time) => time <= endS);
  return {
    columns: [`Time (${axis.unit})`, ...lines.map((line) => line.series.label)],
    rows: times.map((time, i) => [String(axis.ticks[i]!), ...lines.map((line) => options.format(nearest(line.points, time).mean))]),
  };
}

function nearest(points: readonly TimelinePoint[], timeS: number): TimelinePoint {
  let best = points[0]!;
  for (const point of points) if (Math.abs(point.timeS - timeS) < Math.abs(best.timeS - timeS)) best = point;
  return best;
}

/** Six significant digits: finer than a pixel, and keeps files small. */
export function round(value: number): number {
  return Number(value.toPrecision(6));
}
