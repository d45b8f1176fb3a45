import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { columnsOf } from '../metrics/columns.ts';
import { formatCell } from '../metrics/format-cell.ts';
import type { RunSpec } from '../scenario/run-spec.ts';
import { AtomicFile } from './atomic-file.ts';
import { csvLine, csvLines } from './csv-lines.ts';
import type { Store } from './store.ts';
import { type StoredRun, TEXT_TABLES } from './stored-run.ts';

/** What a merge has to say of each run that it wrote. */
export type MergedRun = Pick<StoredRun, 'spec' | 'digest' | 'row'>;

/**
 * Writes the result tables from the runs of a store: in the order of the plan, so that the same runs give the same bytes however many workers made them and in
 * however many sittings. Runs that are not there are left out. Each run is read once.
 */
export function merge(store: Store, runs: readonly RunSpec[], tasks: boolean): MergedRun[] {
  const finished = runs.filter((run) => store.isFinished(run.id));
  const open = (name: string): AtomicFile => new AtomicFile(join(store.folder, name));
  const files = new Map(TEXT_TABLES.map((table) => [table, open(`${table}.csv`)]));
  const runsFile = open('runs.csv');
  const timingFile = open('timing.csv');
  const tasksFile = tasks ? open('tasks.csv') : null;
  const timings = store.readTimings();
  const merged: MergedRun[] = [];
  const columns = columnsOf('runs.csv');
  const axesAt = columns.findIndex(({ name }) => name === 'seed') + 1;
  try {
    runsFile.write(csvLine(columns.map(({ name }) => name).toSpliced(axesAt, 0, ...(runs[0]?.axes.map(([column]) => column) ?? []))));
    timingFile.write(headerOf('timing.csv'));
    tasksFile?.write(headerOf('tasks.csv'));
    for (const [table, file] of files) file.write(headerOf(`${table}.csv`));
    for (const { id } of finished) {
      const { spec, digest, row, tables } = store.read(id);
      runsFile.write(csvLine(columns.map((column, i) => formatCell(row[i], column.decimals)).toSpliced(axesAt, 0, ...spec.axes.map(([, text]) => text ?? ''))));
      for (const [table, file] of files) file.write(tables[table]);
      const timing = timings.get(id);
      if (timing !== undefined) timingFile.write(csvLines(columnsOf('timing.csv'), [[id, timing.wallS, timing.cpuS, timing.maxRssMb, timing.eventsPerSecond]]));
      tasksFile?.write(csvLines(columnsOf('tasks.csv'), store.readTasks(id)));
      merged.push({ spec, digest, row });
    }
    for (const file of [runsFile, timingFile, tasksFile, ...files.values()]) file?.keep();
  } finally {
    for (const file of [runsFile, timingFile, tasksFile, ...files.values()]) file?.end();
  }
  if (tasksFile === null) rmSync(join(store.folder, 'tasks.csv'), { force: true });
  return merged;
}

function headerOf(file: string): string {
  return csvLine(columnsOf(file).map(({ name }) => name));
}
