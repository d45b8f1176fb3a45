import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ConformanceCase } from '../conformance.ts';
import { swarmClassicSuite } from './conformance-suite.ts';

const records = readFileSync(new URL('./conformance/swarm-classic.jsonl', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as ConformanceCase);

test('every recorded decision of classic Swarm 1.2.9 is taken the same way', () => {
  const results = records.filter((record) => swarmClassicSuite.accepts(record)).map((record) => ({ id: record.id, ...swarmClassicSuite.check(record) }));
  expect(results.filter(({ outcome }) => outcome !== 'agrees')).toEqual([]);
  expect(results).toHaveLength(404);
});

test('a recorded answer that is not what the model says is found', () => {
  const record = structuredClone(records.find((candidate) => candidate.kind === 'placement' && (candidate['strategy'] as string) === 'spread'))!;
  (record['expect'] as { placed: string }[])[0]!.placed = 'nowhere';
  expect(swarmClassicSuite.check(record).outcome).toBe('disagrees');
});
