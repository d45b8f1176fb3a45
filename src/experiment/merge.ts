import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { columnsOf } from '../metrics/columns.ts';
import { formatCell } from '../metrics/format-cell.ts';
import type { RunSpec } from '../scenario/run-spec.ts';
import { writeAtomically } from './atomic-file.ts';
import { type CellValue, type RunFailure, TABLE_NAMES } from './run-record.ts';
import type { Store } from './store.ts';

/**
 * Writes the result tables from the runs of a store: in the order of the plan, so that the same runs give the same bytes however many workers made them and in
 * however many sittings. Runs that are not there are left out.
 */
export function merge(store: Store, runs: readonly RunSpec[], tasks: boolean): void {
  const finished = runs.filter((run) => store.isFinished(run.id));
  for (const table of TABLE_NAMES) {
    const file = `${table}.csv`;
    if (table === 'runs') writeAtomically(join(store.folder, file), runsCsv(finished, (run) => store.read(run.id).tables.runs));
    else writeAtomically(join(store.folder, file), csvOf(file, mapped(finished, (run) => store.read(run.id).tables[table])));
  }
  const tasksFile = join(store.folder, 'tasks.csv');
  if (tasks) writeAtomically(tasksFile, csvOf('tasks.csv', mapped(finished, (run) => store.readTasks(run.id))));
  else rmSync(tasksFile, { force: true });
  writeAtomically(
    join(store.folder, 'timing.csv'),
    csvOf('timing.csv', mapped(finished, (run) => {
      const timing = store.readTiming(run.id);
      return timing === null ? [] : [[run.id, timing.wallS, timing.cpuS, timing.maxRssMb, timing.eventsPerSecond]];
    })),
  );
}

/** Writes `failures.csv`; header alone when nothing failed. @param command how to repeat one run */
export function writeFailures(folder: string, failures: readonly RunFailure[], command: (spec: RunSpec) => string): void {
  const rows = failures.map(({ spec, error }): CellValue[] => [spec.id, spec.cell, spec.orchestrator, spec.seed, error, command(spec)]);
  writeAtomically(join(folder, 'failures.csv'), csvOf('failures.csv', [rows]));
}

/** A result file as pieces of CSV (RFC 4180 but for LF), each value with the decimals of its column. */
export function* csvOf(file: string, blocks: Iterable<readonly (readonly CellValue[])[]>): Generator<string> {
  const columns = columnsOf(file);
  yield stringify([columns.map((column) => column.name)]);
  for (const rows of blocks) {
    if (rows.length > 0) yield stringify(rows.map((row) => columns.map((column, i) => formatCell(row[i], column.decimals))));
  }
}

/** `runs.csv`: the columns of every run, and after the seed one per axis of the sweep. */
function* runsCsv(runs: readonly RunSpec[], rowsOf: (run: RunSpec) => readonly (readonly CellValue[])[]): Generator<string> {
  const columns = columnsOf('runs.csv');
  const at = columns.findIndex(({ name }) => name === 'seed') + 1;
  const axes = runs[0]?.axes.map(([column]) => column) ?? [];
  yield stringify([columns.map(({ name }) => name).toSpliced(at, 0, ...axes)]);
  for (const run of runs) {
    yield stringify(rowsOf(run).map((row) => columns.map((column, i) => formatCell(row[i], column.decimals)).toSpliced(at, 0, ...run.axes.map(([, text]) => text ?? ''))));
  }
}

function* mapped<T, U>(values: Iterable<T>, map: (value: T) => U): Generator<U> {
  for (const value of values) yield map(value);
}
