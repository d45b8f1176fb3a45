import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MachineInventory } from '../../world/machine-inventory.ts';
import { CapacityIndex } from './capacity-index.ts';

test('the capacity index finds the first machine that fits, like a scan', () => {
  const amount = fc.nat(8);
  const machine = fc.record({ cpuMilli: amount, memoryBytes: amount, gpuCount: fc.nat(3), slots: fc.nat(2) });
  const step = fc.record({ machine: fc.nat(40), cpuMilli: amount, memoryBytes: amount, gpuMilli: fc.nat(3000), slots: fc.nat(2), from: fc.nat(45) });
  fc.assert(
    fc.property(fc.array(machine, { minLength: 1, maxLength: 40 }), fc.array(step, { maxLength: 40 }), (machines, steps) => {
      const index = new CapacityIndex(new MachineInventory(machines.map((spec, i) => ({ name: `m-${i}`, ...spec }))));
      const free = machines.map(({ cpuMilli, memoryBytes, gpuCount, slots }) => ({ cpuMilli, memoryBytes, gpuMilli: gpuCount * 1000, slots }));
      for (const { machine: which, from, ...change } of steps) {
        const i = which % machines.length;
        index.set(i, change.cpuMilli, change.memoryBytes, change.gpuMilli, change.slots);
        free[i] = change;
        const { cpuMilli, memoryBytes, gpuMilli } = steps[which % steps.length]!;
        const expected = free.findIndex((entry, m) => m >= from && entry.cpuMilli >= cpuMilli && entry.memoryBytes >= memoryBytes && entry.gpuMilli >= gpuMilli && entry.slots >= 1);
        expect(index.firstFit(from, cpuMilli, memoryBytes, gpuMilli)).toBe(expected);
        expect(index.free(i)).toEqual(change);
      }
    }),
    { numRuns: 500 },
  );
});
