import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ConformanceCase } from '../../conformance.ts';
import { kubePluginsSuite } from './kube-plugins-suite.ts';

const cases = readFileSync(new URL('./kube-plugins.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as ConformanceCase);

/** Plugins that the model has: every recorded case of theirs must agree, none may be passed over. */
const COVERED = ['NodeResourcesFit', 'NodeResourcesBalancedAllocation', 'TaintToleration', 'NodeUnschedulable', 'NodeName', 'NodeAffinity'];

test.each(COVERED)('%s decides every recorded case like the real plugin', (plugin) => {
  const own = cases.filter((record) => record['plugin'] === plugin);
  expect(own.length).toBeGreaterThan(1);
  const wrong = own.map((record) => ({ id: record.id, ...kubePluginsSuite.check(record) })).filter((result) => result.outcome !== 'agrees');
  expect(wrong).toEqual([]);
});

test('cases of plugins that are not built are reported as uncovered, never as agreement', () => {
  for (const record of cases.filter((record) => !COVERED.includes(String(record['plugin'])))) {
    expect(kubePluginsSuite.accepts(record)).toBe(true);
    expect(kubePluginsSuite.check(record).outcome, record.id).toBe('uncovered');
  }
});

test('a wrong expectation is reported as a disagreement with both sides', () => {
  const record = cases.find((entry) => entry.id.startsWith('NodeResourcesFit-score'))!;
  const wrong = { ...record, expect: { scores: { machine1: -1 } } };
  expect(kubePluginsSuite.check(wrong)).toMatchObject({ outcome: 'disagrees', expected: 'machine1=-1' });
});
