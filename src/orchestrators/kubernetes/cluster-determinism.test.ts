import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inject } from '../../faults/inject.ts';
import { RecordKind, TaskOutcome } from '../../metrics/log.ts';
import { buildWorkload } from '../../workload/workload-builder.ts';
import { ContainerState } from '../../world/container-state.ts';
import { assemble } from '../assemble.ts';
import { RANDOM_CLUSTER, type RandomCluster, randomInventory } from '../testing/random-cluster.ts';
import { Recorder } from '../testing/recorder.ts';
import type { KubernetesCluster } from './cluster.ts';
import { kubernetes } from './kubernetes.ts';
import { UNUSUAL_OPTIONS } from './testing/unusual-options.ts';

const SECOND = 1_000_000;
const GIB = 1_073_741_824;

function digest(scenario: RandomCluster, simulation: { explicitTicks?: boolean; permuteTiesSeed?: number }, options: object = {}): string {
  const assembly = assemble({
    definition: kubernetes as never,
    options,
    inventory: randomInventory(scenario.machines),
    workload: buildWorkload('random', scenario.jobs),
    seed: scenario.seed,
    simulation,
  });
  inject(assembly.simulation, assembly.world, assembly.log, scenario.faults, (machine, drained) => assembly.orchestrator.drain(machine, drained));
  for (let untilS = 50; untilS <= 1500; untilS += 50) {
    assembly.simulation.run(untilS * SECOND);
    // Among them: no pod waits for an event that has already come.
    expect(assembly.orchestrator.invariants()).toEqual([]);
  }
  return assembly.log.digest.toString();
}

test('materialising every tick of every loop changes nothing', () => {
  fc.assert(
    fc.property(RANDOM_CLUSTER, (random) => {
      expect(digest(random, { explicitTicks: true })).toBe(digest(random, {}));
    }),
    { numRuns: 60 },
  );
});

test('tasks that use more than they ask for, and kubelets that evict them, change nothing about that', () => {
  const greedy = (random: RandomCluster): RandomCluster => ({
    ...random,
    jobs: random.jobs.map((job, i) => {
      const memoryBytes = job.shape.memoryBytes ?? 0;
      return { ...job, shape: { ...job.shape, use: { cpuMilli: [0, 2 * (job.shape.cpuMilli ?? 0)] as const, memoryBytes: [0, 3 * memoryBytes] as const, growthUs: i % 2 === 0 ? 200 * SECOND : 0 } } };
    }),
  });
  fc.assert(
    fc.property(RANDOM_CLUSTER, (random) => {
      const options = { evictionHardMemoryBytes: GIB };
      expect(digest(greedy(random), { explicitTicks: true }, options)).toBe(digest(greedy(random), {}, options));
    }),
    { numRuns: 40 },
  );
});

test('a node that is back, but has not renewed its lease when its grace is over, is NotReady in both', () => {
  const late: RandomCluster = { machines: 1, seed: 1, jobs: [], faults: [{ kind: 'partition', atUs: 846_966_826, machines: [0], durationUs: 47 * SECOND, factor: 1, label: '' }] };
  expect(digest(late, { explicitTicks: true })).toBe(digest(late, {}));
});

test('a node that is back for less than a heartbeat and lost again is found out as if every tick were executed', () => {
  for (let seed = 0; seed < 20; seed++) {
    const flapping: RandomCluster = {
      machines: 3,
      seed,
      jobs: [{ name: 'web', submitUs: 0, shape: { kind: 'service', cpuMilli: 1000 }, durationsUs: [Infinity, Infinity, Infinity] }],
      faults: [
        { kind: 'partition', atUs: 100 * SECOND, machines: [0], durationUs: 35 * SECOND, factor: 1, label: '' },
        { kind: 'partition', atUs: 136 * SECOND, machines: [0], durationUs: 200 * SECOND, factor: 1, label: '' },
      ],
    };
    expect(digest(flapping, { explicitTicks: true })).toBe(digest(flapping, {}));
  }
});

test('the memory of scores chooses what a plain scan chooses, with whole and with shared GPUs', () => {
  fc.assert(
    fc.property(RANDOM_CLUSTER, fc.constantFrom('whole', 'plugin', 'reject'), (random, gpuShare) => {
      expect(digest(random, {}, { gpuShare, placement: 'memo' })).toBe(digest(random, {}, { gpuShare, placement: 'scan' }));
    }),
    { numRuns: 60 },
  );
});

test('with unusual options, too, no event is missed, and neither explicit ticks nor a plain scan change anything', () => {
  fc.assert(
    fc.property(RANDOM_CLUSTER, UNUSUAL_OPTIONS, (random, options) => {
      const usual = digest(random, {}, options);
      expect(digest(random, { explicitTicks: true }, options)).toBe(usual);
      expect(digest(random, {}, { ...options, placement: 'scan' })).toBe(usual);
    }),
    { numRuns: 60 },
  );
});

test('permuted ties keep the invariants', () => {
  fc.assert(
    fc.property(RANDOM_CLUSTER, fc.integer({ min: 1, max: 1000 }), (random, permuteTiesSeed) => {
      digest(random, { permuteTiesSeed });
    }),
    { numRuns: 30 },
  );
});

/** The same scenario with ample room for everything, so that nothing has a reason to wait for ever. */
function roomy({ jobs, ...rest }: RandomCluster): RandomCluster {
  return {
    ...rest,
    jobs: jobs.map((spec) => ({
      ...spec,
      shape: { ...spec.shape, cpuMilli: Math.min(100, spec.shape.cpuMilli!), memoryBytes: Math.min(0.1 * GIB, spec.shape.memoryBytes!), gpuCount: 0, gpuMilli: 0, failureShare: 0 },
      durationsUs: spec.durationsUs.map((durationUs) => (spec.shape.kind === 'service' ? Infinity : durationUs)),
    })),
  };
}

test('once all faults are over, every batch task has finished, every replica runs exactly once, and no book holds anything else', () => {
  fc.assert(
    fc.property(RANDOM_CLUSTER.map(roomy), (random) => {
      const recorder = new Recorder();
      const { simulation, world, log, orchestrator } = assemble({ definition: kubernetes as never, inventory: randomInventory(random.machines), workload: buildWorkload('random', random.jobs), seed: random.seed, collectors: [recorder] });
      inject(simulation, world, log, random.faults, (machine, drained) => orchestrator.drain(machine, drained));
      simulation.run(20_000 * SECOND);
      const tasks = (kind: string) => random.jobs.filter((spec) => spec.shape.kind === kind).reduce((sum, spec) => sum + spec.durationsUs.length, 0);
      const containers = Array.from({ length: random.machines }, (_, machine) => world.containers.on(machine)).flat();
      const cluster = orchestrator as KubernetesCluster;
      expect({
        finished: recorder.of(RecordKind.done).filter((event) => event.b === TaskOutcome.finished).length,
        running: containers.filter((container) => world.containers.state[container] === ContainerState.running).length,
        containers: containers.length,
        objects: cluster.api.pods.live,
        placed: cluster.scheduler.placed,
        pending: cluster.scheduler.queue.pending,
        unreleased: recorder.of(RecordKind.bind).length - recorder.of(RecordKind.release).length,
      }).toEqual({ finished: tasks('batch'), running: tasks('service'), containers: tasks('service'), objects: tasks('service'), placed: tasks('service'), pending: 0, unreleased: tasks('service') });
      expect(orchestrator.invariants()).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

test('a month of 5,000 idle nodes is a handful of events', () => {
  const { simulation, orchestrator } = assemble({ definition: kubernetes as never, inventory: randomInventory(5000), workload: buildWorkload('idle', []), seed: 1 });
  simulation.run(30 * 86_400 * SECOND);
  expect(simulation.eventCount).toBeLessThan(10);
  expect(orchestrator.invariants()).toEqual([]);
});
