import { createHash } from 'node:crypto';
import { closeSync, fstatSync, mkdirSync, mkdtempSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Reading } from './reader.ts';
import type { WorkloadColumns } from './workload.ts';

/** Changed whenever the layout of the file, or what readers make of a trace, changes: files of other versions are stale. */
export const COLUMN_FILE_VERSION = 2;

const MAGIC = 'SEATRIAL-COLUMNS';
const DIGEST_BYTES = 32;
const PREAMBLE_BYTES = MAGIC.length + 8;

type Column = Float64Array | Uint32Array | Uint8Array;
const TYPES = { f64: Float64Array, u32: Uint32Array, u8: Uint8Array } as const;
type ColumnType = keyof typeof TYPES;

interface Header {
  readonly key: string;
  readonly name: string;
  readonly shapes: WorkloadColumns['shapes'];
  readonly machines: Reading['machines'];
  readonly report: Reading['report'];
  readonly columns: readonly { readonly name: string; readonly type: ColumnType; readonly length: number }[];
}

/**
 * Writes a reading as a binary column file: magic, version, length of the header, header (JSON), columns in the byte order of the machine, SHA-256 of all of it.
 * By temporary file and rename: a reader sees the whole file or none.
 */
export function writeColumnFile(path: string, key: string, reading: Reading): void {
  const columns = columnsOf(reading.columns);
  const header: Header = {
    key,
    name: reading.columns.name,
    shapes: reading.columns.shapes,
    machines: reading.machines,
    report: reading.report,
    columns: columns.map(({ name, column }) => ({ name, type: typeOf(column), length: column.length })),
  };
  const text = Buffer.from(JSON.stringify(header));
  const preamble = Buffer.alloc(PREAMBLE_BYTES);
  preamble.write(MAGIC, 'latin1');
  preamble.writeUInt32LE(COLUMN_FILE_VERSION, MAGIC.length);
  preamble.writeUInt32LE(text.length, MAGIC.length + 4);
  mkdirSync(dirname(path), { recursive: true });
  const folder = mkdtempSync(join(dirname(path), 'writing-'));
  try {
    const temporary = join(folder, 'columns');
    const descriptor = openSync(temporary, 'wx');
    try {
      const hash = createHash('sha256');
      for (const part of [preamble, text, ...columns.map(({ column }) => bytesOf(column))]) {
        hash.update(part);
        writeWhole(descriptor, part);
      }
      writeWhole(descriptor, hash.digest());
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Reads a column file straight into shared memory.
 * @returns the reading, or why the file cannot be used: absent, of another version or key, or damaged
 */
export function readColumnFile(path: string, key: string): Reading | { readonly unusable: string } {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return { unusable: code === 'ENOENT' ? 'absent' : `cannot be opened: ${code}` };
  }
  try {
    return readOpened(descriptor, key);
  } catch (error) {
    return { unusable: `damaged: ${error instanceof Error ? error.message : String(error)}` };
  } finally {
    closeSync(descriptor);
  }
}

function readOpened(descriptor: number, key: string): Reading | { readonly unusable: string } {
  const hash = createHash('sha256');
  const preamble = new Uint8Array(PREAMBLE_BYTES);
  readWhole(descriptor, preamble);
  hash.update(preamble);
  const view = Buffer.from(preamble.buffer);
  if (view.toString('latin1', 0, MAGIC.length) !== MAGIC) return { unusable: 'damaged: not a column file' };
  const version = view.readUInt32LE(MAGIC.length);
  if (version !== COLUMN_FILE_VERSION) return { unusable: `of version ${version}` };
  const headerBytes = view.readUInt32LE(MAGIC.length + 4);
  const size = fstatSync(descriptor).size;
  if (PREAMBLE_BYTES + headerBytes + DIGEST_BYTES > size) return { unusable: 'damaged: truncated' };
  const text = new Uint8Array(headerBytes);
  readWhole(descriptor, text);
  hash.update(text);
  const header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text)) as Header;
  if (header.key !== key) return { unusable: 'of another trace' };
  const bytes = header.columns.reduce((sum, { type, length }) => sum + TYPES[type].BYTES_PER_ELEMENT * length, 0);
  if (PREAMBLE_BYTES + headerBytes + bytes + DIGEST_BYTES !== size) return { unusable: 'damaged: truncated' };
  const columns = new Map<string, Column>();
  for (const { name, type, length } of header.columns) {
    const column = allocated(type, length);
    readWhole(descriptor, bytesOf(column));
    hash.update(bytesOf(column));
    columns.set(name, column);
  }
  const digest = new Uint8Array(DIGEST_BYTES);
  readWhole(descriptor, digest);
  if (!hash.digest().equals(digest)) return { unusable: 'damaged: its contents do not match their checksum' };
  return { columns: assembled(header, columns), machines: header.machines, report: header.report };
}

function columnsOf(columns: WorkloadColumns): { name: string; column: Column }[] {
  const optional: [string, Column | undefined][] = [
    ['jobFirstTask', columns.jobFirstTask ?? undefined],
    ['taskJob', columns.taskJob ?? undefined],
    ['dependencyFirst', columns.dependencies?.first],
    ['dependencyList', columns.dependencies?.list],
    ['nameBytes', columns.jobNames?.bytes],
    ['nameOffsets', columns.jobNames?.offsets],
    ['jobInitialCount', columns.jobInitialCount ?? undefined],
  ];
  return [
    { name: 'jobSubmitUs', column: columns.jobSubmitUs },
    { name: 'jobShape', column: columns.jobShape },
    { name: 'jobKey', column: columns.jobKey },
    { name: 'taskDurationUs', column: columns.taskDurationUs },
    ...optional.flatMap(([name, column]) => (column === undefined ? [] : [{ name, column }])),
  ];
}

function assembled(header: Header, columns: ReadonlyMap<string, Column>): WorkloadColumns {
  const first = columns.get('dependencyFirst');
  const bytes = columns.get('nameBytes');
  return {
    name: header.name,
    shapes: header.shapes,
    jobSubmitUs: columns.get('jobSubmitUs') as Float64Array,
    jobShape: columns.get('jobShape') as Uint32Array,
    jobKey: columns.get('jobKey') as Uint32Array,
    jobFirstTask: (columns.get('jobFirstTask') as Uint32Array | undefined) ?? null,
    taskJob: (columns.get('taskJob') as Uint32Array | undefined) ?? null,
    taskDurationUs: columns.get('taskDurationUs') as Float64Array,
    dependencies: first === undefined ? null : { first: first as Uint32Array, list: columns.get('dependencyList') as Uint32Array },
    jobNames: bytes === undefined ? null : { bytes: bytes as Uint8Array, offsets: columns.get('nameOffsets') as Uint32Array },
    jobInitialCount: (columns.get('jobInitialCount') as Uint32Array | undefined) ?? null,
  };
}

function typeOf(column: Column): ColumnType {
  if (column instanceof Float64Array) return 'f64';
  return column instanceof Uint32Array ? 'u32' : 'u8';
}

function allocated(type: ColumnType, length: number): Column {
  const buffer = new SharedArrayBuffer(TYPES[type].BYTES_PER_ELEMENT * length);
  if (type === 'f64') return new Float64Array(buffer);
  return type === 'u32' ? new Uint32Array(buffer) : new Uint8Array(buffer);
}

function bytesOf(column: Column): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
}

function readWhole(descriptor: number, into: Uint8Array): void {
  for (let from = 0; from < into.length; ) {
    const length = readSync(descriptor, into, from, into.length - from, null);
    if (length === 0) throw new Error('truncated');
    from += length;
  }
}

function writeWhole(descriptor: number, bytes: Uint8Array): void {
  for (let from = 0; from < bytes.length; ) from += writeSync(descriptor, bytes, from);
}
