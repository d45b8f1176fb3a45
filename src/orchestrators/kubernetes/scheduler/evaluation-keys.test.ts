import { expect, test } from 'vitest';
import { podSpecOf } from '../manifests/scheduling-manifest.ts';
import { defaultProfile } from './default-profile.ts';
import { evaluationKeys } from './evaluation-keys.ts';
import { FilterVerdict } from './filter-verdict.ts';
import { type PodSpec, ResourceNames } from './pod-spec.ts';
import { VERSION_RULES } from './version-rules.ts';

const rules = VERSION_RULES.get('1.35')!;
const pod = (cpu: string, spec: object = {}): PodSpec => podSpecOf({ spec: { ...spec, containers: [{ resources: { requests: { cpu } } }] } } as never, new ResourceNames());

test('templates that differ in priority, labels or other pods alone share what is remembered; other requests or tolerations do not', () => {
  const profile = defaultProfile(rules);
  const templates = [pod('1'), null, pod('1', { priority: 7 }), pod('2'), pod('1', { tolerations: [{ operator: 'Exists' }] }), { ...pod('1'), labels: new Map([['app', 'web']]) }];
  expect([...evaluationKeys(templates, templates.map((spec) => (spec === null ? null : profile)))]).toEqual([0, 1, 0, 3, 4, 0]);
});

test('nothing is shared between profiles, nor with a plugin of which nobody knows what it reads', () => {
  const templates = [pod('1'), pod('1')];
  expect([...evaluationKeys(templates, [defaultProfile(rules), defaultProfile(rules)])]).toEqual([0, 1]);
  const foreign = defaultProfile(rules, { name: 'ByLabels', filter: () => FilterVerdict.success, reasons: () => [] });
  expect([...evaluationKeys(templates, [foreign, foreign])]).toEqual([0, 1]);
});
