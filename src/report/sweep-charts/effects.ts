import { baselineOf, type Cell } from '../cells.ts';
import type { VegaLiteSpec } from '../charts/chart.ts';
import { contrasts } from '../contrast.ts';
import { sameInputsIn } from '../comparison.ts';
import { type Measure, measureOf, measuresIn } from '../measures.ts';
import { INK } from '../palette.ts';
import { cellEstimate, sweepSeedsText, type SweepView } from '../sweep-view.ts';
import { axisName, axisRoles, headerOf, headersOf, pagesOf, panelsOf, seriesLook, spec, spoken, type ValueAxis, valueAxis } from './panels.ts';
import type { NamedChart, SweepChartDefinition } from './sweep-chart.ts';

/** What a sweep is asked about first. */
export const SWEEP_COLUMNS = ['usefulCpuShare', 'usefulGpuShare', 'waitP50S', 'waitP99S', 'restoreP50S'] as const;

/** Those of the main columns that a folder has and that differ between cells. */
export function sweptMeasures(view: SweepView): readonly Measure[] {
  const there = new Set(measuresIn(view.results.runs).map((measure) => measure.column));
  return SWEEP_COLUMNS.filter((column) => there.has(column) && new Set(view.results.runs.map((run) => run[column])).size > 1).map(measureOf);
}

interface Point {
  readonly cell: Cell;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly atLeast: boolean;
}

/** Small multiples: each measure by the values of the axes, one line per orchestrator, means with intervals. */
export const effects: SweepChartDefinition = {
  build: (view) =>
    sweptMeasures(view).flatMap((measure) => {
      const points = view.cells.flatMap((cell): Point[] => {
        const found = cellEstimate(cell, measure.column);
        return found === undefined ? [] : [{ cell, mean: found.mean, low: found.mean - zeroIfNone(found.halfWidth), high: found.mean + zeroIfNone(found.halfWidth), atLeast: found.atLeast }];
      });
      const axis = valueAxis(measure, points.flatMap((point) => [point.mean, Math.max(point.low, 0), point.high].filter((value) => value > 0)), capitalised(measure.title));
      return drawn(view, measure, points, axis, { name: `effect-${measure.column}`, title: `${capitalised(measure.title)} by ${listOfAxes(view)}`, subtitle: sweepSeedsText(view, 'whisker'), signed: false });
    }),
};

/** Small multiples of paired differences against the first orchestrator: what common random numbers make visible. */
export const differences: SweepChartDefinition = {
  build(view) {
    const { baseline } = view;
    if (view.labels.length < 2 || view.seeds < 2) return [];
    const pairs = view.cells.flatMap((cell): (readonly [Cell, Cell])[] => {
      const other = cell.label === baseline ? undefined : baselineOf(view, cell, baseline);
      return other === undefined ? [] : [[other, cell]];
    });
    const sameInputs = sameInputsIn(view.results, view.results);
    return sweptMeasures(view).flatMap((measure) => {
      const found = contrasts([{ pairs, sameInputs }], [measure])[0]!.filter((one) => Number.isFinite(one.difference));
      if (found.length === 0) return [];
      const cells = new Map(pairs.map(([, cell]) => [cell.name, cell]));
      const points = found.map((one): Point => ({ cell: cells.get(one.cell)!, mean: one.difference, low: Number.isNaN(one.low) ? one.difference : one.low, high: Number.isNaN(one.high) ? one.difference : one.high, atLeast: false }));
      const axis = valueAxis(measure, points.flatMap((point) => [point.low, point.high]), `Difference in ${measure.title}`, true);
      const gain = found.map((one) => one.varianceReduction).filter((value) => !Number.isNaN(value)).toSorted((a, b) => a - b);
      const middle = gain[gain.length >> 1] ?? Number.NaN;
      const note = Number.isNaN(middle) ? '' : `; pairing ${middle < 0 ? 'added' : 'took away'} ${Math.round(Math.abs(middle) * 100)}\u202F% of the variance (median)`;
      return drawn(view, measure, points, axis, { name: `difference-${measure.column}`, title: `Difference of ${measure.title} against ${baseline}`, subtitle: `Same seed on both sides, whisker: 95\u202F% interval (paired Student t)${note}`, signed: true });
    });
  },
};

interface Drawing {
  readonly name: string;
  readonly title: string;
  readonly subtitle: string;
  readonly signed: boolean;
}

function drawn(view: SweepView, measure: Measure, points: readonly Point[], axis: ValueAxis, drawing: Drawing): readonly NamedChart[] {
  const roles = axisRoles(view);
  const byCell = new Map(points.map((point) => [point.cell, point]));
  const pages = pagesOf(view, roles.pages).map((page) => ({ ...page, points: page.cells.flatMap((cell) => byCell.get(cell) ?? []) })).filter((page) => page.points.length > 0);
  return pages.map((page, i) => {
    const values = page.points.map(({ cell, mean, low, high, atLeast }) => ({
      series: cell.label,
      x: roles.x < 0 ? '' : cell.levels[roles.x]!,
      column: roles.column < 0 ? '' : headerOf(view, roles.column, cell.levels[roles.column]!),
      row: roles.row < 0 ? '' : headerOf(view, roles.row, cell.levels[roles.row]!),
      value: round(axis.clamp(mean)),
      low: round(axis.clamp(low)),
      high: round(axis.clamp(high)),
      bound: atLeast,
    }));
    const look = seriesLook(view);
    const along = axisName(view, roles.x);
    const x = { field: 'x', type: 'ordinal', scale: { domain: view.axes[roles.x]!.values, paddingInner: 0.2, paddingOuter: 0.2 }, axis: { title: along, labelAngle: 0, labelOverlap: 'greedy' } };
    const y = { field: 'value', type: 'quantitative', scale: axis.scale, axis: axis.axis };
    const title = page.label === '' ? drawing.title : `${drawing.title} (${page.label})`;
    const bounds = page.points.some((point) => point.atLeast);
    const subtitle = `${drawing.subtitle}${bounds ? '; open mark: at least this (censored)' : ''}`;
    const description = `Small multiples. ${title}: ${spoken(page.points.map((point) => `${point.cell.name} ${textOf(point, measure, drawing.signed)}`))}. ${subtitle}.`;
    const panels = panelsOf(headersOf(view, roles.column), headersOf(view, roles.row), axis.room);
    const layers: VegaLiteSpec[] = [
      ...(drawing.signed ? [{ data: { values: [{}] }, mark: { type: 'rule', strokeWidth: 1, color: INK.axis }, encoding: { y: { datum: 0, type: 'quantitative', scale: axis.scale, axis: axis.axis } } }] : []),
      { mark: { type: 'line', strokeWidth: 1, opacity: 0.6 }, encoding: { x, y, xOffset: look.xOffset, color: look.color, strokeDash: look.strokeDash } },
      { mark: { type: 'rule', strokeWidth: 1.5 }, encoding: { x, xOffset: look.xOffset, y: { ...y, field: 'low' }, y2: { field: 'high' }, color: look.color } },
      { transform: [{ filter: '!datum.bound' }], mark: { type: 'point', filled: true, size: 55, opacity: 1 }, encoding: { x, y, xOffset: look.xOffset, color: look.color, shape: look.shape } },
      ...(bounds ? [{ transform: [{ filter: 'datum.bound' }], mark: { type: 'point', filled: false, fill: INK.paper, size: 60, strokeWidth: 1.5, opacity: 1 }, encoding: { x, y, xOffset: look.xOffset, color: look.color, shape: look.shape } }] : []),
    ];
    return {
      name: pages.length === 1 ? drawing.name : `${drawing.name}-${i + 1}`,
      chart: {
        title,
        description,
        spec: spec(panels, { title, subtitle, description }, values, layers),
        table: { columns: ['', ...view.axes.map((one) => one.column), measure.title, '95\u202F% interval', 'seeds'], rows: page.points.map((point) => [point.cell.label, ...point.cell.levels, textOf(point, measure, drawing.signed), point.low === point.high ? '' : `${format(measure, point.low, drawing.signed)} to ${format(measure, point.high, drawing.signed)}`, String(point.cell.runs.length)]) },
      },
    };
  });
}

function textOf(point: Point, measure: Measure, signed: boolean): string {
  return `${point.atLeast ? 'more than ' : ''}${format(measure, point.mean, signed)}`;
}

function format(measure: Measure, value: number, signed: boolean): string {
  return signed ? measure.formatDifference(value) : measure.format(value);
}

/** `mtbf and size`. */
export function listOfAxes(view: SweepView): string {
  const names = view.axes.map((_, i) => axisName(view, i));
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;
}

export function capitalised(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

function zeroIfNone(halfWidth: number): number {
  return Number.isNaN(halfWidth) ? 0 : halfWidth;
}

/** Six significant digits: enough for any drawing, and the same text everywhere. */
export function round(value: number): number {
  return Number(value.toPrecision(6));
}
