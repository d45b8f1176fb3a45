import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ConformanceCase } from '../../conformance.ts';
import { kubePluginsSuite } from './kube-plugins-suite.ts';

const cases = readFileSync(new URL('./kube-plugins.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as ConformanceCase);

const PLUGINS = [...new Set(cases.map((record) => String(record['plugin'])))];

test.each(PLUGINS)('%s decides every recorded case like the real plugin', (plugin) => {
  const own = cases.filter((record) => record['plugin'] === plugin);
  expect(own.length).toBeGreaterThan(1);
  const wrong = own.map((record) => ({ id: record.id, ...kubePluginsSuite.check(record) })).filter((result) => result.outcome !== 'agrees');
  expect(wrong).toEqual([]);
});

test('a case of an older version is decided by the rules of that version', () => {
  const older = cases.filter((record) => 'olderExpect' in record);
  expect(older).toHaveLength(23);
  for (const record of older) {
    const { expect: present, ...rest } = record;
    // Today's rules do not give yesterday's answer: the present expectation in its place is refused.
    expect(kubePluginsSuite.check({ ...rest, id: record.id, expect: present, olderExpect: { '1.20.2': present } }).outcome, record.id).toBe('disagrees');
  }
});

test('a case of a plugin or version that is not built is uncovered, never agreed with', () => {
  const record = cases.find((entry) => entry['plugin'] === 'NodeName')!;
  expect(kubePluginsSuite.check({ ...record, plugin: 'VolumeZone' })).toEqual({ outcome: 'uncovered', missing: 'plugin VolumeZone' });
  expect(kubePluginsSuite.check({ ...record, olderExpect: { '1.2.0': record['expect'] } })).toEqual({ outcome: 'uncovered', missing: 'version 1.2.0' });
});

test('a wrong expectation is reported as a disagreement with both sides', () => {
  const record = cases.find((entry) => entry.id.startsWith('NodeResourcesFit-score'))!;
  const wrong = { ...record, expect: { scores: { machine1: -1 } } };
  expect(kubePluginsSuite.check(wrong)).toMatchObject({ outcome: 'disagrees', expected: 'machine1=-1' });
});
