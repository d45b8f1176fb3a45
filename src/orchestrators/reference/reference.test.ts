import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inject } from '../../faults/inject.ts';
import type { Fault } from '../../faults/fault-plan.ts';
import { buildWorkload } from '../../workload/workload-builder.ts';
import { MachineInventory } from '../../world/machine-inventory.ts';
import { assemble } from '../assemble.ts';
import { ORCHESTRATORS } from '../registry.ts';
import { behaviourRun } from '../testing/behaviour-run.ts';
import { RANDOM_CLUSTER, randomInventory } from '../testing/random-cluster.ts';
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

test('a task that no machine would ever hold stands aside, says so, and holds up nobody; its place in line is gone when it is taken back', () => {
  const job = (name: string, shape: object, durationUs: number) => ({ name, submitUs: 0, shape, durationsUs: [durationUs] });
  const { assembly, broken } = behaviourRun({
    definition: fifo as never,
    machines: [{ name: 'gpus', cpuMilli: 8000, memoryBytes: 64, gpuCount: 2, gpuModel: 'T4' }, { name: 'memory', cpuMilli: 8000, memoryBytes: 128 }],
    jobs: [
      job('a-impossible', { gpuCount: 2, gpuMilli: 1000, memoryBytes: 128 }, 10),
      job('b-impossible', { kind: 'service', gpuCount: 1, gpuMilli: 1000, gpuModels: ['V100'] }, 30),
      job('c-small', { cpuMilli: 1000 }, 10),
    ],
    untilUs: 20,
  });
  expect(broken).toEqual([]);
  const { orchestrator, simulation } = assembly;
  expect([0, 1, 2].map((task) => orchestrator.explain(task).state)).toEqual(['waiting', 'waiting', 'absent']);
  expect(orchestrator.explain(0)).toMatchObject({ summary: 'stands aside: no machine of 2 would hold it even if it were empty', machines: [{ machine: 'gpus', verdict: 'not enough memory' }, { machine: 'memory', verdict: 'not enough GPU' }] });
  simulation.run(50);
  expect(orchestrator.explain(1).state).toBe('absent');
});

test('a drained machine is not over-committed, takes nothing, and says why', () => {
  const drain: Fault = { kind: 'drain', atUs: 5, machines: [0], durationUs: 100, factor: 1, label: '' };
  const { assembly, broken } = behaviourRun({ definition: fifo as never, machines: [{ name: 'm', cpuMilli: 1000, memoryBytes: 1 }], jobs: [{ name: 'job', submitUs: 0, shape: {}, durationsUs: [20] }], faults: [drain], untilUs: 50 });
  expect(broken).toEqual([]);
  expect(assembly.orchestrator.explain(0)).toEqual({ state: 'waiting', summary: 'no machine of 1 fits', machines: [{ machine: 'm', verdict: 'drained' }] });
});

const REFERENCES = ORCHESTRATORS.filter(({ name }) => name.startsWith('reference/'));

test.each(REFERENCES.map((definition) => ({ name: definition.name, definition })))('$name: random work and trouble keep its books in order, and explicit ticks change nothing', ({ definition }) => {
  fc.assert(
    fc.property(RANDOM_CLUSTER, (random) => {
      const digest = (explicitTicks: boolean): string => {
        const { simulation, world, log, orchestrator } = assemble({ definition, inventory: randomInventory(random.machines), workload: buildWorkload('random', random.jobs), seed: random.seed, simulation: { explicitTicks } });
        inject(simulation, world, log, random.faults, (machine, drained) => orchestrator.drain(machine, drained));
        for (let untilS = 100; untilS <= 1500; untilS += 100) {
          simulation.run(untilS * 1_000_000);
          expect([...orchestrator.invariants(), ...world.invariants()]).toEqual([]);
        }
        return log.digest.toString();
      };
      expect(digest(true)).toBe(digest(false));
    }),
    { numRuns: 50 },
  );
});
