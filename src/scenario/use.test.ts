import { expect, test } from 'vitest';
import { EMPTY_SHAPE } from '../workload/shape.ts';
import { buildWorkload } from '../workload/workload-builder.ts';
import { USE, withUse } from './use.ts';

const columns = buildWorkload('w', [{ name: 'a', submitUs: 0, shape: { ...EMPTY_SHAPE, cpuMilli: 1000, memoryBytes: 500 }, durationsUs: [1] }]);

test('actual use is a share of each shape\'s request; what is not said is the request', () => {
  const used = withUse(columns, USE.parse({ memory: { least: 0.5, most: 1.5 }, memoryGrowth: '1min' }));
  expect(used.shapes[0]!.use).toEqual({ cpuMilli: [1000, 1000], memoryBytes: [250, 750], growthUs: 60_000_000 });
});

test('a shape that states its own keeps it, and a workload without the section is untouched', () => {
  const own = { cpuMilli: [1, 2], memoryBytes: [3, 4], growthUs: 0 } as const;
  expect(withUse({ ...columns, shapes: [{ ...EMPTY_SHAPE, use: own }] }, USE.parse({ cpu: { most: 3 } })).shapes[0]!.use).toBe(own);
  expect(withUse(columns, undefined)).toBe(columns);
});

test('bounds in the wrong order are refused', () => {
  expect(USE.safeParse({ cpu: { least: 2, most: 1 } }).success).toBe(false);
});
