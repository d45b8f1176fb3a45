import { cellNumber } from './cell-value.ts';
import { meanInterval } from '../statistics/mean-interval.ts';
import { parametersOf, readRuns, type CsvRow } from './results.ts';
import { summaryColumns, summaryRows, type SummaryRow } from './summary.ts';
import { formatNumber, THIN_SPACE } from './text-format.ts';

/** The summary of a result folder for a terminal. Throws ReportInputError when the folder holds no readable runs.csv. */
export function summaryTableOf(folder: string): string {
  return summaryTable(readRuns(folder));
}

/**
 * The summary of rows of runs.csv for a terminal: aligned columns, one line per cell, `*` at the best value where the 95 % intervals over seeds do not
 * overlap, and a last line that says how many seeds stand behind the numbers. No newline at the end; empty text for no rows.
 */
export function summaryTable(runs: readonly CsvRow[]): string {
  if (runs.length === 0) return '';
  const parameters = parametersOf(runs);
  const columns = summaryColumns(runs);
  const rows = summaryRows(runs, parameters);
  const single = rows.every((row) => row.runs.length === 1);
  const marked = rows.some((row) => row.cells.some((cell) => cell.best));
  const table = [
    ['', ...columns.map((column) => column.heading), 'events', ...(single ? ['digest'] : [])],
    ...rows.map((row) => [row.label, ...row.cells.map((cell) => plain(cell.text || '-') + (cell.best ? '*' : marked ? ' ' : '')), plain(eventsOf(row)), ...(single ? [row.runs[0]!['digest'] ?? ''] : [])]),
  ];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((line) => line[column]!.length)));
  const lines = table.map((line) => line.map((text, column) => (column === 0 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!))).join('  ').trimEnd());
  return [...lines, seedsNote(runs, marked)].join('\n');
}

function eventsOf(row: SummaryRow): string {
  const { mean } = meanInterval(row.runs.map((run) => cellNumber(run, 'eventCount')).filter((value) => !Number.isNaN(value)));
  return Number.isNaN(mean) ? '-' : formatNumber(mean);
}

function seedsNote(runs: readonly CsvRow[], marked: boolean): string {
  const seeds = [...new Set(runs.map((run) => run['seed']!))];
  if (seeds.length === 1) return `One run each, seed ${seeds[0]!}: differences may be chance.`;
  return `Mean of ${seeds.length} seeds ± half of the 95 % interval.${marked ? ' *: best, and its interval overlaps that of no other system.' : ''}`;
}

/** Terminals draw a thin space as wide as any other. */
function plain(text: string): string {
  return text.replaceAll(THIN_SPACE, ' ');
}
