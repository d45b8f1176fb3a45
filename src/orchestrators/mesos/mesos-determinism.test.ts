import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Fault } from '../../faults/fault-plan.ts';
import { inject } from '../../faults/inject.ts';
import { RecordKind, TaskOutcome } from '../../metrics/log.ts';
import { ContainerState } from '../../world/containers.ts';
import { buildWorkload, type JobSpec } from '../../workload/workload-builder.ts';
import { MachineInventory } from '../../world/machine-inventory.ts';
import { assemble } from '../assemble.ts';
import { Recorder } from '../testing/recorder.ts';
import type { MesosCluster } from './mesos-cluster.ts';
import { mesos } from './mesos.ts';

const SECOND = 1_000_000;
const GIB = 1_073_741_824;

interface Scenario {
  readonly machines: number;
  readonly jobs: readonly JobSpec[];
  readonly faults: readonly Fault[];
  readonly seed: number;
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
}

function inventory(machines: number): MachineInventory {
  return new MachineInventory(
    Array.from({ length: machines }, (_, i) => ({ name: `node-${i}`, cpuMilli: 4000, memoryBytes: 8 * GIB, gpuCount: i % 2, gpuModel: i % 2 === 1 ? 'T4' : '', zone: `zone-${i % 2}` })),
  );
}

function optionsOf({ checkpoint, machines, settings: { frameworks, drain, partitioning, offerTimeout, removalRate, whitelist, quota } }: Scenario): object {
  return {
    frameworks,
    partitioning,
    allocator: { quota },
    master: {
      drain,
      maintenanceNotice: '70s',
      offerTimeout,
      ...(removalRate && { agentRemovalRate: { permits: 1, per: '100s' } }),
      ...(whitelist && { whitelist: Array.from({ length: Math.max(1, machines - 1) }, (_, i) => `node-${i}`) }),
    },
    agent: { recoveryTimeout: '100s' },
    marathon: { checkpoint, gpuScheduling: 'unrestricted' },
    batch: { checkpoint, refuseUnused: '20s', decisionBase: '3ms' },
  };
}

function digest(scenario: Scenario, simulation: { explicitTicks?: boolean; permuteTiesSeed?: number }): string {
  const assembly = assemble({
    definition: mesos as never,
    options: optionsOf(scenario),
    inventory: inventory(scenario.machines),
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

const job = fc.record({
  submitS: fc.integer({ min: 0, max: 400 }),
  service: fc.boolean(),
  cpuMilli: fc.constantFrom(0, 500, 1500, 3000),
  memoryGib: fc.integer({ min: 0, max: 6 }),
  gpuMilli: fc.constantFrom(0, 0, 500, 1000),
  failureShare: fc.constantFrom(0, 0, 0.5),
  image: fc.constantFrom('', 'a', 'b'),
  seconds: fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 6 }),
});
const fault = fc.record({
  kind: fc.constantFrom<Fault['kind']>('crash', 'hang', 'partition', 'slow', 'drain'),
  atUs: fc.integer({ min: 0, max: 900 * SECOND }),
  machine: fc.integer({ min: 0, max: 3 }),
  seconds: fc.integer({ min: 1, max: 900 }),
});
const TWO_IN_A_ROLE = [{ kind: 'marathon', name: 'marathon', role: 'services' }, { kind: 'batch', name: 'a', role: 'batch', jobs: { share: 0.5 } }, { kind: 'batch', name: 'b', role: 'batch', jobs: { share: 0.5 } }, { kind: 'batch', name: 'c', role: 'batch/c' }];
const MANY = [{ kind: 'marathon', name: 'marathon', count: 3, role: 'services-{n}' }, { kind: 'batch', name: 'batch', count: 4, role: 'batch-{n}', settings: { revive: false, refuseUnused: '7s' } }];
const settings: fc.Arbitrary<Settings> = fc.record({
  frameworks: fc.constantFrom<unknown>(undefined, undefined, TWO_IN_A_ROLE, MANY),
  drain: fc.constantFrom('drain-agent', 'maintenance', 'gone'),
  partitioning: fc.constantFrom('shared', 'shared', 'static'),
  offerTimeout: fc.constantFrom(undefined, undefined, '2ms', '50ms'),
  removalRate: fc.boolean(),
  whitelist: fc.constantFrom(false, false, true),
  quota: fc.constantFrom<object>({}, {}, { services: { guarantee: { cpus: 2 } } }, { batch: { limit: { cpus: 3 }, guarantee: { memory: '4GiB' } } }),
});
const scenario: fc.Arbitrary<Scenario> = fc
  .record({ machines: fc.integer({ min: 1, max: 4 }), jobs: fc.array(job, { minLength: 1, maxLength: 5 }), faults: fc.array(fault, { maxLength: 5 }), seed: fc.integer(), checkpoint: fc.boolean(), settings })
  .map(({ machines, jobs, faults, ...rest }) => ({
    ...rest,
    machines,
    jobs: jobs.map((spec, i) => ({
      name: `job-${i}`,
      submitUs: spec.submitS * SECOND,
      shape: {
        kind: spec.service ? ('service' as const) : ('batch' as const),
        cpuMilli: spec.cpuMilli,
        memoryBytes: spec.memoryGib * GIB,
        gpuCount: spec.gpuMilli > 0 ? 1 : 0,
        gpuMilli: spec.gpuMilli,
        failureShare: spec.failureShare,
        image: spec.image,
      },
      durationsUs: spec.seconds.map((seconds) => seconds * SECOND),
    })),
    faults: faults
      .map((spec) => ({ kind: spec.kind, atUs: spec.atUs, machines: [spec.machine % machines], durationUs: spec.seconds * SECOND, factor: spec.kind === 'slow' ? 3 : 1, label: '' }))
      .sort((a, b) => a.atUs - b.atUs),
  }));

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
    settings: { ...settings, offerTimeout: settings.offerTimeout && '1s', partitioning: 'shared' },
    jobs: jobs.map((spec) => ({
      ...spec,
      shape: { ...spec.shape, cpuMilli: Math.min(100, spec.shape.cpuMilli!), memoryBytes: Math.min(0.1 * GIB, spec.shape.memoryBytes!), gpuCount: 0, gpuMilli: 0, failureShare: 0 },
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
        inventory: inventory(random.machines),
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
  const { simulation, orchestrator } = assemble({ definition: mesos as never, inventory: inventory(5000), workload: buildWorkload('idle', []), seed: 1 });
  simulation.run(30 * 86_400 * SECOND);
  expect(simulation.eventCount).toBeLessThan(10);
  expect(orchestrator.invariants()).toEqual([]);
});
