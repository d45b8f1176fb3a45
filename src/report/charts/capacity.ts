import { cellNumber } from '../cell-value.ts';
import { textWidth } from '../font.ts';
import { meanInterval, type MeanInterval } from '../../statistics/mean-interval.ts';
import { CAPACITY_COLOURS, INK } from '../palette.ts';
import type { CsvRow } from '../results.ts';
import { seedsText, type Series, type Slice } from '../slices.ts';
import { formatShare } from '../text-format.ts';
import type { Chart, ChartDefinition, VegaLiteSpec } from './chart.ts';
import { FONT_SIZE, framedSpec, frameOf } from './frame.ts';
import { round, titleOf } from './timeline-chart.ts';

/** Where all CPU of all machines went over the whole window. */
export const capacity: ChartDefinition = { name: 'capacity', build: (slice) => capacityChart(slice, CPU) };

/** As {@link capacity}, for GPUs. */
export const gpuCapacity: ChartDefinition = { name: 'gpu-capacity', build: (slice) => capacityChart(slice, GPU) };

/** One part of the capacity, in stacking order. What is left over after the parts is the rest. */
interface Part {
  readonly name: string;
  readonly colour: string;
  readonly share: (run: CsvRow) => number;
}

interface Resource {
  readonly name: string;
  readonly parts: readonly Part[];
  readonly rest: { readonly name: string; readonly colour: string };
  readonly meanings: string;
}

const measured = (name: keyof typeof CAPACITY_COLOURS, column: string): Part => ({ name, colour: CAPACITY_COLOURS[name], share: (run) => cellNumber(run, column) });

const CPU: Resource = {
  name: 'CPU',
  parts: [measured('useful', 'usefulCpuShare'), measured('duplicate', 'duplicateCpuShare'), measured('lost', 'lostCpuShare'), measured('fragmented', 'fragmentedCpuShare'), measured('down', 'downCpuShare')],
  rest: { name: 'idle', colour: CAPACITY_COLOURS.idle },
  meanings: 'useful: work that counted; duplicate: the same task twice; lost: thrown away later; fragmented: free, but nothing typical fits; down: machine not up',
};

/** For GPUs, results tell apart less: what was held without use, and what was not held, are one part each. */
const GPU: Resource = {
  name: 'GPU',
  parts: [measured('useful', 'usefulGpuShare'), { name: 'duplicate or lost', colour: CAPACITY_COLOURS.lost, share: (run) => Math.max(0, cellNumber(run, 'heldGpuShare') - cellNumber(run, 'usefulGpuShare')) }, measured('fragmented', 'fragmentedGpuShare')],
  rest: { name: 'idle or down', colour: CAPACITY_COLOURS.idle },
  meanings: 'useful: work that counted; duplicate or lost: held, but for nothing; fragmented: free, but nothing typical fits',
};

/** Parts so dark that text on them is light. */
const DARK: readonly string[] = [CAPACITY_COLOURS.useful, CAPACITY_COLOURS.lost, CAPACITY_COLOURS.down];
/** Text on parts; not the inks of {@link INK}, which change in dark mode while parts do not. */
const ON_DARK = '#FFFFFE';
const ON_LIGHT = '#1C1C1B';

const ROW = 34;
/** Part of a row that is free; a whisker stands in it, where no colour hides it. */
const GAP = 0.4;

interface Split {
  readonly series: Series;
  readonly shares: ReadonlyMap<string, number>;
  readonly useful: MeanInterval;
}

function capacityChart(slice: Slice, resource: Resource): Chart | undefined {
  const { name } = resource;
  const splits = slice.series.flatMap((series) => splitOf(series, resource) ?? []);
  if (splits.length === 0) return undefined;
  const title = `Where the ${name} of all machines went`;
  const labels = splits.map((split) => split.series.label);
  const frame = frameOf({
    title: titleOf(title, slice),
    subtitle: `${seedsText(slice, 'whisker')}; ${resource.meanings}`,
    left: 14 + Math.ceil(Math.max(...labels.map((label) => textWidth(label, FONT_SIZE.seriesLabel)))),
    right: 20,
    above: 18,
    height: Math.max(320, 150 + ROW * splits.length),
  });
  const parts = [...resource.parts, resource.rest];
  const names = parts.map((part) => part.name);
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
  const x = (field: string): VegaLiteSpec => ({ field, type: 'quantitative', scale: { domain: [0, 1], nice: false }, axis: { title: `Share of all ${name} over the whole window (%)`, tickCount: 5, labelExpr: "format(datum.value * 100, '~g') + '\u202F%'" } });
  const whiskerOffset = ((frame.plotHeight / splits.length) * (1 - GAP)) / 2 + 5;
  const description = `Stacked bars. ${titleOf(title, slice)}: ${splits.map((split) => `${split.series.label}: ${names.map((part) => `${part} ${formatShare(split.shares.get(part)!)}`).join(', ')}`).join('; ')}. ${seedsText(slice, 'whisker')}.`;
  return {
    title,
    description,
    spec: framedSpec(frame, description, [
      { data: { values: segments }, mark: { type: 'bar', stroke: INK.axis, strokeWidth: 0.5 }, encoding: { y, x: x('from'), x2: { field: 'to' }, color: { field: 'part', type: 'nominal', legend: null, scale: { domain: names, range: parts.map((part) => part.colour) } } } },
      { data: { values: legible }, mark: { type: 'text', baseline: 'middle' }, encoding: { y, x: x('middle'), text: { field: 'text' }, fill: { field: 'part', type: 'nominal', legend: null, scale: { domain: names, range: parts.map((part) => (DARK.includes(part.colour) ? ON_DARK : ON_LIGHT)) } } } },
      ...(whiskers.length === 0 ? [] : [
        { data: { values: whiskers }, mark: { type: 'rule', strokeWidth: 1.5, color: INK.text, yOffset: whiskerOffset }, encoding: { y, x: x('low'), x2: { field: 'high' } } },
        ...['low', 'high'].map((end) => ({ data: { values: whiskers }, mark: { type: 'tick', orient: 'vertical', thickness: 1.5, size: 7, color: INK.text, yOffset: whiskerOffset }, encoding: { y, x: x(end) } })),
      ]),
      ...legendLayers(parts, frame.plotWidth),
    ]),
    table: { columns: ['', ...names], rows: splits.map((split) => [split.series.label, ...names.map((part) => formatShare(split.shares.get(part)!))]) },
  };
}

/** A legend in one line above the bars, in stacking order. */
function legendLayers(parts: readonly Pick<Part, 'name' | 'colour'>[], plotWidth: number): readonly VegaLiteSpec[] {
  let x = 0;
  const values = parts.map(({ name: part, colour }) => {
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
function splitOf(series: Series, resource: Resource): Split | undefined {
  const shares = new Map<string, number>();
  let left = 1;
  let useful: MeanInterval | undefined;
  for (const part of resource.parts) {
    const values = series.runs.map(part.share).filter((value) => !Number.isNaN(value));
    if (values.length === 0) return undefined;
    const interval = meanInterval(values);
    useful ??= interval;
    shares.set(part.name, interval.mean);
    left -= interval.mean;
  }
  shares.set(resource.rest.name, Math.max(0, left));
  return { series, shares, useful: useful! };
}
