import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { TraceFile } from '../reader.ts';

/** A folder for one test, gone after it. */
export function traceFolder(): { readonly path: string; file(name: string, content: string | Uint8Array): TraceFile } {
  const path = mkdtempSync(join(tmpdir(), 'seatrial-trace-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    file(name, content) {
      writeFileSync(join(path, name), content);
      return { path: join(path, name), label: name };
    },
  };
}
