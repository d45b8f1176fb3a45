import { readFileSync } from 'node:fs';
import { buildWorkload, InputError, type Plugin, READ_OPTIONS, type ReadOptions, ReportBuilder, type TraceReader, z } from '../../src/index.ts';

interface Options extends ReadOptions {
  readonly format: 'accounting';
  readonly log: string;
}

/** Reads lines such as `2.5 render 4 8 300`: submitted at (s), name, cores, memory (GiB), run time (s). Lines that cannot be used are counted and listed, never skipped in silence. */
const accounting: TraceReader<Options> = {
  name: 'accounting',
  summary: 'example: a job accounting log with five columns',
  files: [{ role: 'log', required: true, summary: 'lines of: submit time, name, cores, memory in GiB, run time' }],
  options: z.strictObject({ format: z.literal('accounting'), log: z.string().min(1).describe('path of the log'), ...READ_OPTIONS }),
  read(files, options) {
    const { path, label } = files.get('log')!;
    const report = new ReportBuilder();
    const jobs: Parameters<typeof buildWorkload>[1][number][] = [];
    let endUs = 0;
    readFileSync(path, 'utf8').split('\n').forEach((line, i) => {
      if (line.trim() === '') return;
      report.rows++;
      const [submit, name, cores, memory, seconds] = line.trim().split(/\s+/);
      const numbers = [submit, cores, memory, seconds].map(Number);
      if (name === undefined || numbers.some((number) => !(number >= 0))) {
        report.reject(label, i + 1, 'expected submit time, name, cores, memory and run time');
        return;
      }
      const [submitUs, durationUs] = [Math.round(numbers[0]! * 1e6), Math.round(numbers[3]! * 1e6)];
      jobs.push({ name, submitUs, shape: { kind: 'batch', cpuMilli: Math.round(numbers[1]! * 1000), memoryBytes: Math.round(numbers[2]! * 1_073_741_824) }, durationsUs: [durationUs] });
      report.accepted++;
      endUs = Math.max(endUs, submitUs + durationUs);
    });
    if (jobs.length === 0) throw new InputError(`${label}: holds no usable line`);
    return { columns: buildWorkload(options.name ?? 'accounting', jobs), machines: null, report: report.finish(0, endUs) };
  },
};

export default { name: 'example-reader', readers: [accounting] } satisfies Plugin;
