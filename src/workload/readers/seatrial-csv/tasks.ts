import { ColumnBuilder } from '../../column-builder.ts';
import { CsvHeader } from '../../csv-header.ts';
import { CsvRows } from '../../csv-rows.ts';
import { decimal } from '../../decimal.ts';
import { JobSelection } from '../../job-selection.ts';
import type { ReportBuilder } from '../../read-report.ts';
import type { ReadOptions, TraceFile } from '../../reader.ts';
import type { Constraint, Shape } from '../../shape.ts';
import { TraceInputError } from '../../trace-input-error.ts';
import type { WorkloadColumns } from '../../workload.ts';
import { GPU_MILLI } from '../../../world/machine-inventory.ts';
import { LIST_SEPARATOR, MODEL_SEPARATOR, REQUIRED_TASK_COLUMNS, TASK_COLUMNS, type TaskColumn } from './columns.ts';
import { StrictRow } from './strict-row.ts';

const SHAPE_COLUMNS = ['kind', 'cpu', 'memory', 'gpu', 'gpuMilli', 'gpuModels', 'image', 'priority', 'constraints', 'user', 'failureShare'] as const;

/** Most tasks of one job: a larger number is a mistake of units, and would fill the memory before anything else noticed. */
const MAX_TASKS = 10_000_000;

/**
 * Reads a task list in Seatrial's own format (docs/traces.md): one row per job. Times are relative to time zero and are not shifted unless a window is asked for.
 * Jobs carried into a window keep what is left of them, if they had started at their submission.
 * @throws TraceInputError for any mistake, with line and column
 */
export function readTasks(file: TraceFile, options: ReadOptions, report: ReportBuilder): { columns: WorkloadColumns; initialJobs: number; horizonUs: number } {
  const selection = new JobSelection(options);
  const builder = new ColumnBuilder(options.name ?? 'seatrial-csv');
  const leftOut = new Map<string, number>();
  const rows = new CsvRows(file);
  let lastUs = 0;
  try {
    const row = new StrictRow<TaskColumn>(rows, new CsvHeader<TaskColumn>(rows, REQUIRED_TASK_COLUMNS, TASK_COLUMNS, true));
    const shapes = new Map<string, number>();
    while (row.next()) {
      report.rows++;
      const name = row.name('job');
      if (name.includes(LIST_SEPARATOR)) throw row.fail('job', `"${name}" holds a "${LIST_SEPARATOR}", which separates names in the column after`);
      const first = leftOut.get(name) ?? builder.lineOf(name);
      if (first >= 0) throw row.fail('job', `duplicate id "${name}", first used on line ${first}`);
      const submitUs = Math.round(row.number('submit', 'seconds from the start', 6));
      const key = SHAPE_COLUMNS.map((column) => row.text(column)).join('\u0000');
      let shape = shapes.get(key);
      if (shape === undefined) {
        shape = builder.shape(readShape(row));
        shapes.set(key, shape);
      }
      let durations = readDurations(row);
      const tasks = readTaskCount(row, durations);
      const longestUs = typeof durations === 'number' ? durations : durations.reduce((longest, durationUs) => Math.max(longest, durationUs), 0);
      const inWindow = selection.inWindow(submitUs, submitUs + longestUs);
      if (!inWindow || !selection.sampled(name)) {
        if (inWindow) report.notSampled++;
        else report.outsideWindow++;
        leftOut.set(name, row.line);
        continue;
      }
      const carried = submitUs < selection.fromUs;
      if (carried) {
        const passedUs = selection.fromUs - submitUs;
        durations = typeof durations === 'number' ? durations - passedUs : durations.map((durationUs) => durationUs - passedUs).filter((durationUs) => durationUs > 0);
      }
      const after = carried ? '' : row.text('after');
      builder.job(
        name,
        Math.max(submitUs, selection.fromUs),
        shape,
        durations,
        typeof durations === 'number' ? tasks : durations.length,
        row.line,
        after === '' ? [] : after.split(LIST_SEPARATOR).map((predecessor) => predecessor.trim()),
      );
      report.accepted++;
      lastUs = Math.max(lastUs, submitUs);
    }
  } finally {
    rows.close();
  }
  if (builder.jobCount === 0) throw new TraceInputError({ file: file.label, problem: `holds no usable job (${report.rows} rows, ${report.outsideWindow} outside the window, ${report.notSampled} not sampled)` });
  builder.shiftBack(selection.fromUs);
  const columns = builder.build(leftOut, (line, job, problem, hint) => new TraceInputError({ file: file.label, line, path: 'after', problem: `job "${job}" ${problem}`, ...(hint === undefined ? {} : { hint }) }));
  let initialJobs = 0;
  if (selection.windowed) while (initialJobs < columns.jobSubmitUs.length && columns.jobSubmitUs[initialJobs] === 0) initialJobs++;
  return { columns, initialJobs, horizonUs: (selection.toUs === Infinity ? lastUs : selection.toUs) - selection.fromUs };
}

function readShape(row: StrictRow<TaskColumn>): Shape {
  const kind = row.text('kind') || 'batch';
  if (kind !== 'batch' && kind !== 'service') throw row.fail('kind', `"${kind}" is no kind of job`, 'batch or service');
  const gpuCount = row.whole('gpu', 'a whole number of GPU devices', 0);
  const gpuMilli = row.whole('gpuMilli', `milli-GPU per device, 1 to ${GPU_MILLI}`, gpuCount > 0 ? GPU_MILLI : 0);
  if (gpuCount > 0 && (gpuMilli < 1 || gpuMilli > GPU_MILLI)) throw row.fail('gpuMilli', `${gpuMilli} is out of range`, `milli-GPU per device, 1 to ${GPU_MILLI}`);
  if (gpuCount > 1 && gpuMilli < GPU_MILLI) throw row.fail('gpuMilli', `asks for parts of ${gpuCount} devices`, 'a part of one device, or whole ones');
  if (gpuCount === 0 && gpuMilli > 0) throw row.fail('gpuMilli', 'is given, but gpu is 0', 'gpu of 1');
  const failureShare = row.number('failureShare', 'a probability from 0 to 1', 0, 0);
  if (failureShare > 1) throw row.fail('failureShare', `${failureShare} is out of range`, 'a probability from 0 to 1');
  const priority = row.text('priority') || '0';
  if (!/^-?\d{1,10}$/.test(priority)) throw row.fail('priority', `"${priority}" is not whole`, 'a whole number; larger is more important');
  const models = row.text('gpuModels');
  return {
    kind,
    cpuMilli: row.cpuMilli('cpu'),
    memoryBytes: row.bytes('memory'),
    gpuCount,
    gpuMilli,
    gpuModels: models === '' ? [] : models.split(MODEL_SEPARATOR).map((model) => model.trim()),
    image: row.text('image'),
    priority: Number(priority),
    constraints: readConstraints(row),
    user: row.text('user'),
    failureShare,
    native: null,
  };
}

function readConstraints(row: StrictRow<TaskColumn>): Constraint[] {
  const text = row.text('constraints');
  if (text === '') return [];
  return text.split(LIST_SEPARATOR).map((entry) => {
    const match = /^\s*([^=!]+?)\s*(==|!=)\s*(.*?)\s*$/.exec(entry);
    if (match === null) throw row.fail('constraints', `"${entry}" is no constraint`, 'attribute==value or attribute!=value, several joined by ;');
    return { attribute: match[1]!, operator: match[2] as '==' | '!=', value: match[3]! };
  });
}

/** One duration for all tasks, or one per task. */
function readDurations(row: StrictRow<TaskColumn>): number | number[] {
  const text = row.text('duration');
  if (text === '') {
    if (row.text('kind') !== 'service') throw row.fail('duration', 'is empty', 'seconds of work; only a service may run for ever');
    return Infinity;
  }
  if (!text.includes(' ')) return Math.round(row.number('duration', 'seconds', 6));
  return text.split(/ +/).map((part) => {
    const bytes = Buffer.from(part);
    const durationUs = Math.round(decimal(bytes, 0, bytes.length, 6));
    if (Number.isNaN(durationUs)) throw row.fail('duration', `"${part}" is no number`, 'seconds, one number per task');
    if (durationUs < 0) throw row.fail('duration', `negative duration "${part}"`, 'seconds, one number per task');
    return durationUs;
  });
}

function readTaskCount(row: StrictRow<TaskColumn>, durations: number | readonly number[]): number {
  const tasks = row.whole('tasks', 'a whole number of tasks, 1 or more', typeof durations === 'number' ? 1 : durations.length);
  if (tasks < 1 || tasks > MAX_TASKS) throw row.fail('tasks', `${tasks} is out of range`, `a whole number of tasks, 1 to ${MAX_TASKS}`);
  if (typeof durations !== 'number' && durations.length !== tasks) throw row.fail('duration', `holds ${durations.length} durations for ${tasks} tasks`, 'one for all tasks or one for each');
  return tasks;
}
