import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { endianness } from 'node:os';
import { join } from 'node:path';
import { unreadable } from './byte-source.ts';
import { COLUMN_FILE_VERSION, readColumnFile, writeColumnFile } from './column-file.ts';
import type { Reading, TraceFile } from './reader.ts';

const BLOCK = 1 << 20;

/** A source file of a trace, as a manifest names it. */
export interface SourceFile {
  readonly role: string;
  /** The path as the user wrote it. */
  readonly label: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** What the cache did: for the progress of a command, never part of results. */
export interface CacheOutcome {
  /** `off`: none was asked for. `hit`: read from it. `stored`: parsed and written to it. `unwritable`: parsed; the cache could not be written. */
  readonly state: 'off' | 'hit' | 'stored' | 'unwritable';
  /** Why it was no hit; '' for a hit or no cache. */
  readonly reason: string;
}

/**
 * Hashes a file.
 * @throws TraceInputError if it cannot be read
 */
export function hashSource(role: string, file: TraceFile): SourceFile {
  try {
    const descriptor = openSync(file.path, 'r');
    try {
      const hash = createHash('sha256');
      const block = new Uint8Array(BLOCK);
      let bytes = 0;
      for (let length = readSync(descriptor, block); length > 0; length = readSync(descriptor, block)) {
        hash.update(block.subarray(0, length));
        bytes += length;
      }
      return { role, label: file.label, bytes, sha256: hash.digest('hex') };
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw unreadable(file, error);
  }
}

/**
 * A reading by way of a folder of binary column files, keyed by the contents of the source files, the reader and its options, and the version of the format. A stale or damaged file is parsed anew and replaced;
 * a folder that cannot be written costs the cache, not the run.
 */
export function cachedReading(folder: string, reader: string, options: object, sources: readonly SourceFile[], read: () => Reading): Reading & { readonly cache: CacheOutcome } {
  const key = createHash('sha256')
    .update(JSON.stringify([COLUMN_FILE_VERSION, endianness(), reader, options, sources]))
    .digest('hex');
  const path = join(folder, `${reader}-${key.slice(0, 32)}.columns`);
  const cached = readColumnFile(path, key);
  if (!('unusable' in cached)) return { ...cached, cache: { state: 'hit', reason: '' } };
  const reading = read();
  try {
    writeColumnFile(path, key, reading);
    return { ...reading, cache: { state: 'stored', reason: cached.unusable } };
  } catch (error) {
    return { ...reading, cache: { state: 'unwritable', reason: error instanceof Error ? error.message : String(error) } };
  }
}
