import { stringify } from 'csv-stringify/sync';
import { columnsOf } from '../metrics/columns.ts';
import { formatCell } from '../metrics/format-cell.ts';
import { bootstrapInterval } from '../statistics/bootstrap.ts';
import { meanInterval } from '../statistics/mean-interval.ts';
import { medianInterval } from '../statistics/median-interval.ts';
import { mean, variance } from '../statistics/moments.ts';
import { median } from '../statistics/quantile.ts';
import { cellValue, type CellValue } from './cell-value.ts';
import { baselineOf, type Cell, type Cells, cellsOf } from './cells.ts';
import { sameInputsIn } from './comparison.ts';
import { type Contrast, contrasts } from './contrast.ts';
import { measuresIn, type Measure } from './measures.ts';
import type { Results } from './results.ts';

/** Values of a row of aggregate.csv by column. */
type Row = ReadonlyMap<string, number | string | null>;

/** `aggregate.csv`: every measure of every cell over its seeds, and paired differences against the baseline. Equal results give equal bytes. @param label orchestrator of the baseline; default the first of the plan */
export function aggregateCsv(results: Results, label?: string): string {
  const cells = cellsOf(results);
  const baseline = label ?? cells.labels[0]!;
  const axes = cells.axes.map((axis) => axis.column);
  const measures = measuresIn(results.runs);
  const against = contrastsByCell(cells, measures, results, baseline);
  const rows = cells.cells.flatMap((cell) => measures.flatMap((measure) => aggregateRow(cell, measure, against.get(`${cell.name}\n${measure.column}`)) ?? []));
  return csvOf('aggregate.csv', 'orchestrator', axes, rows);
}

/** A table of {@link columnsOf} with a column per axis after the one named. */
export function csvOf(file: string, after: string, axes: readonly string[], rows: readonly { readonly cell: Cell; readonly values: Row }[]): string {
  const columns = columnsOf(file);
  const at = columns.findIndex(({ name }) => name === after) + 1;
  const lines = rows.map(({ cell, values }) => columns.map(({ name, decimals }) => formatCell(values.get(name), decimals)).toSpliced(at, 0, ...cell.levels));
  return stringify([columns.map(({ name }) => name).toSpliced(at, 0, ...axes), ...lines]);
}

interface Against {
  readonly baseline: Cell;
  readonly contrast: Contrast;
}

function contrastsByCell(cells: Cells, measures: readonly Measure[], results: Results, label: string): ReadonlyMap<string, Against> {
  const found = new Map<string, Against>();
  const first = cells.cells[0]!;
  const pairs = cells.cells.flatMap((cell): (readonly [Cell, Cell])[] => {
    const baseline = cells.labels.length > 1 ? baselineOf(cells, cell, label) : first;
    return baseline === undefined || baseline === cell ? [] : [[baseline, cell]];
  });
  const sameInputs = sameInputsIn(results, results);
  const baselines = new Map(pairs.map(([baseline, cell]) => [cell.name, baseline]));
  // Corrected per measure: each is a question of its own.
  for (const measure of measures) {
    for (const contrast of contrasts([{ pairs, sameInputs }], [measure])[0]!) found.set(`${contrast.cell}\n${measure.column}`, { baseline: baselines.get(contrast.cell)!, contrast });
  }
  return found;
}

function aggregateRow(cell: Cell, measure: Measure, against: Against | undefined): { readonly cell: Cell; readonly values: Row } | undefined {
  const values = cell.runs.flatMap((run) => cellValue(run, measure.column) ?? []);
  if (values.length === 0) return undefined;
  const numbers = values.map((one) => one.value);
  const censored = values.filter((one) => one.atLeast).length;
  const whole = censored === 0 && values.length === cell.runs.length;
  const interval = meanInterval(numbers);
  const bootstrap = whole ? bootstrapInterval(numbers, mean) : undefined;
  const middle = whole ? medianInterval(numbers) : undefined;
  const difference = against?.contrast;
  return {
    cell,
    values: new Map<string, number | string | null>([
      ['cell', cell.name],
      ['label', cell.label],
      ['orchestrator', cell.orchestrator],
      ['column', measure.column],
      ['unit', measure.unit],
      ['runs', cell.runs.length],
      ['defined', values.length],
      ['censored', censored],
      ['mean', `${censored > 0 ? '>' : ''}${formatCell(interval.mean, DECIMALS)}`],
      ['meanLow', whole ? interval.low : null],
      ['meanHigh', whole ? interval.high : null],
      ['bootstrapLow', bootstrap?.low ?? null],
      ['bootstrapHigh', bootstrap?.high ?? null],
      ['median', medianText(values)],
      ['medianLow', middle?.low ?? null],
      ['medianHigh', middle?.high ?? null],
      ['deviation', censored > 0 ? null : Math.sqrt(variance(numbers))],
      ['minimum', censored > 0 ? null : Math.min(...numbers)],
      ['maximum', censored > 0 ? null : Math.max(...numbers)],
      ['baseline', against?.baseline.name ?? null],
      ['pairing', difference?.pairing ?? null],
      ['pairs', difference?.count ?? null],
      ['difference', difference?.difference ?? null],
      ['differenceLow', difference?.low ?? null],
      ['differenceHigh', difference?.high ?? null],
      ['pHolm', difference?.adjusted ?? null],
      ['varianceReduction', difference?.varianceReduction ?? null],
      ['verdict', difference?.verdict ?? null],
    ]),
  };
}

const DECIMALS = 6;

/** The median with bounds as far as they go; a bound itself unless it is the same with the unknown parts beyond all others. */
function medianText(values: readonly CellValue[]): string {
  const least = median(values.map((one) => one.value));
  const most = median(values.map((one) => (one.atLeast ? Number.MAX_VALUE : one.value)));
  return `${least === most ? '' : '>'}${formatCell(least, DECIMALS)}`;
}
