import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ConformanceCase, ConformanceSuite } from '../../conformance.ts';
import { mesosAllocator } from './allocator-conformance.ts';
import { mesosDrf } from './drf-conformance.ts';
import { marathonConstraints } from './marathon-conformance.ts';

function recorded(suite: ConformanceSuite): ConformanceCase[] {
  return readFileSync(new URL(`../../${suite.file}`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ConformanceCase)
    .filter((record) => suite.accepts(record));
}

test('every recorded order of the sorters and every step of the paper is taken the same way', () => {
  const results = recorded(mesosDrf).map((record) => ({ id: record.id, ...mesosDrf.check(record) }));
  expect(results.filter(({ outcome }) => outcome !== 'agrees')).toEqual([]);
  expect(results).toHaveLength(235);
});

test('every recorded offer of the allocator is made the same way, but for inverse offers', () => {
  const results = recorded(mesosAllocator).map((record) => ({ id: record.id, ...mesosAllocator.check(record) }));
  expect(results.filter(({ outcome }) => outcome === 'disagrees')).toEqual([]);
  expect(results.filter(({ outcome }) => outcome === 'uncovered').map(({ id }) => id)).toEqual(['alloc-MaintenanceInverseOffers']);
  expect(results).toHaveLength(95);
});

test('every recorded decision of Marathon is taken the same way', () => {
  const results = recorded(marathonConstraints).map((record) => ({ id: record.id, ...marathonConstraints.check(record) }));
  expect(results.filter(({ outcome }) => outcome !== 'agrees')).toEqual([]);
  expect(results).toHaveLength(102);
});

test('a recorded decision of Marathon that would be taken otherwise is found, whatever its kind', () => {
  const turned = (id: string, change: (record: Record<string, never>) => void): string => {
    const record = structuredClone(recorded(marathonConstraints).find((candidate) => candidate.id === id)!);
    change(record as never);
    return marathonConstraints.check(record).outcome;
  };
  expect(turned('marathon-constraint-005', (record) => Object.assign(record, { expect: true }))).toBe('disagrees');
  expect(turned('marathon-restart-03', (record) => Object.assign(record['expect']!, { kill_immediately: 2 }))).toBe('disagrees');
  expect(turned('marathon-kill-even-two-hosts', (record) => Object.assign(record['expect']!, { count: 9 }))).toBe('disagrees');
  expect(turned('marathon-match-ports-lazy', (record) => Object.assign(record, { expect_match: true }))).toBe('disagrees');
});

test('a recorded order that the sorter would not give is found', () => {
  const record = structuredClone(recorded(mesosDrf).find(({ id }) => id === 'sorter-test-DRF')!);
  const ops = record['ops'] as { op: string; clients: string[] }[];
  ops.find(({ op, clients }) => op === 'expect_sort' && clients.length > 1)!.clients.reverse();
  expect(mesosDrf.check(record).outcome).toBe('disagrees');
});

test('a recorded offer that the allocator would not make is found', () => {
  const record = structuredClone(recorded(mesosAllocator).find(({ id }) => id === 'alloc-UnreservedDRF')!);
  const steps = record['steps'] as { op: string; offers: { framework: string }[] }[];
  steps.find(({ op }) => op === 'expect_offers')!.offers[0]!.framework = 'framework9';
  expect(mesosAllocator.check(record).outcome).toBe('disagrees');
});
