import { cellNumber } from '../cell-value.ts';
import { textWidth } from '../font.ts';
import { meanInterval, type MeanInterval } from '../mean-interval.ts';
import { CAPACITY_COLOURS, INK } from '../palette.ts';
import { seedsText, type Series, type Slice } from '../slices.ts';
import { formatShare } from '../text-format.ts';
import type { Chart, ChartDefinition, VegaLiteSpec } from './chart.ts';
import { FONT_SIZE, framedSpec, frameOf } from './frame.ts';
import { round, titleOf } from './timeline-chart.ts';

/** Where all CPU of all machines went over the whole window. */
export const capacity: ChartDefinition = { name: 'capacity', build: (slice) => capacityChart(slice, 'Cpu', 'CPU') };

/** As {@link capacity}, for GPUs. */
export const gpuCapacity: ChartDefinition = { name: 'gpu-capacity', build: (slice) => capacityChart(slice, 'Gpu', 'GPU') };

/** What each part means, in stacking order; what is left is idle. */
const PARTS = ['useful', 'duplicate', 'lost', 'fragmented', 'down'] as const;
const MEANINGS = 'useful: work that counted; duplicate: the same task twice; lost: thrown away later; fragmented: free, but nothing typical fits; down: machine not up';
const ROW = 34;
/** Part of a row that is free; a whisker stands in it, where no colour hides it. */
const GAP = 0.4;

interface Split {
  readonly series: Series;
  readonly shares: ReadonlyMap<string, number>;
  readonly useful: MeanInterval;
}

function capacityChart(slice: Slice, resource: 'Cpu' | 'Gpu', name: string): Chart | undefined {
  const splits = slice.series.flatMap((series) => splitOf(series, resource) ?? []);
  if (splits.length === 0) return undefined;
  const title = `Where the ${name} of all machines went`;
  const labels = splits.map((split) => split.series.label);
  const frame = frameOf({
    title: titleOf(title, slice),
    subtitle: `${seedsText(slice, 'whisker')}; ${MEANINGS}`,
    left: 14 + Math.ceil(Math.max(...labels.map((label) => textWidth(label, FONT_SIZE.seriesLabel)))),
    right: 20,
    above: 18,
    height: Math.max(320, 150 + ROW * splits.length),
  });
  const names = CAPACITY_COLOURS.map(([part]) => part);
  const segments = splits.flatMap((split) => {
    let from = 0;
    return names.map((part) => {
      const share = split.shares.get(part)!;
      const segment = { series: split.series.label, part, from: round(from), to: round(from + share), middle: round(from + share / 2), text: formatShare(share) };
      from += share;
      return segment;
    });
  });
  const legible = segments.filter((segment) => (segment.to - segment.from) * frame.plotWidth >= textWidth(segment.text, FONT_SIZE.label) + 6);
  const whiskers = splits.filter((split) => split.useful.halfWidth > 0).map((split) => ({ series: split.series.label, low: round(Math.max(0, split.useful.mean - split.useful.halfWidth)), high: round(Math.min(1, split.useful.mean + split.useful.halfWidth)) }));
  const y = { field: 'series', type: 'nominal', scale: { domain: labels, paddingInner: GAP, paddingOuter: GAP / 2 }, axis: { title: null, labelFontSize: FONT_SIZE.seriesLabel, labelLimit: 400, labelOverlap: false } };
  const x = (field: string): VegaLiteSpec => ({ field, type: 'quantitative', scale: { domain: [0, 1], nice: false }, axis: { title: `Share of all ${name} over the whole window (%)`, tickCount: 5, labelExpr: "format(datum.value * 100, '~g') + '\u2009%'" } });
  const whiskerOffset = ((frame.plotHeight / splits.length) * (1 - GAP)) / 2 + 5;
  const dark = new Set(['useful', 'lost', 'down']);
  const description = `Stacked bars. ${titleOf(title, slice)}: ${splits.map((split) => `${split.series.label}: ${names.map((part) => `${part} ${formatShare(split.shares.get(part)!)}`).join(', ')}`).join('; ')}. ${seedsText(slice, 'whisker')}.`;
  return {
    title,
    description,
    spec: framedSpec(frame, description, [
      { data: { values: segments }, mark: { type: 'bar', stroke: INK.axis, strokeWidth: 0.5 }, encoding: { y, x: x('from'), x2: { field: 'to' }, color: { field: 'part', type: 'nominal', legend: null, scale: { domain: names, range: CAPACITY_COLOURS.map(([, colour]) => colour) } } } },
      { data: { values: legible }, mark: { type: 'text', baseline: 'middle' }, encoding: { y, x: x('middle'), text: { field: 'text' }, fill: { field: 'part', type: 'nominal', legend: null, scale: { domain: names, range: names.map((part) => (dark.has(part) ? '#FFFFFE' : '#1C1C1B')) } } } },
      ...(whiskers.length === 0 ? [] : [
        { data: { values: whiskers }, mark: { type: 'rule', strokeWidth: 1.5, color: INK.text, yOffset: whiskerOffset }, encoding: { y, x: x('low'), x2: { field: 'high' } } },
        ...['low', 'high'].map((end) => ({ data: { values: whiskers }, mark: { type: 'tick', orient: 'vertical', thickness: 1.5, size: 7, color: INK.text, yOffset: whiskerOffset }, encoding: { y, x: x(end) } })),
      ]),
      ...legendLayers(frame.plotWidth),
    ]),
    table: { columns: ['', ...names], rows: splits.map((split) => [split.series.label, ...names.map((part) => formatShare(split.shares.get(part)!))]) },
  };
}

/** A legend in one line above the bars, in stacking order. */
function legendLayers(plotWidth: number): readonly VegaLiteSpec[] {
  let x = 0;
  const values = CAPACITY_COLOURS.map(([part, colour]) => {
    const entry = { part, colour, x, textX: x + 16 };
    x += 16 + textWidth(part, FONT_SIZE.label) + 14;
    return entry;
  });
  if (x - 14 > plotWidth) throw new Error('the legend of capacity parts does not fit');
  const pixel = (field: string): VegaLiteSpec => ({ field, type: 'quantitative', scale: null, axis: null });
  return [
    { data: { values }, mark: { type: 'square', size: 121, opacity: 1, stroke: INK.axis, strokeWidth: 0.5, xOffset: 6 }, encoding: { x: pixel('x'), y: { value: -12 }, fill: { field: 'colour', type: 'nominal', scale: null, legend: null } } },
    { data: { values }, mark: { type: 'text', align: 'left', baseline: 'middle' }, encoding: { x: pixel('textX'), y: { value: -12 }, text: { field: 'part' } } },
  ];
}

/** Shares over all seeds; undefined when a part is not measured (no such resource). */
function splitOf(series: Series, resource: string): Split | undefined {
  const shares = new Map<string, number>();
  let left = 1;
  let useful: MeanInterval | undefined;
  for (const part of PARTS) {
    const values = series.runs.map((run) => cellNumber(run, `${part}${resource}Share`)).filter((value) => !Number.isNaN(value));
    if (values.length === 0) return undefined;
    const interval = meanInterval(values);
    if (part === 'useful') useful = interval;
    shares.set(part, interval.mean);
    left -= interval.mean;
  }
  shares.set('idle', Math.max(0, left));
  return { series, shares, useful: useful! };
}
