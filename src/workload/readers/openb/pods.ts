import { ColumnBuilder } from '../../column-builder.ts';
import { CsvHeader } from '../../csv-header.ts';
import { CsvRows } from '../../csv-rows.ts';
import { JobSelection } from '../../job-selection.ts';
import type { ReportBuilder } from '../../read-report.ts';
import type { ReadOptions, TraceFile } from '../../reader.ts';
import { TraceInputError } from '../../trace-input-error.ts';
import type { WorkloadColumns } from '../../workload.ts';
import { GPU_MILLI } from '../../../world/machine-inventory.ts';

const MEBIBYTE = 1_048_576;
const REQUESTS = ['name', 'cpu_milli', 'memory_mib', 'num_gpu', 'gpu_milli'] as const;
const TIMES = ['gpu_spec', 'qos', 'creation_time', 'deletion_time', 'scheduled_time'] as const;
const COLUMNS = [...REQUESTS, ...TIMES] as const;

/**
 * What a quality-of-service class means. Latency-sensitive and guaranteed pods are services, the others batch work. Priorities are the lower bounds of the bands prod, mid and batch of
 * Koordinator, Alibaba's own extension of the Kubernetes scheduler, which has the same classes (koordinator-sh/koordinator apis/extension/priority.go).
 */
const QOS: ReadonlyMap<string, { readonly kind: 'service' | 'batch'; readonly priority: number }> = new Map([
  ['LS', { kind: 'service', priority: 9000 }],
  ['Guaranteed', { kind: 'service', priority: 9000 }],
  ['Burstable', { kind: 'batch', priority: 7000 }],
  ['BE', { kind: 'batch', priority: 6000 }],
]);

/** What is made of the pods of a list. */
export interface OpenbPodOptions extends ReadOptions {
  /** `gpu`: pods that ask for no GPU are left out. */
  readonly only: 'all' | 'gpu';
  /** All pods are submitted at time zero and keep their durations. */
  readonly together: boolean;
}

/**
 * Reads an OpenB pod list; a pod is a job of one task, submitted at its creation.
 *
 * A service is cancelled at its deletion, however long it waited: lifetime = deletion - creation. Batch work is what ran: deletion - scheduled; a batch pod that was never scheduled counts as work from
 * creation to deletion, as a repaired row. Carried into a window, a service keeps its deletion, and batch work what was left of it.
 *
 * The published lists of several GPUs per pod (openb_pod_list_multigpu*.csv) hold requests alone: such pods are services without an end, which only `together` can submit.
 * @throws TraceInputError if the file cannot be used as a whole, and for duplicate names
 */
export function readPods(file: TraceFile, options: OpenbPodOptions, report: ReportBuilder): { columns: WorkloadColumns; initialJobs: number; horizonUs: number } {
  const selection = new JobSelection(options);
  const builder = new ColumnBuilder(options.name ?? 'openb');
  const leftOut = new Map<string, number>();
  const rows = new CsvRows(file);
  let lastUs = 0;
  try {
    const header = new CsvHeader(rows, REQUESTS, TIMES, false);
    const present = TIMES.filter((column) => header.field(column) >= 0);
    if (present.length > 0 && present.length < TIMES.length) {
      throw new TraceInputError({ file: file.label, line: 1, path: TIMES.find((column) => !present.includes(column))!, problem: 'the header lacks this column', expected: `a header with the columns ${COLUMNS.join(', ')}` });
    }
    if (present.length === 0 && !options.together) {
      throw new TraceInputError({ file: file.label, line: 1, path: 'creation_time', problem: 'this list tells no times', expected: `"together: true" to submit all pods at time zero, or a header with the columns ${COLUMNS.join(', ')}` });
    }
    const row = new PodRow(rows, header);
    while (rows.next()) {
      report.rows++;
      const reason = row.read();
      if (reason !== '') {
        report.reject(file.label, rows.line, reason);
        continue;
      }
      const first = leftOut.get(row.name) ?? builder.lineOf(row.name);
      if (first >= 0) throw new TraceInputError({ file: file.label, line: rows.line, path: 'name', problem: `duplicate id "${row.name}", first used on line ${first}` });
      const inWindow = selection.inWindow(row.createdUs, row.deletedUs);
      if (!inWindow || !selection.sampled(row.name)) {
        if (inWindow) report.notSampled++;
        else report.outsideWindow++;
        leftOut.set(row.name, rows.line);
        continue;
      }
      if (options.only === 'gpu' && row.gpuCount === 0) {
        report.notSampled++;
        leftOut.set(row.name, rows.line);
        continue;
      }
      const qos = QOS.get(row.qos)!;
      const startUs = Number.isNaN(row.scheduledUs) ? row.createdUs : row.scheduledUs;
      if (qos.kind === 'batch' && Number.isNaN(row.scheduledUs)) report.repair(file.label, rows.line, 'never scheduled: work taken as deletion_time - creation_time');
      if (row.clampedGpuMilli > 0) report.clamp(file.label, rows.line, `gpu_milli ${row.clampedGpuMilli} cut to ${GPU_MILLI}, one device`);
      const submitUs = Math.max(row.createdUs, selection.fromUs);
      const durationUs = row.deletedUs - (qos.kind === 'service' ? submitUs : Math.max(startUs, selection.fromUs));
      const shape = builder.shape({
        kind: qos.kind,
        cpuMilli: row.cpuMilli,
        memoryBytes: row.memoryBytes,
        gpuCount: row.gpuCount,
        gpuMilli: row.gpuMilli,
        gpuModels: row.gpuCount === 0 || row.gpuModels === '' ? [] : row.gpuModels.split('|'),
        priority: qos.priority,
      });
      builder.job(row.name, options.together ? selection.fromUs : submitUs, shape, durationUs, 1, rows.line);
      report.accepted++;
      if (row.deletedUs < Infinity) lastUs = Math.max(lastUs, row.deletedUs);
    }
  } finally {
    rows.close();
  }
  if (builder.jobCount === 0) throw new TraceInputError({ file: file.label, problem: `holds no usable pod (${report.rows} rows, ${report.outsideWindow} outside the window, ${report.notSampled} not sampled)${report.firstRejection()}` });
  const originUs = selection.windowed || options.together ? selection.fromUs : builder.earliestUs();
  builder.shiftBack(originUs);
  const columns = builder.build();
  const initialJobs = selection.windowed ? countAtZero(columns.jobSubmitUs) : 0;
  return { columns, initialJobs, horizonUs: (selection.toUs === Infinity ? lastUs : selection.toUs) - originUs };
}

/** The fields of one pod, checked. Reused for every row. */
class PodRow {
  name = '';
  qos = '';
  gpuModels = '';
  cpuMilli = 0;
  memoryBytes = 0;
  gpuCount = 0;
  gpuMilli = 0;
  /** What `gpu_milli` was before it was cut; 0 = it was not. */
  clampedGpuMilli = 0;
  createdUs = 0;
  deletedUs = 0;
  /** `NaN` = never scheduled. */
  scheduledUs = NaN;
  readonly #rows: CsvRows;
  readonly #header: CsvHeader<(typeof COLUMNS)[number]>;
  readonly #field: ReadonlyMap<string, number>;

  constructor(rows: CsvRows, header: CsvHeader<(typeof COLUMNS)[number]>) {
    this.#rows = rows;
    this.#header = header;
    this.#field = new Map(COLUMNS.map((column) => [column, header.field(column)]));
  }

  /** Takes the current row; returns why it cannot be used, or ''. */
  read(): string {
    if (this.#rows.count !== this.#header.count) return `has ${this.#rows.count} fields, the header ${this.#header.count}`;
    this.name = this.#header.text('name').trim();
    if (this.#field.get('creation_time')! < 0) {
      this.qos = 'LS';
      this.createdUs = 0;
      this.deletedUs = Infinity;
      return this.#readRequests();
    }
    this.qos = this.#header.text('qos').trim();
    this.gpuModels = this.#header.text('gpu_spec').trim();
    this.createdUs = this.#number('creation_time', 6);
    this.deletedUs = this.#number('deletion_time', 6);
    const scheduled = this.#field.get('scheduled_time')!;
    this.scheduledUs = this.#rows.isEmpty(scheduled) ? NaN : this.#number('scheduled_time', 6);
    const unusable = this.#readRequests();
    if (unusable !== '') return unusable;
    if (!QOS.has(this.qos)) return `qos "${this.qos}" is none of ${[...QOS.keys()].join(', ')}`;
    if (!(this.createdUs >= 0)) return 'creation_time is not a number of 0 or more';
    if (!(this.deletedUs >= 0)) return 'deletion_time is not a number of 0 or more';
    if (this.deletedUs < this.createdUs) return `negative duration: deletion_time is before creation_time`;
    if (this.#rows.isEmpty(scheduled)) return '';
    if (Number.isNaN(this.scheduledUs)) return 'scheduled_time is not a number';
    if (this.scheduledUs < this.createdUs) return 'scheduled_time is before creation_time';
    if (this.deletedUs < this.scheduledUs) return 'negative duration: deletion_time is before scheduled_time';
    return '';
  }

  /** Takes what the pod asks for; returns why it cannot be used, or ''. */
  #readRequests(): string {
    this.cpuMilli = this.#number('cpu_milli', 0);
    this.memoryBytes = this.#number('memory_mib', 0) * MEBIBYTE;
    this.gpuCount = this.#number('num_gpu', 0);
    this.gpuMilli = this.gpuCount === 0 ? 0 : this.#number('gpu_milli', 0);
    this.clampedGpuMilli = this.gpuMilli > GPU_MILLI ? this.gpuMilli : 0;
    this.gpuMilli = Math.min(this.gpuMilli, GPU_MILLI);
    if (this.name === '') return 'name is empty';
    if (!(this.cpuMilli >= 0)) return 'cpu_milli is not a number of 0 or more';
    if (!(this.memoryBytes >= 0)) return 'memory_mib is not a number of 0 or more';
    if (!(Number.isInteger(this.gpuCount) && this.gpuCount >= 0)) return 'num_gpu is not a whole number of 0 or more';
    if (this.gpuCount > 0 && !(this.gpuMilli > 0)) return 'gpu_milli is not a positive number';
    if (this.gpuCount > 1 && this.gpuMilli < GPU_MILLI) return 'asks for parts of several GPUs';
    return '';
  }

  #number(column: string, shift: number): number {
    return Math.round(this.#rows.number(this.#field.get(column)!, shift));
  }
}

function countAtZero(sorted: Float64Array): number {
  let count = 0;
  while (count < sorted.length && sorted[count] === 0) count++;
  return count;
}
