import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** `npm run test:hostile` tries ten thousand. */
const COUNT = 60;

it('hostile scenarios end in a clear error or a valid run', { timeout: 120_000 }, () => {
  const { stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'testing/hostile-check.ts'), String(COUNT)], { encoding: 'utf8', timeout: 110_000 });
  expect(stderr).toBe('');
  const { tried, refused, ran, violations } = JSON.parse(stdout) as { tried: number; refused: number; ran: number; violations: string[] };
  expect(violations).toEqual([]);
  expect(tried).toBe(COUNT);
  // The generator makes both kinds.
  expect(ran).toBeGreaterThan(0);
  expect(refused).toBeGreaterThan(COUNT / 4);
});
