import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Folder of recorded traces beside the checkout, or where SEATRIAL_TRACES says; they are not part of the repository. */
export const REAL_TRACES = process.env['SEATRIAL_TRACES'] ?? join(import.meta.dirname, '../../../../shared/traces');

/** Whether a trace is there; says so once if not. */
export function hasTrace(folder: string): boolean {
  const present = existsSync(join(REAL_TRACES, folder));
  if (!present) process.stderr.write(`tests on the trace ${folder} are skipped: no folder ${join(REAL_TRACES, folder)}; set SEATRIAL_TRACES to the folder that holds it\n`);
  return present;
}
