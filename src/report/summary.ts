import { cellNumber, cellValue, type CellValue } from './cell-value.ts';
import { labelOf, settingOf } from './cells.ts';
import { meanInterval } from '../statistics/mean-interval.ts';
import { isReference } from './palette.ts';
import type { CsvRow } from './results.ts';
import { formatDuration, formatNumber, formatShare, THIN_SPACE } from './text-format.ts';

/** A column of the summary. */
export interface SummaryColumn {
  readonly heading: string;
  /** What it means, in one sentence. */
  readonly meaning: string;
  /** Which end is better; undefined = neither. */
  readonly better?: 'higher' | 'lower';
  readonly value: (run: CsvRow) => CellValue | undefined;
  readonly format: (value: number) => string;
}

/** One cell of the summary: all seeds of one row of the plan. */
export interface SummaryCell {
  readonly text: string;
  /** Best of its column, and its 95 % interval overlaps that of no other system. */
  readonly best: boolean;
}

/** One row of the summary. */
export interface SummaryRow {
  readonly label: string;
  readonly orchestrator: string;
  readonly runs: readonly CsvRow[];
  readonly cells: readonly SummaryCell[];
}

const share = (column: string) => (run: CsvRow) => cellValue(run, column);

/** Tasks of the trace that ended well, of all that were to be run: submitted or rejected before submission. */
export function finishedShare(run: CsvRow): CellValue | undefined {
  const ended = cellNumber(run, 'finished') + zeroIfEmpty(run, 'cancelled');
  const offered = offeredTasks(run);
  return Number.isNaN(ended) || !(offered > 0) ? undefined : { value: ended / offered, atLeast: false };
}

/** Tasks that were to be run: submitted, or rejected because the orchestrator cannot express them. */
export function offeredTasks(run: CsvRow): number {
  return cellNumber(run, 'submitted') + zeroIfEmpty(run, 'rejected');
}

function zeroIfEmpty(run: CsvRow, column: string): number {
  const value = cellNumber(run, column);
  return Number.isNaN(value) ? 0 : value;
}

/** Columns of the summary, those without any value left out. */
export function summaryColumns(runs: readonly CsvRow[]): readonly SummaryColumn[] {
  return COLUMNS.filter((column) => runs.some((run) => column.value(run) !== undefined));
}

const COLUMNS: readonly SummaryColumn[] = [
  { heading: 'useful CPU', meaning: 'Share of all CPU of all machines that did work which counted: neither duplicate nor lost later.', better: 'higher', value: share('usefulCpuShare'), format: formatShare },
  { heading: 'useful GPU', meaning: 'The same for GPUs.', better: 'higher', value: share('usefulGpuShare'), format: formatShare },
  { heading: 'wait p50', meaning: 'Median time from first submission to start over all submitted tasks; >: not determined within the run.', better: 'lower', value: (run) => cellValue(run, 'waitP50S'), format: formatDuration },
  { heading: 'wait p99', meaning: 'The same for the slowest in a hundred.', better: 'lower', value: (run) => cellValue(run, 'waitP99S'), format: formatDuration },
  { heading: 'finished', meaning: 'Share of all tasks that ended well: batch work finished, services at the end of their lifetime.', better: 'higher', value: finishedShare, format: formatShare },
  { heading: 'refused', meaning: 'Requests that the orchestrator refused; the client may have tried again.', value: (run) => cellValue(run, 'refused'), format: (value) => formatNumber(value) },
  { heading: 'rejected', meaning: 'Tasks that the orchestrator cannot express; never submitted.', value: (run) => cellValue(run, 'rejected'), format: (value) => formatNumber(value) },
  { heading: 'detect p50', meaning: 'Median time from failure to its detection.', better: 'lower', value: (run) => cellValue(run, 'detectP50S'), format: formatDuration },
  { heading: 'restore p50', meaning: 'Median time from failure until everything that it hit ran again.', better: 'lower', value: (run) => cellValue(run, 'restoreP50S'), format: formatDuration },
];

/** Rows of the summary: one per cell (and swept parameters), in order of first appearance, ideals last. */
export function summaryRows(runs: readonly CsvRow[], parameters: readonly string[]): readonly SummaryRow[] {
  const columns = summaryColumns(runs);
  const bySetting = [...Map.groupBy(runs, (run) => parameters.map((name) => run[name]).join('\n')).values()];
  const groups = bySetting.flatMap((setting) => [...Map.groupBy(setting, labelOf).values()].toSorted((a, b) => Number(isReference(a[0]!['orchestrator']!)) - Number(isReference(b[0]!['orchestrator']!))));
  const estimates = groups.map((group) => columns.map((column) => estimate(group, column)));
  return groups.map((group, row) => ({
    label: rowLabel(group[0]!, parameters),
    orchestrator: group[0]!['orchestrator']!,
    runs: group,
    cells: columns.map((column, c) => {
      // Only rows that differ in the cell alone are compared: another offered load is another question.
      const rivals = groups.flatMap((other, i) => (i !== row && !isReference(other[0]!['orchestrator']!) && parameters.every((name) => other[0]![name] === group[0]![name]) ? [estimates[i]![c]] : []));
      return { text: textOf(estimates[row]![c], column), best: !isReference(group[0]!['orchestrator']!) && isBest(estimates[row]![c], rivals, column.better) };
    }),
  }));
}

function rowLabel(run: CsvRow, parameters: readonly string[]): string {
  return [labelOf(run), settingOf(run, parameters)].filter((part) => part !== '').join(', ');
}

/** A mean over seeds. Where one seed gives only a lower bound, the mean is one too. */
export interface Estimate {
  readonly mean: number;
  readonly halfWidth: number;
  readonly atLeast: boolean;
}

/** Mean over the runs in which the column is defined. */
export function estimate(runs: readonly CsvRow[], column: Pick<SummaryColumn, 'value'>): Estimate | undefined {
  const values = runs.flatMap((run) => column.value(run) ?? []);
  if (values.length === 0) return undefined;
  const { mean, halfWidth } = meanInterval(values.map((one) => one.value));
  const atLeast = values.some((one) => one.atLeast);
  return { mean, halfWidth: atLeast || values.length < runs.length ? Number.NaN : halfWidth, atLeast };
}

const PERCENT = `${THIN_SPACE}%`;

function textOf(one: Estimate | undefined, column: SummaryColumn): string {
  if (one === undefined) return '';
  // Equal for all seeds, but for rounding.
  const spread = Number.isNaN(one.halfWidth) || one.halfWidth <= 1e-9 * Math.abs(one.mean) ? '' : ` ±\u202F${column.format(one.halfWidth)}`;
  const text = `${column.format(one.mean)}${spread}`;
  // The unit once: `60.9 ± 0.4 %`.
  return `${one.atLeast ? '>' : ''}${spread !== '' && text.endsWith(PERCENT) ? `${text.slice(0, -PERCENT.length).replace(PERCENT, '')}${PERCENT}` : text}`;
}

function isBest(one: Estimate | undefined, rivals: readonly (Estimate | undefined)[], better: 'higher' | 'lower' | undefined): boolean {
  if (better === undefined || one === undefined || Number.isNaN(one.halfWidth) || rivals.length === 0) return false;
  return rivals.every((rival) => {
    if (rival === undefined || Number.isNaN(rival.halfWidth)) return false;
    return better === 'higher' ? one.mean - one.halfWidth > rival.mean + rival.halfWidth : one.mean + one.halfWidth < rival.mean - rival.halfWidth;
  });
}
