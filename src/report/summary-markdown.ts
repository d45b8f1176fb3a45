import { markdownTable } from './markdown-table.ts';
import { planFacts } from './plan-facts.ts';
import type { Results } from './results.ts';
import { summaryColumns, summaryRows } from './summary.ts';
import { countOf } from './text-format.ts';

/** The summary of a result folder as a Markdown table for a pull request: means with intervals, the best in bold where intervals do not overlap. Ends with a newline. */
export function summaryMarkdown(results: Results): string {
  const columns = summaryColumns(results.runs);
  const rows = summaryRows(results.runs, results.parameters);
  const { question, name } = planFacts(results.plan);
  const seeds = Math.max(...rows.map((row) => row.runs.length));
  const marked = rows.some((row) => row.cells.some((cell) => cell.best));
  const note = seeds === 1 ? 'One run each: differences may be chance.' : `Mean of ${seeds} seeds ± half of the 95 % interval (Student t).${marked ? ' Bold: best, and its interval overlaps that of no other system.' : ''}`;
  const failed = results.failures.length === 0 ? '' : ` ${countOf(results.failures.length, 'run')} failed and ${results.failures.length === 1 ? 'is' : 'are'} in no number: see failures.csv.`;
  const table = markdownTable(['', ...columns.map((column) => column.heading)], rows.map((row) => [row.label, ...row.cells.map((cell) => (cell.best ? `**${cell.text}**` : cell.text))]), columns.map((_, i) => i + 1));
  return `${question ?? `Results of ${name}`}\n\n${table}\n\n${note}${failed}\n`;
}
