import { describe, expect, test } from 'vitest';
import type { JobSpec } from '../../workload/workload-builder.ts';
import { MachineInventory } from '../../world/machine-inventory.ts';
import { checkReservations, RESERVATION } from './reservations.ts';
import { machineTotal } from './resource-kinds.ts';
import { app, fault, faulted, hosts, machines, MINUTE, runningOn, SECOND, startMesos } from './testing/mesos-run.ts';

const flood = (user: string, tasks: number, submitS = 1, fields: object = {}): JobSpec => ({ name: user, submitUs: submitS * SECOND, shape: { cpuMilli: 1000, memoryBytes: 1e9, user, ...fields }, durationsUs: Array.from({ length: tasks }, () => 60 * MINUTE) });
const batch = (name: string, more: object = {}) => ({ kind: 'batch', name, jobs: { users: [name] }, ...more });
const count = (run: ReturnType<typeof startMesos>, user: string): number => runningOn(run).filter((entry) => entry.startsWith(user)).length;

describe('resources of parts of agents that are reserved by their flags', () => {
  const options = (more: object = {}) => ({ frameworks: [batch('prod'), batch('dev')], reservations: [{ role: 'prod', attribute: 'disk==ssd', cpus: 3, memory: '8GiB' }], ...more });
  const inventory = machines(4, (i) => ({ attributes: { disk: i < 2 ? 'ssd' : 'hdd' } }));

  test('go to their role alone, which takes them before others', () => {
    const dev = startMesos(inventory, [flood('dev', 50)], { options: options() });
    dev.simulation.run(MINUTE);
    expect([count(dev, 'dev'), dev.cluster.invariants()]).toEqual([2 * 1 + 2 * 4, []]);
    const prod = startMesos(machines(1, () => ({ attributes: { disk: 'ssd' } })), [flood('prod', 4)], { options: options() });
    prod.simulation.run(MINUTE);
    // Columns: cpus, mem, gpus, then the same reserved to prod.
    expect(prod.cluster.tasks.resources.map((resources) => [resources[0], resources[3]])).toEqual([[0, 1000], [0, 1000], [0, 1000], [1000, 0]]);
  });

  test('stay empty beside a full cluster until their role has work', () => {
    const run = startMesos(inventory, [flood('dev', 50), flood('prod', 6, 60)], { options: options() });
    run.simulation.run(59 * SECOND);
    expect(count(run, 'dev')).toBe(10);
    run.simulation.run(2 * MINUTE);
    expect([count(run, 'dev'), count(run, 'prod')]).toEqual([10, 6]);
  });

  test('are told apart in an explanation', () => {
    const run = startMesos(inventory, [flood('dev', 50)], { options: options(), watchedTask: 49 });
    run.simulation.run(MINUTE);
    const verdicts = new Map(run.orchestrator.explain(49).machines.map(({ machine, verdict }) => [machine, verdict]));
    expect(verdicts.get('node-0')).toBe('InsufficientCpus: cpus 0 of 1 (also free there: cpus(prod):3, mem(prod):8192)');
    expect(verdicts.get('node-3')).toBe('InsufficientCpus: cpus 0 of 1');
  });

  test('count as consumed by their role where it has quota', () => {
    // Three of prod's twelve guaranteed CPUs are reserved on each of two agents: six more are held back from dev.
    const quota = { prod: { guarantee: { cpus: 12, memory: '16GiB' } } };
    const run = startMesos(inventory, [flood('dev', 50)], { options: options({ allocator: { quota } }) });
    run.simulation.run(MINUTE);
    expect(count(run, 'dev')).toBe(16 - 12);
  });

  test('are registered again with an agent that was away', () => {
    const run = faulted(startMesos(inventory, [flood('dev', 50)], { options: options() }), [fault('crash', 0, 30, 300)]);
    run.simulation.run(20 * MINUTE);
    expect([count(run, 'dev'), run.cluster.invariants()]).toEqual([10, []]);
  });
});

describe('reservations that an operator makes in the course of a run', () => {
  test('take offers back, wait for what is in use, and are undone when they are over', () => {
    const reservations = [{ role: 'prod', machines: ['node-0'], cpus: 3, from: '60s', until: '10min' }];
    const run = startMesos(machines(1), [flood('dev', 2), { ...flood('dev', 8), name: 'more', submitUs: 2 * MINUTE }], { options: { frameworks: [batch('prod'), batch('dev')], reservations } });
    run.simulation.run(90 * SECOND);
    // Two of four CPUs are in use: three cannot be reserved.
    expect(run.cluster.master.operator.conflicts).toBeGreaterThan(0);
    const before = run.cluster.master.operator.conflicts;
    const idle = startMesos(machines(1), [{ ...flood('dev', 8), submitUs: 2 * MINUTE }], { options: { frameworks: [batch('prod'), batch('dev')], reservations } });
    idle.simulation.run(5 * MINUTE);
    expect([runningOn(idle).length, idle.cluster.master.operator.conflicts]).toEqual([1, 0]);
    idle.simulation.run(12 * MINUTE);
    expect([runningOn(idle).length, idle.cluster.invariants()]).toEqual([4, []]);
    run.simulation.run(3 * MINUTE);
    expect(run.cluster.master.operator.conflicts).toBeGreaterThan(before);
  });

  test('a framework that is offered the agent loses the offer, and what is reserved is not in the next', () => {
    // dev thinks for a minute about what it was offered before the reservation.
    const frameworks = [batch('prod'), batch('dev', { settings: { decisionBase: '60s' } })];
    const run = startMesos(machines(1), [flood('dev', 4, 40)], { options: { frameworks, reservations: [{ role: 'prod', machines: ['node-0'], cpus: 3, memory: '8GiB', from: '60s' }] } });
    run.simulation.run(10 * MINUTE);
    expect([runningOn(run).length, run.cluster.master.operator.conflicts, run.cluster.invariants()]).toEqual([1, 0, []]);
  });
});

describe('apps that say which resources they take (acceptedResourceRoles)', () => {
  test.each([
    [['*'], ['node-1', 'node-1', 'node-1', 'node-1']],
    [['web'], ['node-0', 'node-0', 'node-0', 'node-0']],
  ])('%j', (acceptedResourceRoles, expected) => {
    const options = { frameworks: [{ kind: 'marathon', name: 'marathon', role: 'web' }], reservations: [{ role: 'web', machines: ['node-0'] }] };
    const run = startMesos(machines(2), [app('a', 6, { portDefinitions: [], acceptedResourceRoles })], { options });
    run.simulation.run(5 * MINUTE);
    expect(hosts(run)).toEqual(expected);
  });

  test('take both where they say nothing', () => {
    const options = { frameworks: [{ kind: 'marathon', name: 'marathon', role: 'web' }], reservations: [{ role: 'web', machines: ['node-0'] }] };
    const run = startMesos(machines(2), [app('a', 6, { portDefinitions: [] })], { options });
    run.simulation.run(5 * MINUTE);
    expect([hosts(run).length, new Set(hosts(run)).size]).toEqual([6, 2]);
  });
});

describe('what cannot be reserved is refused with its place', () => {
  const inventory = new MachineInventory([{ name: 'node-0', cpuMilli: 4000, memoryBytes: 16 * 1024 ** 3 }]);
  const check = (...entries: object[]) => () => checkReservations(entries.map((entry) => RESERVATION.parse(entry)), inventory, (machine) => machineTotal(inventory, machine));

  test('a machine that is not there', () => {
    expect(check({ role: 'a', machines: ['node-1'], cpus: 1 })).toThrow('reservations[0].machines: there is no machine "node-1"; did you mean "node-0"?');
  });

  test('more than a machine has, in all', () => {
    expect(check({ role: 'a', machines: ['node-0'], cpus: 3 }, { role: 'b', machines: ['node-0'], cpus: 2 })).toThrow('reservations[1]: node-0 has 4 cpus, 5 would be reserved');
  });

  test('the end of a reservation that has no beginning', () => {
    expect(RESERVATION.safeParse({ role: 'a', machines: [], cpus: 1, until: '1h' }).error?.issues[0]?.message).toBe('expected a time after from: static reservations cannot be undone');
  });
});
