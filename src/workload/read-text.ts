import { openBytes } from './byte-source.ts';
import type { TraceFile } from './reader.ts';
import { TraceInputError } from './trace-input-error.ts';

/**
 * A file as text, plain or gzip.
 * @param expected what the file should have been, for messages
 * @throws TraceInputError if it cannot be read or is not UTF-8
 */
export function readText(file: TraceFile, expected: string): string {
  const source = openBytes(file);
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const block = new Uint8Array(1 << 20);
    const parts: string[] = [];
    for (let length = source.read(block, 0); length > 0; length = source.read(block, 0)) parts.push(decoder.decode(block.subarray(0, length), { stream: true }));
    parts.push(decoder.decode());
    return parts.join('');
  } catch (error) {
    if (error instanceof TypeError) throw new TraceInputError({ file: file.label, problem: 'is not UTF-8', expected });
    throw error;
  } finally {
    source.close();
  }
}
