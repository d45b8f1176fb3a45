import { expect, test } from 'vitest';
import { answer } from './answer.ts';
import type { CsvRow } from './results.ts';
import { slicesOf } from './slices.ts';

function answerOf(runs: readonly CsvRow[]): string {
  const results = { runs, parameters: [], timeline: [], waits: [], recoveries: [], translations: [], failures: [], plan: undefined, manifest: undefined };
  return answer(slicesOf(results)[0]!).replaceAll('\u202F', ' ');
}

function run(cell: string, seed: number, useful: string, restore = ''): CsvRow {
  return { run: `${cell}-${seed}`, cell, orchestrator: cell, seed: String(seed), machines: '4', usefulCpuShare: useful, restoreP50S: restore };
}

test('one run: ranked by useful CPU, recoveries by time, bounds named as such, chance not denied', () => {
  expect(answerOf([run('mesos', 7, '0.5', '90'), run('kubernetes', 7, '0.61', '346'), run('swarm-classic', 7, '0.4', '>3600'), run('reference/fifo', 7, '0.7', '1')])).toBe(
    'Of all CPU, kubernetes put 61.0 % to useful work, mesos 50.0 % and swarm-classic 40.0 % (ideal: reference/fifo 70.0 %); after a failure, half of the recoveries were complete within 1 min 30 s (mesos), 5 min 46 s (kubernetes) and more than 1 h (swarm-classic). One run, seed 7: differences may be chance.',
  );
});

test('several seeds: a lead is claimed only beyond the intervals', () => {
  expect(answerOf([run('a', 1, '0.60'), run('a', 2, '0.602'), run('b', 1, '0.5'), run('b', 2, '0.502')])).toBe('Of all CPU, a put 60.1 % (± 1.3 %) to useful work and b 50.1 % (± 1.3 %), and the lead of a is beyond the 95 % intervals.');
  expect(answerOf([run('a', 1, '0.60'), run('a', 2, '0.55'), run('b', 1, '0.5'), run('b', 2, '0.56')])).toContain(', but the 95 % intervals of a and b overlap.');
});

test('one system alone, ideals alone, nothing measured', () => {
  expect(answerOf([run('a', 1, '0.5')])).toBe('Of all CPU, a put 50.0 % to useful work. One run, seed 1: differences may be chance.');
  expect(answerOf([run('reference/fifo', 1, '0.5')])).toContain('Of all CPU, reference/fifo put 50.0 % to useful work.');
  expect(answerOf([run('a', 1, '')])).toContain('Useful CPU was not measured.');
});
