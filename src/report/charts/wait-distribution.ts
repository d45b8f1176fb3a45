import { cellNumber } from '../cell-value.ts';
import { textWidth } from '../font.ts';
import { meanInterval } from '../../statistics/mean-interval.ts';
import { isReference } from '../palette.ts';
import type { CsvRow } from '../results.ts';
import { seedsText, type Series, type Slice } from '../slices.ts';
import { formatDuration, formatShare } from '../text-format.ts';
import { labelExpression, logTimeTicks } from '../time-axis.ts';
import { horizonOf } from '../timeline-means.ts';
import type { Chart, ChartDefinition } from './chart.ts';
import { FONT_SIZE, framedSpec, frameOf } from './frame.ts';
import { seriesChannels, seriesLabelLayers, seriesLabelRoom } from './series-labels.ts';
import { round, titleOf } from './timeline-chart.ts';

const TITLE = 'Share of tasks that waited longer than a time';

/** Steps that are closer than this, as a ratio in wait and in share, are drawn as one: about a pixel. */
const RATIO = 1.02;
/** Shares below this are not drawn: fewer than one task in a hundred thousand. */
const LOWEST_SHARE = 1e-5;
const SHORTEST_WAIT_S = 0.01;

/** How long tasks waited from first submission to first start, as a complementary distribution; tasks that never started stay above forever. */
export const waitDistribution: ChartDefinition = {
  name: 'wait-distribution',
  build(slice) {
    const curves = slice.series.flatMap((series): RunCurves[] => {
      const perRun = slice.rowsByRun(slice.results.waits, series).map(curveOf).filter((curve) => curve.length > 0);
      return perRun.length === 0 ? [] : [{ series, perRun }];
    });
    return curves.length === 0 ? undefined : draw(slice, curves);
  },
};

interface CurvePoint {
  readonly waitS: number;
  readonly shareLonger: number;
}

interface RunCurves {
  readonly series: Series;
  readonly perRun: readonly (readonly CurvePoint[])[];
}

interface DrawnCurve {
  readonly series: Series;
  readonly points: readonly { readonly wait: number; readonly share: number; readonly low: number; readonly high: number }[];
  /** Share that never started, mean over seeds. */
  readonly censored: number;
}

function curveOf(rows: readonly CsvRow[]): readonly CurvePoint[] {
  const points = rows.filter((row) => row['kind'] === 'all').map((row) => ({ waitS: cellNumber(row, 'waitS'), shareLonger: cellNumber(row, 'shareLonger') }));
  return points.toSorted((a, b) => a.waitS - b.waitS);
}

/** P(wait > t): constant between the points. */
function shareLongerAt(curve: readonly CurvePoint[], waitS: number): number {
  let low = 0;
  let high = curve.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (curve[middle]!.waitS <= waitS) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? 1 : curve[low - 1]!.shareLonger;
}

function draw(slice: Slice, all: readonly RunCurves[]): Chart {
  const positive = all.flatMap((one) => one.perRun.flatMap((curve) => curve.filter((point) => point.waitS > 0).map((point) => point.waitS)));
  const from = positive.length === 0 ? 1 : leftEnd(all, Math.max(SHORTEST_WAIT_S, decadeBelow(Math.min(...positive))), Math.max(...positive));
  const to = positive.length === 0 ? Math.max(10, horizonOf(slice)) : Math.max(from * 10, Math.max(...positive));
  const curves = all.map((one) => drawnCurve(one, from, to));
  const smallest = Math.min(0.1, ...curves.flatMap((curve) => curve.points.map((point) => point.share)));
  const lowest = Math.max(LOWEST_SHARE, decadeBelow(smallest));
  const textOf = (curve: DrawnCurve): string => {
    if (curve.censored > 0) return `${curve.series.label} (${formatShare(curve.censored)})`;
    return curve.points.length === 1 ? `${curve.series.label} (all within ${formatDuration(from)})` : curve.series.label;
  };
  const anyCensored = curves.some((curve) => curve.censored > 0);
  const subtitle = [seedsText(slice, 'band'), anyCensored ? 'open end: share that never started' : 'every task started'].join('; ');
  const shareTicks = decades(lowest, 1);
  const frame = frameOf({ title: titleOf(TITLE, slice), subtitle, left: 34 + Math.ceil(textWidth(formatPercent(lowest), FONT_SIZE.label)), right: seriesLabelRoom(curves.map(textOf)) });
  const end = to * 1.05;
  const x = (wait: number): number => (Math.log(wait / from) / Math.log(end / from)) * frame.plotWidth;
  const y = (share: number): number => (Math.log(1 / Math.max(share, lowest)) / Math.log(1 / lowest)) * frame.plotHeight;
  const ends = curves.map((curve) => {
    const last = curve.points.at(-1)!;
    // A curve that never enters the chart has nothing for its label to point at.
    return { series: curve.series, text: textOf(curve), x: curve.points.length === 1 ? frame.plotWidth : x(last.wait), y: y(last.share) };
  });
  const rows = curves.flatMap((curve) => curve.points.map((point) => ({ series: curve.series.label, wait: round(point.wait), share: round(Math.max(point.share, lowest)), low: round(Math.max(point.low, lowest)), high: round(Math.min(1, point.high)) })));
  const openEnds = curves.filter((curve) => curve.censored > 0).map((curve) => ({ series: curve.series.label, wait: round(curve.points.at(-1)!.wait), share: round(Math.max(curve.points.at(-1)!.share, lowest)) }));
  const ticks = logTimeTicks(from, end);
  const channels = seriesChannels(curves.map((curve) => curve.series));
  const encoding = {
    x: { field: 'wait', type: 'quantitative', scale: { type: 'log', domain: [from, end], nice: false }, axis: { title: 'Time from first submission to start (log scale)', values: ticks.map((tick) => tick.value), labelExpr: labelExpression(ticks) } },
    y: { field: 'share', type: 'quantitative', scale: { type: 'log', domain: [lowest, 1], nice: false }, axis: { title: 'Tasks waiting longer (log scale)', values: shareTicks, labelExpr: labelExpression(shareTicks.map((value) => ({ value, label: formatPercent(value) }))) } },
  };
  const description = `Complementary distribution of waits, both axes logarithmic. ${titleOf(TITLE, slice)}: ${curves.map(describe).join('; ')}. ${seedsText(slice, 'band')}.`;
  const banded = rows.some((row) => row.high > row.low);
  return {
    title: TITLE,
    description,
    spec: {
      ...framedSpec(frame, description, [
        ...(banded ? [{ data: { name: 'curves' }, mark: { type: 'area', interpolate: 'step-after', opacity: 0.18, clip: true }, encoding: { x: encoding.x, y: { ...encoding.y, field: 'low' }, y2: { field: 'high' }, color: channels.color } }] : []),
        { data: { name: 'curves' }, mark: { type: 'line', interpolate: 'step-after', strokeWidth: 2, strokeJoin: 'round', clip: true }, encoding: { ...encoding, ...channels } },
        ...(openEnds.length === 0 ? [] : [{ data: { values: openEnds }, mark: { type: 'point', size: 60, strokeWidth: 2, fill: '#FFFFFF', opacity: 1 }, encoding: { ...encoding, color: channels.color } }]),
        ...seriesLabelLayers(ends, frame.plotWidth, frame.plotHeight),
      ]),
      datasets: { curves: rows },
    },
    table: {
      columns: ['Waited longer than', ...curves.map((curve) => curve.series.label)],
      rows: [...ticks.map((tick) => [tick.label, ...curves.map((curve) => formatShare(meanShareAt(all, curve.series, tick.value)))]), ['never started', ...curves.map((curve) => formatShare(curve.censored))]],
    },
  };
}

function drawnCurve(one: RunCurves, from: number, to: number): DrawnCurve {
  const lastWait = Math.max(...one.perRun.map((curve) => curve.at(-1)!.waitS));
  const end = lastWait > 0 ? Math.max(lastWait, from) : to;
  const steps = one.perRun.flatMap((curve) => curve.map((point) => point.waitS)).filter((wait) => wait > from && wait < end);
  const points: DrawnCurve['points'][number][] = [];
  for (const wait of [from, ...new Set(steps.toSorted((a, b) => a - b)), end]) {
    const { mean, halfWidth } = meanInterval(one.perRun.map((curve) => shareLongerAt(curve, wait)));
    // What lies below the lowest drawn share is cut off where the curve leaves the chart.
    if (mean < LOWEST_SHARE) {
      points.push({ wait, share: LOWEST_SHARE, low: LOWEST_SHARE, high: LOWEST_SHARE });
      break;
    }
    const last = points.at(-1);
    if (last !== undefined && wait !== end && wait < last.wait * RATIO && mean * RATIO > last.share) continue;
    const half = Number.isNaN(halfWidth) ? 0 : halfWidth;
    points.push({ wait, share: mean, low: mean - half, high: mean + half });
  }
  return { series: one.series, points, censored: meanInterval(one.perRun.map((curve) => curve.at(-1)!.shareLonger)).mean };
}

function meanShareAt(all: readonly RunCurves[], series: Series, waitS: number): number {
  return meanInterval(all.find((one) => one.series === series)!.perRun.map((curve) => shareLongerAt(curve, waitS))).mean;
}

/** Where curves begin to fall: the systems' (ideals start at once and would stretch the axis), while nearly all tasks still wait. */
function leftEnd(all: readonly RunCurves[], shortest: number, longest: number): number {
  const systems = all.filter((one) => !isReference(one.series.orchestrator));
  let from = shortest;
  while (from * 100 <= longest && (systems.length > 0 ? systems : all).every((one) => meanShareAt(all, one.series, from * 10) > 0.99)) from *= 10;
  return from;
}

function describe(curve: DrawnCurve): string {
  const median = curve.points.find((point) => point.share <= 0.5);
  const half = median === undefined ? 'fewer than half started' : `half waited at most ${formatDuration(median.wait)}`;
  return `${curve.series.label}, ${half}, ${formatShare(curve.censored)} never started`;
}

function decadeBelow(value: number): number {
  let decade = 1;
  while (decade > value * (1 + 1e-9) && decade > 1e-9) decade = Number((decade / 10).toPrecision(1));
  while (decade * 10 <= value * (1 + 1e-9)) decade *= 10;
  return decade;
}

function decades(from: number, to: number): number[] {
  const values: number[] = [];
  for (let value = from; value <= to * (1 + 1e-9); value = Number((value * 10).toPrecision(1))) values.push(value);
  return values;
}

/** `100 %`, `10 %`, `0.1 %`: no decimals that say nothing. */
function formatPercent(share: number): string {
  return `${Number((share * 100).toPrecision(3))}\u202F%`;
}
