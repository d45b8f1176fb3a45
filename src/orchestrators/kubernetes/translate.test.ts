import { expect, test } from 'vitest';
import { EMPTY_SHAPE } from '../../workload/shape.ts';
import { KUBERNETES_TRANSLATIONS, translateShape } from './translate.ts';

const half = { ...EMPTY_SHAPE, cpuMilli: 100, memoryBytes: 1000, gpuCount: 1, gpuMilli: 500 };

test.each([
  ['whole', { ...half, gpuMilli: 1000 }, ['gpu-share-whole']],
  ['plugin', half, []],
  ['reject', null, ['gpu-share-reject']],
] as const)('half a GPU under gpuShare: %s', (gpuShare, request, applied) => {
  expect(translateShape(half, { gpuShare })).toEqual({ request, applied });
});

test('fractions are rounded up to whole milli-cores and bytes', () => {
  const shape = { ...EMPTY_SHAPE, cpuMilli: 0.2, memoryBytes: 10.5 };
  expect(translateShape(shape, { gpuShare: 'whole' })).toEqual({ request: { ...shape, cpuMilli: 1, memoryBytes: 11 }, applied: ['whole-units'] });
});

test('every rule that can be applied is listed', () => {
  expect(KUBERNETES_TRANSLATIONS.map((rule) => rule.key)).toEqual(['whole-units', 'gpu-share-whole', 'extended-resources', 'volumes', 'one-container', 'pod-fields-left-out', 'job-policies-left-out', 'metrics-left-out', 'gpu-share-reject']);
});

test('extended resources that machines do not state are left out of a native object and said so', () => {
  const spec = { kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [{ name: 'c', resources: { requests: { cpu: '1', 'example.com/fpga': 1 } } }] } };
  expect(translateShape({ ...EMPTY_SHAPE, native: { format: 'kubernetes', spec: spec as never } }, { gpuShare: 'whole' }).applied).toEqual(['extended-resources']);
});

test('valid fields that the model does not act on are counted rule by rule, those that change nothing are not', () => {
  const applied = (pod: object, spec: object = {}, related: object[] = []) => {
    const object = { kind: 'Deployment', metadata: { name: 'web' }, spec: { template: { spec: { containers: [{ name: 'c' }], ...pod } }, ...spec }, related };
    return translateShape({ ...EMPTY_SHAPE, native: { format: 'kubernetes', spec: object as never } }, { gpuShare: 'whole' }).applied;
  };
  expect(applied({ containers: [{ name: 'c', env: [], command: ['x'], lifecycle: { preStop: { sleep: { seconds: 5 } } } }], dnsPolicy: 'Default' })).toEqual([]);
  expect(applied({ volumes: [{ name: 'v' }] })).toEqual(['volumes']);
  expect(applied({ containers: [{ name: 'a' }, { name: 'b', lifecycle: { preStop: { exec: {} } } }] })).toEqual(['one-container', 'pod-fields-left-out']);
  expect(applied({}, { podFailurePolicy: {} })).toEqual(['job-policies-left-out']);
  const autoscaler = (metric: object) => ({ kind: 'HorizontalPodAutoscaler', metadata: { name: 'a' }, spec: { metrics: [metric] } });
  expect(applied({}, {}, [autoscaler({ type: 'Resource', resource: { name: 'memory' } })])).toEqual([]);
  expect(applied({}, {}, [autoscaler({ type: 'Pods', pods: {} })])).toEqual(['metrics-left-out']);
});
