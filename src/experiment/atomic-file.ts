import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';

/**
 * Writes a file so that it is either there as a whole or not at all: into a neighbour with a temporary name, then renamed.
 * @param chunks pieces of the text, taken one after the other
 */
export function writeAtomically(file: string, chunks: Iterable<string>): void {
  const temporary = `${file}.${process.pid}.tmp`;
  const descriptor = openSync(temporary, 'w');
  try {
    try {
      for (const chunk of chunks) writeSync(descriptor, chunk);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
