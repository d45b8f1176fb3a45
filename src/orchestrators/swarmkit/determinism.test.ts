import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SimulationOptions } from '../../engine/simulation.ts';
import type { ClientAction } from '../../workload/client-action.ts';
import { buildWorkload, type JobSpec } from '../../workload/workload-builder.ts';
import { MachineInventory } from '../../world/machine-inventory.ts';
import { type Assembly, assemble, type AssemblyOptions } from '../assemble.ts';
import { MemoRanking } from './scheduler/memo-ranking.ts';
import { type RankingFactory, ScanRanking } from './scheduler/node-ranking.ts';
import { SwarmUser } from './swarm-user.ts';
import { swarmkit } from './swarmkit.ts';

const SECOND = 1_000_000;
const GIB = 1024 ** 3;

const job = fc.record({
  service: fc.boolean(),
  submit: fc.integer({ min: 0, max: 900 }),
  seconds: fc.integer({ min: 1, max: 1500 }),
  cpuMilli: fc.integer({ min: 0, max: 4000 }),
  memory: fc.integer({ min: 0, max: 8 }),
  gpu: fc.integer({ min: 0, max: 2 }),
  zone: fc.integer({ min: -1, max: 1 }),
  image: fc.integer({ min: -1, max: 2 }),
  tasks: fc.integer({ min: 1, max: 6 }),
  failureShare: fc.constantFrom(0, 0, 0.5),
  deploy: fc.constantFrom(null, null, null, { mode: 'global' }, { placement: { max_replicas_per_node: 1 } }, { placement: { preferences: [{ spread: 'node.labels.zone' }] } }, { restart_policy: { condition: 'none' } }, { restart_policy: { max_attempts: 2, window: '5m' } }, {
    update_config: { parallelism: 2, order: 'start-first', failure_action: 'rollback', delay: '7s' },
  }),
});

const fault = fc.record({
  kind: fc.constantFrom('crash', 'hang', 'partition', 'engine', 'drain', 'slow'),
  machine: fc.nat(),
  at: fc.integer({ min: 0, max: 1500 * SECOND }),
  seconds: fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 30, max: 600 })),
});

const action = fc.record({ kind: fc.constantFrom('scale', 'update'), job: fc.nat(), at: fc.integer({ min: 0, max: 1500 * SECOND }), to: fc.nat() });

/** Half of the clusters have the defaults. */
const options = fc.oneof(
  fc.constant({}),
  fc.record(
    {
      heartbeatPeriod: fc.constantFrom('1s', '20s'),
      heartbeatEpsilon: fc.constant('0s'),
      gracePeriodMultiplier: fc.constantFrom(1, 10),
      nodeDownPeriod: fc.constantFrom('0s', '1min'),
      taskHistoryLimit: fc.constantFrom(-1, 0, 1),
      restartCondition: fc.constantFrom('on-failure', 'none'),
      restartDelay: fc.constantFrom('500ms', '1min'),
      restartMaxAttempts: fc.constantFrom(1, 3),
      lostJobTasks: fc.constant('wait'),
      spread: fc.constantFrom(['node.labels.zone'], ['node.hostname', 'node.labels.zone']),
      maxReplicasPerNode: fc.constantFrom(1, 2),
      commitTime: fc.constantFrom('1us', '500ms'),
      taskTimeUs: fc.constantFrom(0, 100_000),
      createTime: fc.constant('0s'),
      startTime: fc.constant('0s'),
      engineStartup: fc.constant('0s'),
    },
    { requiredKeys: [] },
  ),
);

const scenario = fc.record({
  machines: fc.integer({ min: 1, max: 6 }),
  slots: fc.constantFrom(undefined, undefined, 3),
  jobs: fc.array(job, { minLength: 1, maxLength: 10 }),
  faults: fc.array(fault, { maxLength: 6 }),
  actions: fc.array(action, { maxLength: 4 }),
  seed: fc.nat(),
  options,
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

function run(spec: Scenario, simulation: SimulationOptions, Ranking: RankingFactory = MemoRanking): Assembly {
  const inventory = new MachineInventory(
    Array.from({ length: spec.machines }, (_, i) => ({
      name: `n${i}`,
      cpuMilli: 4000 + 2000 * (i % 2),
      memoryBytes: 16 * GIB,
      gpuCount: i % 3,
      ...(spec.slots !== undefined && { slots: spec.slots }),
      attributes: { zone: `z${i % 2}` },
    })),
  );
  const jobs = spec.jobs.map((fields, i): JobSpec => ({
    name: `j${i}`,
    submitUs: fields.submit * SECOND,
    shape: {
      kind: fields.service ? 'service' : 'batch',
      cpuMilli: fields.cpuMilli,
      memoryBytes: fields.memory * GIB,
      gpuCount: fields.gpu,
      image: fields.image < 0 ? '' : `image-${fields.image}`,
      failureShare: fields.failureShare,
      constraints: fields.zone < 0 ? [] : [{ attribute: 'zone', operator: '==', value: `z${fields.zone}` }],
      ...(fields.deploy !== null && { native: { format: 'compose', spec: { deploy: { ...fields.deploy, resources: { reservations: { cpus: String(fields.cpuMilli / 1000), memory: `${fields.memory}g` } } } } } }),
    },
    durationsUs: Array.from({ length: fields.tasks }, () => fields.seconds * SECOND),
  }));
  const workload = buildWorkload('w', jobs);
  const order = jobs.map((_, i) => i).sort((a, b) => jobs[a]!.submitUs - jobs[b]!.submitUs || a - b);
  const shapes = [...workload.shapes];
  const actions: ClientAction[] = [];
  for (const { kind, job: number, at, to } of [...spec.actions].sort((a, b) => a.at - b.at)) {
    const index = number % jobs.length;
    const { service, tasks } = spec.jobs[order[index]!]!;
    if (!service) continue;
    if (kind === 'scale') actions.push({ kind, timeUs: at, job: index, count: to % (tasks + 1) });
    else {
      shapes.push({ ...shapes[workload.jobShape[index]!]!, image: `version-${to % 3}`, failureShare: to % 4 === 0 ? 0.9 : 0 });
      actions.push({ kind: 'update', timeUs: at, job: index, shape: shapes.length - 1 });
    }
  }
  const assembly = assemble({
    definition: { ...swarmkit, create: (context, options) => new SwarmUser(context, options as never, Ranking) } as AssemblyOptions['definition'],
    options: spec.options,
    inventory,
    workload: { ...workload, shapes, actions },
    seed: spec.seed,
    simulation,
  });
  for (const { kind, machine, at, seconds } of spec.faults) strike(assembly, kind, machine % spec.machines, at, at + seconds * SECOND);
  assembly.simulation.run(3600 * SECOND);
  return assembly;
}

function strike({ simulation, world, orchestrator }: Assembly, kind: string, machine: number, from: number, to: number): void {
  const process = world.processes.role.indexOf(`swarmkit/docker-n${machine}`);
  const verbs: Record<string, readonly [() => void, () => void]> = {
    crash: [() => world.crash(machine), () => world.boot(machine)],
    hang: [() => world.hang(machine), () => world.continue(machine)],
    partition: [() => void world.partition([machine]), () => world.heal(machine)],
    engine: [() => world.processes.kill(process), () => world.processes.restart(process)],
    drain: [() => orchestrator.drain(machine, true), () => orchestrator.drain(machine, false)],
    slow: [() => world.slow(machine, 3), () => world.slow(machine, 1)],
  };
  const [begin, end] = verbs[kind]!;
  simulation.at(from, simulation.on('test', begin));
  simulation.at(to, simulation.on('test', end));
}

test('explicit ticks, the plain scan and a repetition give the same digest under random faults, and the books stay right', () => {
  fc.assert(
    fc.property(scenario, (spec) => {
      const lazy = run(spec, {});
      const digest = lazy.log.digest.toString();
      expect([...lazy.orchestrator.invariants(), ...lazy.world.invariants()]).toEqual([]);
      // Every service has been taken back and every machine is back: nothing runs on anywhere.
      const left = lazy.world.inventory.names.flatMap((_, machine) => lazy.world.containers.on(machine));
      expect(left.filter((row) => lazy.workload.isService[lazy.workload.shapeOf(lazy.world.containers.task[row]!)] === 1)).toEqual([]);
      expect(run(spec, {}).log.digest.toString()).toBe(digest);
      expect(run(spec, { explicitTicks: true }).log.digest.toString()).toBe(digest);
      expect(run(spec, { permuteTiesSeed: 1 }).orchestrator.invariants()).toEqual([]);
      expect(run(spec, {}, ScanRanking).log.digest.toString()).toBe(digest);
    }),
    { numRuns: 40 },
  );
}, 60_000);
