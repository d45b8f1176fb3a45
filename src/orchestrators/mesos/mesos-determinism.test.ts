import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inject } from '../../faults/inject.ts';
import { RecordKind, TaskOutcome } from '../../metrics/log.ts';
import { ContainerState } from '../../world/container-state.ts';
import { buildWorkload } from '../../workload/workload-builder.ts';
import { assemble } from '../assemble.ts';
import { RANDOM_CLUSTER, type RandomCluster, randomInventory } from '../testing/random-cluster.ts';
import { Recorder } from '../testing/recorder.ts';
import type { MesosCluster } from './mesos-cluster.ts';
import { mesos } from './mesos.ts';

const SECOND = 1_000_000;
const GIB = 1_073_741_824;

interface Scenario extends RandomCluster {
  readonly checkpoint: boolean;
  readonly settings: Settings;
}

/** Further settings of a random cluster. */
interface Settings {
  readonly frameworks: unknown;
  readonly drain: string;
  readonly partitioning: string;
  readonly offerTimeout: string | undefined;
  readonly removalRate: boolean;
  readonly whitelist: boolean;
  readonly quota: object;
  readonly reservations: readonly object[];
  readonly oversubscription: object | undefined;
}

function optionsOf({ checkpoint, machines, settings: { frameworks, drain, partitioning, offerTimeout, removalRate, whitelist, quota, reservations, oversubscription } }: Scenario): object {
  return {
    reservations,
    frameworks,
    partitioning,
    allocator: { quota, updates: [{ at: '250s', weights: { services: 2 } }, { at: '350s', quota: { batch: { guarantee: { cpus: 1 } } } }] },
    master: {
      drain,
      maintenanceNotice: '70s',
      offerTimeout,
      ...(removalRate && { agentRemovalRate: { permits: 1, per: '100s' } }),
      ...(whitelist && { whitelist: Array.from({ length: Math.max(1, machines - 1) }, (_, i) => `node-${i}`) }),
    },
    agent: { recoveryTimeout: '100s', ...(oversubscription && { oversubscription }) },
    marathon: { checkpoint, gpuScheduling: 'unrestricted' },
    batch: { checkpoint, refuseUnused: '20s', decisionBase: '3ms' },
  };
}

function digest(scenario: Scenario, simulation: { explicitTicks?: boolean; permuteTiesSeed?: number }): string {
  const assembly = assemble({
    definition: mesos as never,
    options: optionsOf(scenario),
    inventory: randomInventory(scenario.machines),
    workload: buildWorkload('random', scenario.jobs),
    seed: scenario.seed,
    simulation,
  });
  inject(assembly.simulation, assembly.world, assembly.log, scenario.faults, (machine, drained) => assembly.orchestrator.drain(machine, drained));
  for (let untilS = 50; untilS <= 1500; untilS += 50) {
    assembly.simulation.run(untilS * SECOND);
    expect([...assembly.orchestrator.invariants(), ...assembly.world.invariants()]).toEqual([]);
  }
  return assembly.log.digest.toString();
}

const TWO_IN_A_ROLE = [{ kind: 'marathon', name: 'marathon', role: 'services' }, { kind: 'batch', name: 'a', role: 'batch', jobs: { share: 0.5 } }, { kind: 'batch', name: 'b', role: 'batch', jobs: { share: 0.5 } }, { kind: 'batch', name: 'c', role: 'batch/c' }];
const MANY = [{ kind: 'marathon', name: 'marathon', count: 3, role: 'services-{n}' }, { kind: 'batch', name: 'batch', count: 4, role: 'batch-{n}', settings: { revive: false, refuseUnused: '7s' } }];
const SEVERAL_ROLES = [{ kind: 'marathon', name: 'marathon', role: 'services' }, { kind: 'batch', name: 'batch', roles: [{ role: 'batch' }, { role: 'services' }, { role: 'batch/c' }], settings: { revocable: 'also' } }];
const settings: fc.Arbitrary<Settings> = fc.record({
  frameworks: fc.constantFrom<unknown>(undefined, undefined, TWO_IN_A_ROLE, MANY, SEVERAL_ROLES),
  drain: fc.constantFrom('drain-agent', 'maintenance', 'gone'),
  partitioning: fc.constantFrom('shared', 'shared', 'static'),
  offerTimeout: fc.constantFrom(undefined, undefined, '2ms', '50ms'),
  removalRate: fc.boolean(),
  whitelist: fc.constantFrom(false, false, true),
  quota: fc.constantFrom<object>({}, {}, { services: { guarantee: { cpus: 2 } } }, { batch: { limit: { cpus: 3 }, guarantee: { memory: '4GiB' } } }),
  reservations: fc.constantFrom<readonly object[]>([], [], [{ role: 'services', machines: ['node-0'] }], [{ role: 'services', machines: ['node-0', 'node-1'], cpus: 0.5 }, { role: 'batch/c', machines: ['node-1'], memory: '200MiB', from: '100s', until: '300s' }]),
  oversubscription: fc.constantFrom(undefined, undefined, { cpus: 0.5 }, { cpus: 2, holdBack: { load5: 0.3 }, qos: { controller: 'threshold', load5: 0.5, load15: 0.4 } }),
});
const scenario: fc.Arbitrary<Scenario> = fc.tuple(RANDOM_CLUSTER, fc.boolean(), settings).map(([cluster, checkpoint, further]) => ({ ...cluster, checkpoint, settings: further }));

test('materialising every tick of every loop changes nothing', () => {
  fc.assert(
    fc.property(scenario, (random) => {
      expect(digest(random, { explicitTicks: true })).toBe(digest(random, {}));
    }),
    { numRuns: 60 },
  );
}, 60_000);

test('permuted ties keep the invariants', () => {
  fc.assert(
    fc.property(scenario, fc.integer({ min: 1, max: 1000 }), (random, permuteTiesSeed) => {
      digest(random, { permuteTiesSeed });
    }),
    { numRuns: 30 },
  );
}, 60_000);

/** The same scenario with ample room for everything, so that nothing has a reason to wait for ever. */
function roomy({ jobs, settings, ...rest }: Scenario): Scenario {
  return {
    ...rest,
    // A framework that thinks for longer than offers stand, or has no machine, would wait for ever.
    settings: { ...settings, reservations: settings.reservations.filter((entry) => 'cpus' in entry || 'memory' in entry), offerTimeout: settings.offerTimeout && '1s', partitioning: 'shared' },
    // Up to 3 of the 4 CPUs of a lone machine are held back for guarantees, whether or not a framework has subscribed to those roles: at most 30 tasks go into the fourth.
    jobs: jobs.map((spec) => ({
      ...spec,
      shape: { ...spec.shape, cpuMilli: Math.min(30, spec.shape.cpuMilli!), memoryBytes: Math.min(0.1 * GIB, spec.shape.memoryBytes!), gpuCount: 0, gpuMilli: 0, failureShare: 0 },
      durationsUs: spec.durationsUs.map((durationUs) => (spec.shape.kind === 'service' ? Infinity : durationUs)),
    })),
  };
}

test('once all faults are over, every batch task has finished, every instance runs exactly once, and no book holds anything else', () => {
  fc.assert(
    fc.property(scenario.map(roomy), (random) => {
      const recorder = new Recorder();
      const { simulation, world, log, orchestrator } = assemble({
        definition: mesos as never,
        options: optionsOf(random),
        inventory: randomInventory(random.machines),
        workload: buildWorkload('random', random.jobs),
        seed: random.seed,
        collectors: [recorder],
      });
      inject(simulation, world, log, random.faults, (machine, drained) => orchestrator.drain(machine, drained));
      simulation.run(20_000 * SECOND);
      const tasks = (kind: string) => random.jobs.filter((spec) => spec.shape.kind === kind).reduce((sum, spec) => sum + spec.durationsUs.length, 0);
      const containers = Array.from({ length: random.machines }, (_, machine) => world.containers.on(machine)).flat();
      const cluster = orchestrator as MesosCluster;
      expect({
        finished: recorder.of(RecordKind.done).filter((event) => event.b === TaskOutcome.finished).length,
        running: containers.filter((container) => world.containers.state[container] === ContainerState.running).length,
        containers: containers.length,
        rows: cluster.tasks.live,
        waiting: cluster.waiting,
        unreleased: recorder.of(RecordKind.bind).length - recorder.of(RecordKind.release).length,
      }).toEqual({ finished: tasks('batch'), running: tasks('service'), containers: tasks('service'), rows: tasks('service'), waiting: 0, unreleased: tasks('service') });
      expect(orchestrator.invariants()).toEqual([]);
    }),
    { numRuns: 60 },
  );
}, 60_000);

test('a month of 5,000 idle agents is a handful of events', () => {
  const { simulation, orchestrator } = assemble({ definition: mesos as never, inventory: randomInventory(5000), workload: buildWorkload('idle', []), seed: 1 });
  simulation.run(30 * 86_400 * SECOND);
  expect(simulation.eventCount).toBeLessThan(10);
  expect(orchestrator.invariants()).toEqual([]);
});
