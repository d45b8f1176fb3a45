import { closeSync, openSync, readSync } from 'node:fs';
import { GunzipSource } from './gunzip-source.ts';
import type { TraceFile } from './reader.ts';
import { TraceInputError } from './trace-input-error.ts';

/** Bytes of a file in order, block by block. */
export interface ByteSource {
  /** Fills `into` from index `from` on with at least one byte; returns how many, 0 at the end. */
  read(into: Uint8Array, from: number): number;
  close(): void;
}

/**
 * Opens a file, plain or gzip (told by its first two bytes).
 * @throws TraceInputError if it is missing, a folder, unreadable, or named `.gz` without being gzip
 */
export function openBytes(file: TraceFile): ByteSource {
  const plain = new PlainSource(file);
  try {
    const magic = new Uint8Array(2);
    let length = 0;
    while (length < 2) {
      const read = plain.read(magic, length);
      if (read === 0) break;
      length += read;
    }
    plain.rewind();
    if (length === 2 && magic[0] === 0x1f && magic[1] === 0x8b) return new GunzipSource(plain, file.label);
    if (file.label.endsWith('.gz')) throw new TraceInputError({ file: file.label, problem: 'is not a gzip file', expected: 'a file that begins with the bytes 1f 8b', hint: 'rename it if it is plain text' });
    return plain;
  } catch (error) {
    plain.close();
    throw error;
  }
}

class PlainSource implements ByteSource {
  readonly #descriptor: number;
  readonly #file: TraceFile;
  #position = 0;

  constructor(file: TraceFile) {
    this.#file = file;
    try {
      this.#descriptor = openSync(file.path, 'r');
    } catch (error) {
      throw unreadable(file, error);
    }
  }

  read(into: Uint8Array, from: number): number {
    try {
      const length = readSync(this.#descriptor, into, from, into.length - from, this.#position);
      this.#position += length;
      return length;
    } catch (error) {
      throw unreadable(this.#file, error);
    }
  }

  rewind(): void {
    this.#position = 0;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** The message for a file that cannot be opened or read. */
export function unreadable(file: TraceFile, error: unknown): TraceInputError {
  const code = (error as NodeJS.ErrnoException).code;
  const full = file.path === file.label ? {} : { hint: `looked at ${file.path}` };
  if (code === 'ENOENT') return new TraceInputError({ file: file.label, problem: 'the file does not exist', ...full });
  if (code === 'EISDIR') return new TraceInputError({ file: file.label, problem: 'is a folder', expected: 'a file', ...full });
  return new TraceInputError({ file: file.label, problem: `cannot be read: ${code ?? String(error)}`, ...full });
}
