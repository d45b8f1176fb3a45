import { solid } from '../charts/series-labels.ts';
import { CHART_CONFIG, CHART_WIDTH, FONT_SIZE } from '../charts/frame.ts';
import type { VegaLiteSpec } from '../charts/chart.ts';
import { textWidth, wrapText } from '../font.ts';
import type { Cell } from '../cells.ts';
import type { Measure } from '../measures.ts';
import type { SweepView } from '../sweep-view.ts';
import { labelExpression, logTimeTicks } from '../time-axis.ts';

const EDGE = 10;
const SPACING = 18;
/** More panels than this in one picture cannot be read at half the width of a page. */
export const MOST_PANELS = 12;

/** How panels are laid out: one column and one row per value, in this order. */
export interface Panels {
  readonly columns: readonly string[];
  readonly rows: readonly string[];
  readonly width: number;
  readonly height: number;
  /** Panels side by side before the next row begins, where columns are one long row; absent: all. */
  readonly wrap?: number;
}

/** Divides the width of a chart. @param left room of the value axis, pixels @param panelHeight of a single row; more rows are lower */
export function panelsOf(columns: readonly string[], rows: readonly string[], left: number, panelHeight = 190, wrap = columns.length): Panels {
  const rowHeader = rows.length > 1 ? 20 : 0;
  const beside = Math.max(1, Math.min(wrap, columns.length));
  const width = Math.floor((CHART_WIDTH - 2 * EDGE - left - rowHeader - SPACING * (beside - 1)) / beside);
  return { columns, rows, width, ...(beside < columns.length ? { wrap: beside } : {}), height: Math.max(90, Math.round(panelHeight / (1 + 0.35 * (rows.length - 1)))) };
}

/** A specification of panels over rows that name their panel in `column` and `row`. */
function panelSpec(panels: Panels, head: { readonly title: string; readonly subtitle: string; readonly description: string }, values: readonly unknown[], layer: readonly VegaLiteSpec[], resolve: VegaLiteSpec = {}): VegaLiteSpec {
  const header = { title: null, labelAnchor: 'start', labelPadding: 4, labelLimit: panels.width + SPACING, labelFontSize: FONT_SIZE.label };
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    description: head.description,
    padding: EDGE,
    config: CHART_CONFIG,
    title: { text: wrapText(head.title, FONT_SIZE.title, CHART_WIDTH - 2 * EDGE), subtitle: wrapText(head.subtitle, FONT_SIZE.subtitle, CHART_WIDTH - 2 * EDGE), frame: 'bounds', offset: 10 },
    data: { values },
    ...(panels.wrap === undefined ? {} : { columns: panels.wrap }),
    facet: panels.wrap !== undefined ? { field: 'column', type: 'nominal', sort: panels.columns, header } : {
      ...(panels.columns.length > 1 || panels.columns[0] !== '' ? { column: { field: 'column', type: 'nominal', sort: panels.columns, header } } : {}),
      ...(panels.rows.length > 1 || panels.rows[0] !== '' ? { row: { field: 'row', type: 'nominal', sort: panels.rows, header: { ...header, labelAnchor: 'middle', labelLimit: panels.height + SPACING } } } : {}),
    },
    spacing: SPACING,
    spec: { width: panels.width, height: panels.height, layer },
    resolve,
  };
}

/** As {@link panelSpec} where there is one panel only: no facet. */
export function spec(panels: Panels, head: { readonly title: string; readonly subtitle: string; readonly description: string }, values: readonly unknown[], layer: readonly VegaLiteSpec[], resolve: VegaLiteSpec = {}): VegaLiteSpec {
  const whole = panelSpec(panels, head, values, layer, resolve);
  if (Object.keys(whole['facet'] as object).length > 0) return whole;
  const { facet: _, spacing: __, spec: inner, ...rest } = whole;
  return { ...rest, ...(inner as object) };
}

/** Channels that tell orchestrators apart, with one legend above the panels. */
export function seriesLook(view: SweepView): { readonly color: VegaLiteSpec; readonly shape: VegaLiteSpec; readonly strokeDash: VegaLiteSpec; readonly xOffset: VegaLiteSpec } {
  const domain = view.series.map((one) => one.label);
  const legend = { orient: 'top', direction: 'horizontal', title: null, offset: 4, columnPadding: 14, labelFontSize: FONT_SIZE.label, symbolSize: 60, symbolOpacity: 1, symbolStrokeWidth: 0 };
  return {
    color: { field: 'series', type: 'nominal', scale: { domain, range: view.series.map((one) => one.style.colour) }, legend },
    shape: { field: 'series', type: 'nominal', scale: { domain, range: view.series.map((one) => one.style.shape) }, legend },
    strokeDash: { field: 'series', type: 'nominal', scale: { domain, range: view.series.map((one) => solid(one.style.dash)) }, legend },
    xOffset: { field: 'series', type: 'nominal', scale: { domain, paddingOuter: 0.5 } },
  };
}

/** A vertical axis for a measure: shares and counts from zero, durations logarithmic where they differ by more than a factor of ten. */
export interface ValueAxis {
  readonly scale: VegaLiteSpec;
  readonly axis: VegaLiteSpec;
  readonly logarithmic: boolean;
  /** Moves a value to where it can be drawn. */
  readonly clamp: (value: number) => number;
  /** Room that its labels need, pixels. */
  readonly room: number;
}

/** The axis for values of a measure. @param signed values are differences, and zero is in the middle of the story */
export function valueAxis(measure: Measure, values: readonly number[], title: string, signed = false): ValueAxis {
  const finite = values.filter(Number.isFinite);
  const high = Math.max(...finite, signed ? 0 : Number.MIN_VALUE);
  const positive = finite.filter((value) => value > 0);
  const low = Math.min(...positive);
  const format = signed ? measure.formatDifference : measure.format;
  if (!signed && measure.unit === 's' && positive.length > 0 && high / low > 10) {
    const from = decadeBelow(low);
    const ticks = logTimeTicks(from, high * 1.1);
    return { scale: { type: 'log', domain: [from, high * 1.1], nice: false }, axis: { title: `${title} (log scale)`, values: ticks.map((tick) => tick.value), labelExpr: labelExpression(ticks), grid: true }, logarithmic: true, clamp: (value) => Math.max(value, from), room: roomFor(ticks.map((tick) => tick.label)) };
  }
  const bottom = signed ? Math.min(0, ...finite) : 0;
  const step = measure.unit === 's' ? niceSeconds((high - bottom) / 4) : niceStep((high - bottom) / 4);
  const from = Math.floor(bottom / step + 1e-9);
  const to = Math.max(from + 1, Math.ceil(high / step - 1e-9));
  const ticks = Array.from({ length: to - from + 1 }, (_, i) => ({ value: Number(((from + i) * step).toPrecision(12)), label: format(Number(((from + i) * step).toPrecision(12))) }));
  return { scale: { domain: [ticks[0]!.value, ticks.at(-1)!.value], nice: false }, axis: { title, values: ticks.map((tick) => tick.value), labelExpr: labelExpression(ticks), grid: true }, logarithmic: false, clamp: (value) => Math.min(Math.max(value, ticks[0]!.value), ticks.at(-1)!.value), room: roomFor(ticks.map((tick) => tick.label)) };
}

function roomFor(labels: readonly string[]): number {
  return 34 + Math.ceil(Math.max(0, ...labels.map((label) => textWidth(label, FONT_SIZE.label))));
}

/** Steps of time that people read, from a second on. */
const SECONDS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];

function niceSeconds(least: number): number {
  return least < 1 ? niceStep(least) : (SECONDS.find((step) => step >= least * (1 - 1e-9)) ?? 86_400 * niceStep(least / 86_400));
}

/** A step of 1, 2 or 5 times a power of ten that is at least this. */
function niceStep(least: number): number {
  if (!(least > 0)) return 1;
  const decade = decadeBelow(least);
  return [1, 2, 5, 10].map((factor) => factor * decade).find((step) => step >= least * (1 - 1e-9))!;
}

function decadeBelow(value: number): number {
  let decade = 1;
  while (decade > value * (1 + 1e-12)) decade /= 10;
  while (decade * 10 <= value * (1 + 1e-12)) decade *= 10;
  return decade > 1 || decade === 1 ? decade : Number(decade.toPrecision(3));
}

/** Which axis runs along the panels' x axis, which make columns and rows of panels, which make pages: by number of values, the longest along x. */
export interface AxisRoles {
  readonly x: number;
  readonly column: number;
  readonly row: number;
  readonly pages: readonly number[];
}

/** Roles of the axes of a sweep, as indices; -1 = none. */
export function axisRoles(view: SweepView): AxisRoles {
  const order = view.axes.map((_, i) => i).toSorted((a, b) => Number(isNumeric(view, b)) - Number(isNumeric(view, a)) || view.axes[b]!.values.length - view.axes[a]!.values.length || a - b);
  const [x = -1, ...rest] = order;
  const fits = (i: number | undefined, most: number): boolean => i !== undefined && view.axes[i]!.values.length <= most;
  const column = fits(rest[0], 4) ? rest[0]! : -1;
  const others = rest.filter((i) => i !== column);
  const row = fits(others[0], Math.floor(MOST_PANELS / Math.max(1, column < 0 ? 1 : view.axes[column]!.values.length))) ? others[0]! : -1;
  return { x, column, row, pages: others.filter((i) => i !== row) };
}

function isNumeric(view: SweepView, i: number): boolean {
  return view.axes[i]!.values.every((value) => /^\d/.test(value));
}

/** Name of an axis as charts have room for it: the last two keys of a path where no other axis ends in them; tables have the whole. */
export function axisName(view: SweepView, i: number): string {
  const short = (column: string): string => column.split('.').slice(-2).join('.');
  const { column } = view.axes[i]!;
  return view.axes.filter((axis) => short(axis.column) === short(column)).length === 1 ? short(column) : column;
}

/** Text of a panel's header: `size: 100 machines`; empty where no axis has this role. */
export function headerOf(view: SweepView, role: number, level: string): string {
  return role < 0 ? '' : `${axisName(view, role)}: ${level}`;
}

/** Parts of a text alternative, as many as somebody would listen to; tables have all. */
export function spoken(parts: readonly string[]): string {
  return parts.length <= MOST_SPOKEN ? parts.join('; ') : `${parts.slice(0, MOST_SPOKEN).join('; ')}; and ${parts.length - MOST_SPOKEN} more in the table`;
}

const MOST_SPOKEN = 24;

/** Headers of all panels of a role in the order of the axis. */
export function headersOf(view: SweepView, role: number): readonly string[] {
  return role < 0 ? [''] : view.axes[role]!.values.map((level) => headerOf(view, role, level));
}

/** Cells grouped by the axes that make pages: one entry per page. */
export function pagesOf(view: SweepView, pages: readonly number[]): readonly { readonly label: string; readonly cells: readonly Cell[] }[] {
  const groups = Map.groupBy(view.cells, (cell) => pages.map((i) => headerOf(view, i, cell.levels[i]!)).join(', '));
  return [...groups].map(([label, cells]) => ({ label, cells }));
}
