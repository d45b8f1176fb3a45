import { mainEffects } from '../../statistics/main-effects.ts';
import { meanInterval } from '../../statistics/mean-interval.ts';
import { cellValue } from '../cell-value.ts';
import type { Cell } from '../cells.ts';
import { FONT_SIZE } from '../charts/frame.ts';
import { textWidth } from '../font.ts';
import type { Measure } from '../measures.ts';
import { INK, isReference } from '../palette.ts';
import { cellEstimate, type SweepView } from '../sweep-view.ts';
import { capitalised, round, sweptMeasures } from './effects.ts';
import { axisName, panelsOf, spec, valueAxis } from './panels.ts';
import type { NamedChart, SweepChartDefinition } from './sweep-chart.ts';

/** The largest difference that one factor makes to a measure, all else equal. */
export interface Sensitivity {
  readonly factor: string;
  /** The two values between which it is largest, the one with the smaller mean first. */
  readonly from: string;
  readonly to: string;
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  /** Part of the variance between cells that the factor explains alone; NaN unless every combination was made. */
  readonly explained: number;
}

/** Ranks axes and orchestrator by the largest difference between two of their values, over all settings of the others in which both were made, seed by seed. */
export function sensitivities(view: SweepView, measure: Measure): readonly Sensitivity[] {
  const cells = view.cells.filter((cell) => !isReference(cell.orchestrator));
  const factors = [{ name: 'orchestrator', level: (cell: Cell) => cell.label }, ...view.axes.map((axis, i) => ({ name: axis.column, level: (cell: Cell) => cell.levels[i]! }))];
  const explained = explainedBy(cells, factors.map((factor) => factor.level), measure);
  const found = factors.flatMap((factor, f): Sensitivity[] => {
    const levels = [...new Set(cells.map(factor.level))].filter((level) => level !== '');
    const setting = (cell: Cell): string => factors.flatMap((other, o) => (o === f ? [] : [other.level(cell)])).join('\n');
    const byLevel = new Map(levels.map((level) => [level, new Map(cells.filter((cell) => factor.level(cell) === level).map((cell) => [setting(cell), cell]))]));
    const pairs = levels.flatMap((a, i) => levels.slice(i + 1).flatMap((b) => differenceBetween(byLevel.get(a)!, byLevel.get(b)!, measure, a, b) ?? []));
    const [largest] = pairs.toSorted((a, b) => Math.abs(b.difference) - Math.abs(a.difference));
    return largest === undefined ? [] : [{ factor: factor.name, ...largest, explained: explained[f] ?? Number.NaN }];
  });
  return found.toSorted((a, b) => b.difference - a.difference);
}

function differenceBetween(a: ReadonlyMap<string, Cell>, b: ReadonlyMap<string, Cell>, measure: Measure, nameOfA: string, nameOfB: string): Omit<Sensitivity, 'factor' | 'explained'> | undefined {
  const bySeed = new Map<string, number[]>();
  for (const [setting, cell] of a) {
    const other = b.get(setting);
    if (other === undefined) continue;
    const partners = new Map(other.runs.map((run) => [run['seed']!, run]));
    for (const run of cell.runs) {
      const partner = partners.get(run['seed']!);
      const [before, after] = [cellValue(run, measure.column), partner === undefined ? undefined : cellValue(partner, measure.column)];
      // A bound would make the difference itself a guess.
      if (before === undefined || after === undefined || before.atLeast || after.atLeast) continue;
      const own = bySeed.get(run['seed']!);
      if (own === undefined) bySeed.set(run['seed']!, [after.value - before.value]);
      else own.push(after.value - before.value);
    }
  }
  // Only seeds in which every setting counts: others would weigh the settings differently.
  const most = Math.max(0, ...[...bySeed.values()].map((own) => own.length));
  const perSeed = [...bySeed.values()].filter((own) => own.length === most).map((own) => own.reduce((sum, value) => sum + value, 0) / own.length);
  if (perSeed.length === 0) return undefined;
  const { mean, low, high } = meanInterval(perSeed);
  return mean >= 0 ? { from: nameOfA, to: nameOfB, difference: mean, low, high } : { from: nameOfB, to: nameOfA, difference: -mean, low: -high, high: -low };
}

function explainedBy(cells: readonly Cell[], levels: readonly ((cell: Cell) => string)[], measure: Measure): readonly number[] {
  const points = cells.flatMap((cell) => {
    const found = cellEstimate(cell, measure.column);
    return found === undefined || found.atLeast ? [] : [{ levels: levels.map((level) => level(cell)), value: found.mean }];
  });
  const combinations = levels.reduce((product, level) => product * new Set(cells.map(level)).size, 1);
  return points.length === combinations ? mainEffects(points, levels.length).map((effect) => effect.explained) : [];
}

/** Bars: what moves each measure most. */
export const sensitivity: SweepChartDefinition = {
  build: (view) =>
    sweptMeasures(view).flatMap((measure): readonly NamedChart[] => {
      const found = sensitivities(view, measure);
      if (found.length < 2) return [];
      const name = (factor: string): string => (view.axes.some((axis) => axis.column === factor) ? axisName(view, view.axes.findIndex((axis) => axis.column === factor)) : factor);
      const rows = found.map((one) => `${name(one.factor)}: ${one.from} → ${one.to}`);
      const axis = valueAxis(measure, found.flatMap((one) => [one.difference, one.high, one.low]), `Difference in ${measure.title}`, true);
      const room = 14 + Math.ceil(Math.max(...rows.map((row) => textWidth(row, FONT_SIZE.label))));
      const values = found.map((one, i) => ({ column: '', row: '', factor: rows[i]!, value: round(one.difference), low: round(Number.isNaN(one.low) ? one.difference : one.low), high: round(Number.isNaN(one.high) ? one.difference : one.high) }));
      const title = `What moves ${measure.title} most`;
      // What is left out are the worst runs: a ranking without them has to say so.
      const systems = view.cells.filter((cell) => !isReference(cell.orchestrator));
      const bounds = systems.filter((cell) => cell.runs.some((run) => cellValue(run, measure.column)?.atLeast === true)).length;
      const subtitle = `Largest difference between two values of each axis, all else equal, mean over the other axes${view.seeds > 1 ? '; whisker: 95\u202F% interval over seeds (paired Student t)' : ''}${bounds > 0 ? `; without runs of which only a bound is known (${bounds} of ${systems.length} cells have such), so differences may be larger` : ''}`;
      const text = (one: Sensitivity): string => `${measure.formatDifference(one.difference)}${Number.isNaN(one.low) ? '' : ` (${measure.formatDifference(one.low)} to ${measure.formatDifference(one.high)})`}`;
      const description = `Bars. ${title}: ${found.map((one, i) => `${rows[i]!} ${text(one)}`).join('; ')}. ${subtitle}.`;
      const panels = panelsOf([''], [''], room + 20, 34 * found.length);
      const y = { field: 'factor', type: 'nominal', scale: { domain: rows, paddingInner: 0.4, paddingOuter: 0.2 }, axis: { title: null, labelLimit: 400, grid: false } };
      const x = { type: 'quantitative', scale: axis.scale, axis: { ...axis.axis, labelAngle: 0 } };
      return [
        {
          name: `sensitivity-${measure.column}`,
          chart: {
            title,
            description,
            spec: spec({ ...panels, height: 34 * found.length }, { title, subtitle, description }, values, [
              { mark: { type: 'bar', color: '#7C93A6' }, encoding: { y, x: { ...x, field: 'value' } } },
              { mark: { type: 'rule', strokeWidth: 1.5, color: INK.text }, encoding: { y, x: { ...x, field: 'low' }, x2: { field: 'high' } } },
            ]),
            table: { columns: [capitalised(measure.title), 'from', 'to', 'difference', 'of the variance between cells'], rows: found.map((one) => [one.factor, one.from, one.to, text(one), Number.isNaN(one.explained) ? '' : `${Math.round(one.explained * 100)}\u202F%`]) },
          },
        },
      ];
    }),
};
