import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../engine/input-error.ts';
import { GPU_MILLI, type MachineSpec } from '../world/machine-inventory.ts';
import { LIST_SEPARATOR, MACHINE_COLUMNS, MODEL_SEPARATOR, TASK_COLUMNS } from './readers/seatrial-csv/columns.ts';
import type { Shape } from './shape.ts';
import { Workload, type WorkloadColumns } from './workload.ts';

const CHUNK = 1 << 16;

/** Writes a workload, and machines if given, in Seatrial's own format (docs/traces.md): `tasks.csv` and `machines.csv` in a folder, which is made if need be. */
export function writeSeatrialCsv(folder: string, columns: WorkloadColumns, machines: readonly MachineSpec[] | null): void {
  mkdirSync(folder, { recursive: true });
  writeLines(join(folder, 'tasks.csv'), taskRows(columns));
  if (machines !== null) writeLines(join(folder, 'machines.csv'), machineRows(machines));
}

/**
 * Lines of the task list with its header.
 * @throws InputError for a name or value that the format cannot hold
 */
export function* taskRows(columns: WorkloadColumns): Generator<string> {
  const workload = new Workload(columns);
  const shapes = columns.shapes.map(shapeFields);
  yield `${TASK_COLUMNS.join(',')}\n`;
  for (let job = 0; job < workload.jobCount; job++) {
    const { kind, requests, tail } = shapes[columns.jobShape[job]!]!;
    const name = workload.jobName(job);
    const fields = [
      seconds(columns.jobSubmitUs[job]!),
      field(plain(name, LIST_SEPARATOR, 'job name')),
      String(workload.size(job)),
      kind,
      durations(workload, job),
      requests,
      field(predecessors(workload, job)),
      tail,
    ];
    yield `${fields.join(',')}\n`;
  }
}

/** Lines of the machine list with its header. */
export function* machineRows(machines: readonly MachineSpec[]): Generator<string> {
  yield `${MACHINE_COLUMNS.join(',')}\n`;
  for (const machine of machines) {
    const attributes = Object.entries(machine.attributes ?? {}).map(([name, value]) => `${plain(plain(name, '=', 'attribute name'), LIST_SEPARATOR, 'attribute name')}=${plain(value, LIST_SEPARATOR, 'attribute value')}`);
    const fields = [
      machine.name,
      decimals(machine.cpuMilli, 3),
      bytes(machine.memoryBytes),
      String(machine.gpuCount ?? 0),
      machine.gpuModel ?? '',
      machine.slots === undefined || machine.slots === Infinity ? '' : String(machine.slots),
      machine.rack ?? '',
      machine.zone ?? '',
      attributes.join(LIST_SEPARATOR),
    ];
    yield `${fields.map(field).join(',')}\n`;
  }
}

/** Fields of a shape, in the order of {@link TASK_COLUMNS}: before and behind the column `after`. */
function shapeFields(shape: Shape): { kind: string; requests: string; tail: string } {
  const models = shape.gpuModels.map((model) => plain(model, MODEL_SEPARATOR, 'GPU model')).join(MODEL_SEPARATOR);
  const constraints = shape.constraints.map(({ attribute, operator, value }) => {
    if (/[=!]/.test(attribute)) throw new InputError(`the attribute name "${attribute}" cannot be written: it holds a "=" or "!"`);
    return `${plain(attribute, LIST_SEPARATOR, 'attribute name')}${operator}${plain(value, LIST_SEPARATOR, 'attribute value')}`;
  });
  return {
    kind: shape.kind,
    requests: [
      decimals(shape.cpuMilli, 3),
      bytes(shape.memoryBytes),
      String(shape.gpuCount),
      shape.gpuCount === 0 || shape.gpuMilli === GPU_MILLI ? '' : String(shape.gpuMilli),
      field(models),
      field(shape.image),
      String(shape.priority),
      field(constraints.join(LIST_SEPARATOR)),
    ].join(','),
    tail: [field(shape.user), String(shape.failureShare)].join(','),
  };
}

function durations(workload: Workload, job: number): string {
  const { taskDurationUs } = workload.columns;
  const first = workload.firstTask(job);
  const size = workload.size(job);
  let equal = true;
  for (let task = first + 1; task < first + size; task++) equal &&= taskDurationUs[task] === taskDurationUs[first];
  if (equal) return taskDurationUs[first] === Infinity ? '' : seconds(taskDurationUs[first]!);
  return Array.from({ length: size }, (_, task) => seconds(taskDurationUs[first + task]!)).join(' ');
}

function predecessors(workload: Workload, job: number): string {
  const dependencies = workload.columns.dependencies;
  if (dependencies === null) return '';
  const names: string[] = [];
  for (let i = dependencies.first[job]!; i < dependencies.first[job + 1]!; i++) names.push(workload.jobName(dependencies.list[i]!));
  return names.join(LIST_SEPARATOR);
}

function seconds(us: number): string {
  return decimals(us, 6);
}

/** value / 10^places as a decimal without trailing zeros, from whole digits alone. */
function decimals(value: number, places: number): string {
  if (!Number.isSafeInteger(value)) throw new InputError(`${value} cannot be written: it is no whole number`);
  const digits = String(value).padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  return digits.slice(0, -places) + (fraction === '' ? '' : `.${fraction}`);
}

function bytes(value: number): string {
  for (const [unit, size] of [['GiB', 1_073_741_824], ['MiB', 1_048_576]] as const) if (value > 0 && value % size === 0) return `${value / size}${unit}`;
  return String(value);
}

function plain(text: string, separator: string, what: string): string {
  if (text !== text.trim()) throw new InputError(`the ${what} "${text}" cannot be written: it begins or ends with a blank`);
  if (text.includes(separator)) throw new InputError(`the ${what} "${text}" cannot be written: it holds a "${separator}", which separates entries of a list`);
  return text;
}

/** Quoted where RFC 4180 asks for it. */
function field(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function writeLines(path: string, lines: Iterable<string>): void {
  const descriptor = openSync(path, 'w');
  try {
    let chunk = '';
    for (const line of lines) {
      chunk += line;
      if (chunk.length >= CHUNK) {
        writeFileSync(descriptor, chunk);
        chunk = '';
      }
    }
    writeFileSync(descriptor, chunk);
  } finally {
    closeSync(descriptor);
  }
}
