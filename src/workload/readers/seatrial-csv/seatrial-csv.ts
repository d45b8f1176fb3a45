import { z } from 'zod';
import { READ_OPTIONS, type ReadOptions, type TraceReader } from '../../reader.ts';
import { ReportBuilder } from '../../read-report.ts';
import { readMachines } from './machines.ts';
import { readTasks } from './tasks.ts';

/** Scenario options of the reader of Seatrial's own CSV. */
export interface SeatrialCsvOptions extends ReadOptions {
  readonly format: 'seatrial-csv';
  readonly tasks: string;
  readonly machines?: string | undefined;
}

/** Seatrial's own CSV: a task list and, if wanted, a machine list. Documented in docs/traces.md; strict: any mistake is an error. */
export const seatrialCsv: TraceReader<SeatrialCsvOptions> = {
  name: 'seatrial-csv',
  summary: "Seatrial's own CSV (docs/traces.md): task list and machine list, plain or gzip",
  files: [
    { role: 'tasks', required: true, summary: 'task list: one row per job' },
    { role: 'machines', required: false, summary: 'machine list: one row per machine' },
  ],
  options: z.strictObject({
    format: z.literal('seatrial-csv'),
    tasks: z.string().min(1).describe('path of a task list'),
    machines: z.string().min(1).optional().describe('path of a machine list; default: the scenario describes the machines'),
    ...READ_OPTIONS,
  }),
  read(files, options) {
    const report = new ReportBuilder();
    const machineFile = files.get('machines');
    const machines = machineFile === undefined ? null : readMachines(machineFile);
    const { columns, initialJobs, horizonUs } = readTasks(files.get('tasks')!, options, report);
    return { columns, machines, report: report.finish(initialJobs, horizonUs) };
  },
};
