import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ConformanceCase } from '../conformance.ts';
import { swarmkitSuite } from './conformance-suite.ts';

const records = readFileSync(new URL('./conformance/swarmkit.jsonl', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as ConformanceCase);

test('every recorded decision of SwarmKit is taken the same way', () => {
  const results = records.filter((record) => swarmkitSuite.accepts(record)).map((record) => ({ id: record.id, ...swarmkitSuite.check(record) }));
  expect(results.filter(({ outcome }) => outcome !== 'agrees')).toEqual([]);
  expect(results).toHaveLength(316);
});

test('a recorded answer that is not what the model says is found', () => {
  const record = structuredClone(records.find((candidate) => candidate.kind === 'group' && (candidate['group'] as { count: number }).count === 2))!;
  (record['expect'] as { outcomes: unknown[] }).outcomes = [{ assigned: { nowhere: 2 }, unassigned: 0 }];
  expect(swarmkitSuite.check(record).outcome).toBe('disagrees');
});
