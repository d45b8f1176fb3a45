import { describe, expect, test } from 'vitest';
import { EMPTY_SHAPE } from '../../workload/shape.ts';
import { memoryThousandths, translate } from './translate.ts';

describe('what a Mesos task can ask for', () => {
  const whole = { gpuShare: 'whole' } as const;

  test('a request in thousandths is asked for as it is', () => {
    const shape = { ...EMPTY_SHAPE, cpuMilli: 1, memoryBytes: 1_234_567, gpuCount: 2, gpuMilli: 1000 };
    expect(translate(shape, whole)).toEqual({ request: shape, applied: [] });
  });

  test('CPU between two thousandths is rounded up', () => {
    expect(translate({ ...EMPTY_SHAPE, cpuMilli: 0.25 }, whole)).toEqual({ request: { ...EMPTY_SHAPE, cpuMilli: 1 }, applied: ['three-decimals'] });
  });

  test('part of a GPU takes a whole one, or is rejected', () => {
    const shape = { ...EMPTY_SHAPE, gpuCount: 1, gpuMilli: 300 };
    expect(translate(shape, whole)).toEqual({ request: { ...shape, gpuMilli: 1000 }, applied: ['gpu-share-whole'] });
    expect(translate(shape, { gpuShare: 'reject' })).toEqual({ request: null, applied: ['gpu-share-reject'] });
  });

  test('memory counts in thousandths of 2^20 bytes', () => {
    expect(memoryThousandths(32 * 1_048_576)).toBe(32_000);
  });
});
