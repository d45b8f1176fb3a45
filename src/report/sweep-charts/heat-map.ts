import type { Cell } from '../cells.ts';
import type { Measure } from '../measures.ts';
import { INK } from '../palette.ts';
import { cellEstimate, sweepSeedsText, type SweepView } from '../sweep-view.ts';
import { FONT_SIZE } from '../charts/frame.ts';
import { textWidth } from '../font.ts';
import { capitalised, round, sweptMeasures } from './effects.ts';
import { axisName, headerOf, MOST_PANELS, panelsOf, spec, spoken } from './panels.ts';
import type { NamedChart, SweepChartDefinition } from './sweep-chart.ts';

/** One hue from pale to dark, so that it reads in grey; written values carry the exact numbers. */
const PALE = '#F1F5F9';
const DARK = '#17456B';
/** Panels side by side. */
const MOST_COLUMNS = 4;

/** Heat maps of the two axes with most values, a panel per orchestrator; further axes make pages. */
export const heatMaps: SweepChartDefinition = {
  build(view) {
    if (view.axes.length < 2) return [];
    const [x = 0, y = 1] = view.axes.map((_, i) => i).toSorted((a, b) => view.axes[b]!.values.length - view.axes[a]!.values.length || a - b);
    return sweptMeasures(view).flatMap((measure) => mapsOf(view, measure, x, y));
  },
};

function mapsOf(view: SweepView, measure: Measure, x: number, y: number): readonly NamedChart[] {
  const others = view.axes.map((_, i) => i).filter((i) => i !== x && i !== y);
  const groups = [...Map.groupBy(view.cells.filter((cell) => cell.levels[x] !== '' && cell.levels[y] !== ''), (cell) => others.map((i) => headerOf(view, i, cell.levels[i]!)).join(', '))];
  const estimates = new Map(view.cells.map((cell) => [cell, cellEstimate(cell, measure.column)]));
  const all = [...estimates.values()].flatMap((one) => (one === undefined ? [] : [one.mean]));
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const logarithmic = measure.unit === 's' && low > 0 && high / low > 10;
  const pages = groups.flatMap(([label, cells]) => {
    const series = view.series.filter((one) => cells.some((cell) => cell.label === one.label));
    return Array.from({ length: Math.ceil(series.length / MOST_COLUMNS) }, (_, i) => ({ label, cells, series: series.slice(i * MOST_COLUMNS, (i + 1) * MOST_COLUMNS) }));
  });
  return pages.slice(0, MOST_PANELS).map(({ label, cells, series }, i): NamedChart => {
    const own = cells.filter((cell) => series.some((one) => one.label === cell.label) && estimates.get(cell) !== undefined);
    const textOf = (cell: Cell): string => `${estimates.get(cell)!.atLeast ? '>' : ''}${measure.format(estimates.get(cell)!.mean)}`;
    const values = own.map((cell) => {
      const { mean } = estimates.get(cell)!;
      const position = high > low ? (logarithmic ? Math.log(mean / low) / Math.log(high / low) : (mean - low) / (high - low)) : 0;
      return { column: cell.label, row: '', x: cell.levels[x]!, y: cell.levels[y]!, value: round(mean), text: textOf(cell), dark: position > 0.55 };
    });
    const title = `${capitalised(measure.title)} by ${axisName(view, x)} and ${axisName(view, y)}${label === '' ? '' : ` (${label})`}`;
    const subtitle = `${sweepSeedsText(view, '')}; one colour scale for all panels${logarithmic ? ', logarithmic' : ''}, from ${measure.format(low)} (pale) to ${measure.format(high)} (dark)`;
    const description = `Heat maps, one per orchestrator. ${title}: ${spoken(own.map((cell) => `${cell.name} ${textOf(cell)}`))}. ${subtitle}.`;
    const room = 34 + Math.ceil(Math.max(...view.axes[y]!.values.map((value) => textWidth(value, FONT_SIZE.label))));
    // As many panels side by side as leave room for what stands in their cells, in full rows.
    const widest = Math.max(...values.map((one) => textWidth(one.text, FONT_SIZE.label))) + 6;
    const height = Math.max(70, 38 * view.axes[y]!.values.length);
    const candidates = series.map((_, fewer) => series.length - fewer).filter((beside) => series.length % beside === 0).map((beside) => panelsOf(series.map((one) => one.label), [''], room, height, beside));
    const fits = (one: { readonly width: number }): boolean => one.width / view.axes[x]!.values.length >= widest;
    const panels = candidates.find(fits) ?? candidates[0]!;
    const encoding = {
      x: { field: 'x', type: 'ordinal', scale: { domain: view.axes[x]!.values }, axis: { title: axisName(view, x), labelAngle: 0, domain: false, ticks: false } },
      y: { field: 'y', type: 'ordinal', scale: { domain: view.axes[y]!.values.toReversed() }, axis: { title: axisName(view, y), grid: false } },
    };
    return {
      name: `heat-${measure.column}${pages.length === 1 ? '' : `-${i + 1}`}`,
      chart: {
        title,
        description,
        spec: spec(panels, { title, subtitle, description }, values, [
          { mark: { type: 'rect', stroke: INK.paper, strokeWidth: 1 }, encoding: { ...encoding, color: { field: 'value', type: 'quantitative', legend: null, scale: { type: logarithmic ? 'log' : 'linear', domain: high > low ? [low, high] : [low, low + 1], range: [PALE, DARK], nice: false, ...(logarithmic ? {} : { zero: false }) } } } },
          ...(!fits(panels) ? [] : [{ mark: { type: 'text', fontSize: FONT_SIZE.label }, encoding: { ...encoding, text: { field: 'text' }, color: { condition: { test: 'datum.dark', value: '#FFFFFE' }, value: '#1C1C1D' } } }]),
        ]),
        table: { columns: ['', ...view.axes.map((axis) => axis.column), measure.title], rows: own.map((cell) => [cell.label, ...cell.levels, textOf(cell)]) },
      },
    };
  });
}
