import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FitShares } from './fit-shares.ts';

test('the share of shapes beyond what is left is what adding up those that do not fit gives, to the last bit', () => {
  const shapes = fc.array(fc.record({ cpu: fc.integer({ min: 0, max: 8 }), memory: fc.integer({ min: 0, max: 8 }), weight: fc.double({ min: 0, max: 1, noNaN: true }) }), { maxLength: 12 });
  fc.assert(
    fc.property(shapes, fc.double({ min: 0, max: 9, noNaN: true }), fc.double({ min: 0, max: 9, noNaN: true }), (mix, freeCpu, freeMemory) => {
      const table = new FitShares(Float64Array.from(mix, (shape) => shape.cpu), Float64Array.from(mix, (shape) => shape.memory), Float64Array.from(mix, (shape) => shape.weight));
      let share = 0;
      for (const { cpu, memory, weight } of mix) if (cpu > freeCpu || memory > freeMemory) share += weight;
      expect(table.beyond(freeCpu, freeMemory)).toBe(share);
    }),
  );
});

test('the whole is the weight of all shapes', () => {
  expect(new FitShares(Float64Array.of(0, 2), Float64Array.of(0, 0), Float64Array.of(0.25, 0.5)).whole).toBe(0.75);
});
