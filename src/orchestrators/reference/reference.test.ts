import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildWorkload } from '../../workload/workload-builder.ts';
import { MachineInventory } from '../../world/machine-inventory.ts';
import { assemble } from '../assemble.ts';
import { CapacityIndex } from './capacity-index.ts';
import { fifo } from './fifo.ts';

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

test('the ideal explains a task that waits, one that is placed and one that is over differently', () => {
  const jobs = ['first', 'second'].map((name) => ({ name, submitUs: 0, shape: { cpuMilli: 1000 }, durationsUs: [10] }));
  const { simulation, orchestrator } = assemble({
    definition: fifo as never,
    inventory: new MachineInventory([{ name: 'm', cpuMilli: 1000, memoryBytes: 1 }]),
    workload: buildWorkload('w', jobs),
    seed: 1,
  });
  const states = () => [0, 1].map((task) => orchestrator.explain(task).state);
  simulation.run(5);
  expect(states()).toEqual(['placed', 'waiting']);
  simulation.run(15);
  expect(states()).toEqual(['absent', 'placed']);
});
