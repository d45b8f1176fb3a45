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
  expect(KUBERNETES_TRANSLATIONS.map((rule) => rule.key)).toEqual(['whole-units', 'gpu-share-whole', 'extended-resources', 'gpu-share-reject']);
});

test('extended resources that machines do not state are left out of a native object and said so', () => {
  const spec = { kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [{ name: 'c', resources: { requests: { cpu: '1', 'example.com/fpga': 1 } } }] } };
  expect(translateShape({ ...EMPTY_SHAPE, native: { format: 'kubernetes', spec: spec as never } }, { gpuShare: 'whole' }).applied).toEqual(['extended-resources']);
});
