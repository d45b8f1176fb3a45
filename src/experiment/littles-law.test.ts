import { expect, test } from 'vitest';
import type { CellValue } from '../metrics/cell-value.ts';
import { columnsOf } from '../metrics/columns.ts';
import { formatCell } from '../metrics/format-cell.ts';
import { ORCHESTRATORS } from '../orchestrators/registry.ts';
import { run } from './run.ts';
import { tinyPlan } from './testing/tiny-run.ts';

/*
 * J. D. C. Little, "A Proof for the Queuing Formula: L = lambda W" (Operations Research 9(3), 1961), as an identity of the result files: the tasks in the system of timeline.csv, over time, are
 * those of tasks.csv from submission to the end that their client knows.
 */

const WINDOW_S = 1800;

/** What stands in a cell of a file, read back. */
function cell(file: string, row: readonly CellValue[], column: string): number {
  const columns = columnsOf(file);
  const index = columns.findIndex(({ name }) => name === column);
  const text = formatCell(row[index], columns[index]!.decimals);
  return text === '' ? NaN : Number(text);
}

const { plan } = tinyPlan((text) =>
  text
    .replace('seeds: 1..2', `seed: 1\nwindow: { to: ${WINDOW_S}s }\ntimeline: { every: 70s }`)
    .replace(/orchestrators:\n(?: {2}- .*\n)+/, `orchestrators:\n${ORCHESTRATORS.map(({ name }) => `  - ${name}\n`).join('')}`),
);

test.each(plan.runs.map((spec) => [spec.cell, spec] as const))("Little's law holds between the files of a run of %s, with a machine lost", (_, spec) => {
  const { tables, tasks } = run(spec, plan.inputs, { tasks: true });
  let level = 0;
  tables.timeline.forEach((row, i) => {
    const from = cell('timeline.csv', row, 'timeS');
    const to = i + 1 < tables.timeline.length ? cell('timeline.csv', tables.timeline[i + 1]!, 'timeS') : WINDOW_S;
    level += (cell('timeline.csv', row, 'pending') + cell('timeline.csv', row, 'running')) * (to - from);
  });
  const inSystem = new Map(tasks!.map((row) => [row[1], Math.min(WINDOW_S, cell('tasks.csv', row, 'doneS') || WINDOW_S) - cell('tasks.csv', row, 'submitS')]));
  const total = [...inSystem.values()].reduce((sum, seconds) => sum + seconds, 0);
  expect(inSystem.size).toBeGreaterThan(40);
  expect(Math.abs(level - total) / level).toBeLessThan(1e-9);
});
