import { firstBadByte } from '../engine/first-bad-byte.ts';
import { openBytes } from './byte-source.ts';
import type { TraceFile } from './reader.ts';
import { TraceInputError } from './trace-input-error.ts';

const BLOCK = 1 << 20;

/**
 * A file as text, plain or gzip.
 * @param expected what the file should have been, for messages
 * @throws TraceInputError if it cannot be read or is not UTF-8
 */
export function readText(file: TraceFile, expected: string): string {
  const source = openBytes(file);
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const blocks: Uint8Array[] = [];
    for (let block = new Uint8Array(BLOCK), length = source.read(block, 0); length > 0; block = new Uint8Array(BLOCK), length = source.read(block, 0)) blocks.push(block.subarray(0, length));
    const bytes = Buffer.concat(blocks);
    try {
      return decoder.decode(bytes);
    } catch {
      throw new TraceInputError({ file: file.label, ...firstBadByte(bytes), problem: 'is not UTF-8', expected });
    }
  } finally {
    source.close();
  }
}
