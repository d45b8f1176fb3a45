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

test('every recorded offer of the allocator is made the same way, inverse offers included', () => {
  const results = recorded(mesosAllocator).map((record) => ({ id: record.id, ...mesosAllocator.check(record) }));
  expect(results.filter(({ outcome }) => outcome !== 'agrees')).toEqual([]);
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

/** A case of the recorded form, made here: what is offered of agents with ports, reserved by an operator, and registered again with other attributes. */
function replayed(steps: readonly object[]): string {
  const record = { id: 'x', kind: 'allocator', config: { allocation_interval_s: 1, min_allocatable: [{ cpus: 0.01 }, { mem: 32 }] }, steps } as unknown as ConformanceCase;
  const result = mesosAllocator.check(record);
  return result.outcome === 'disagrees' ? `${result.expected} / ${result.got}` : result.outcome;
}

const offer = (framework: string, role: string, agent: string, resources: string) => ({ framework, role, agent, resources });

test('ports are offered whole beside what a limit cuts, and a filter holds until more of them is free', () => {
  expect(
    replayed([
      { op: 'set_quota', role: 'r', limit: 'cpus:1' },
      { op: 'add_framework', framework: 'f', roles: ['r'] },
      { op: 'add_agent', agent: 'a', total: 'cpus:2;mem:1024;ports:[31000-31009]' },
      { op: 'expect_offers', offers: [offer('f', 'r', 'a', 'cpus:1;mem:1024;ports:[31000-31009]')] },
      { op: 'recover', framework: 'f', agent: 'a', role: 'r', resources: 'cpus:1;mem:1024;ports:[31005-31009]', refuse_s: 100 },
      { op: 'advance', seconds: 2 },
      { op: 'expect_offers', offers: [] },
      { op: 'recover', framework: 'f', agent: 'a', role: 'r', resources: 'ports:[31000-31004]' },
      { op: 'advance', seconds: 2 },
      { op: 'expect_offers', offers: [offer('f', 'r', 'a', 'cpus:1;mem:1024;ports:[31000-31009]')] },
    ]),
  ).toBe('agrees');
});

test('an agent with other attributes is offered again at once although it was refused', () => {
  const steps = (change: object) => [
    { op: 'add_framework', framework: 'f', roles: ['r'] },
    { op: 'add_agent', agent: 'a', total: 'cpus:2' },
    { op: 'expect_offers', offers: [offer('f', 'r', 'a', 'cpus:2')] },
    { op: 'recover', framework: 'f', agent: 'a', role: 'r', resources: 'cpus:2', refuse_s: 100 },
    { op: 'update_agent', agent: 'a', ...change },
    { op: 'expect_offers', offers: [offer('f', 'r', 'a', 'cpus:2')] },
  ];
  expect(replayed(steps({ attributes: 'disk:ssd' }))).toBe('agrees');
  expect(replayed(steps({ total: 'cpus:2' }))).toContain('expect_offers');
});

test('what an operator reserves of free resources is offered to that role alone', () => {
  expect(
    replayed([
      { op: 'add_agent', agent: 'a', total: 'cpus:2;mem:1024' },
      { op: 'convert', agent: 'a', from: 'cpus:1', to: 'cpus(r):1' },
      { op: 'add_framework', framework: 'f', roles: ['s'] },
      { op: 'expect_offers', offers: [offer('f', 's', 'a', 'cpus:1;mem:1024')] },
      { op: 'add_framework', framework: 'g', roles: ['r'] },
      { op: 'expect_offers', offers: [offer('g', 'r', 'a', 'cpus(r):1')] },
    ]),
  ).toBe('agrees');
});

test('a framework is asked once for an agent that it uses, again when the window changes, and others are not', () => {
  const window = [
    { op: 'add_agent', agent: 'a', total: 'cpus:2', unavailability: { start_s: 100, duration_s: 60 } },
    { op: 'add_framework', framework: 'f', roles: ['*'] },
    { op: 'expect_offers', offers: [offer('f', '*', 'a', 'cpus:2')] },
    { op: 'expect_inverse_offers', offers: [{ framework: 'f', agent: 'a' }] },
    { op: 'add_framework', framework: 'g', roles: ['*'] },
    { op: 'advance', seconds: 10 },
    { op: 'expect_inverse_offers', offers: [] },
  ];
  expect(replayed(window)).toBe('agrees');
  expect(replayed([...window, { op: 'set_unavailability', agent: 'a', start_s: 200 }, { op: 'expect_inverse_offers', offers: [{ framework: 'f', agent: 'a' }] }])).toBe('agrees');
  expect(replayed([...window, { op: 'set_unavailability', agent: 'a', start_s: null }, { op: 'expect_inverse_offers', offers: [] }])).toBe('agrees');
});

test('a framework that is not active when it is added sets off no cycle; it is offered what is free once it is activated', () => {
  expect(
    replayed([
      { op: 'add_framework', framework: 'f', roles: ['r'] },
      { op: 'add_agent', agent: 'a', total: 'cpus:2' },
      { op: 'expect_offers', offers: [offer('f', 'r', 'a', 'cpus:2')] },
      { op: 'recover', framework: 'f', agent: 'a', role: 'r', resources: 'cpus:2' },
      { op: 'add_framework', framework: 'g', roles: ['s'], active: false },
      { op: 'expect_offers', offers: [] },
      { op: 'activate_framework', framework: 'g' },
      { op: 'expect_offers', offers: [offer('g', 's', 'a', 'cpus:2')] },
    ]),
  ).toBe('agrees');
});

test('reservations of an agent that is gone count towards no quota', () => {
  const steps = (gone: object[]) => [
    { op: 'add_agent', agent: 'a', total: 'cpus:1;cpus(r):2' },
    { op: 'set_quota', role: 'r', guarantee: 'cpus:2', limit: 'cpus:2' },
    ...gone,
    { op: 'add_framework', framework: 'f', roles: ['r'], suppressed_roles: ['r'] },
    { op: 'add_agent', agent: 'b', total: 'cpus:2' },
    { op: 'revive', framework: 'f' },
    { op: 'expect_offers', offers: [offer('f', 'r', 'b', 'cpus:2')] },
  ];
  expect(replayed(steps([{ op: 'remove_agent', agent: 'a' }]))).toBe('agrees');
  expect(replayed(steps([]))).toContain('expect_offers');
});
