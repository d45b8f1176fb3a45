import { describe, expect, test } from 'vitest';
import { RAN, RecordKind, TaskOutcome } from '../../metrics/log.ts';
import type { Shape } from '../../workload/shape.ts';
import { buildWorkload, type JobSpec } from '../../workload/workload-builder.ts';
import { ExitOutcome } from '../../world/exit-outcome.ts';
import { MachineInventory, type MachineSpec } from '../../world/machine-inventory.ts';
import { type Assembly, assemble, type AssemblyOptions } from '../assemble.ts';
import { NO_IMAGES } from '../testing/behaviour-run.ts';
import { Recorder } from '../testing/recorder.ts';
import type { SwarmUser } from './swarm-user.ts';
import { swarmkit } from './swarmkit.ts';

const SECOND = 1_000_000;
const MINUTE = 60 * SECOND;
const GIB = 1024 ** 3;

interface Run extends Assembly {
  readonly recorder: Recorder;
  readonly user: SwarmUser;
  /** Runs on until this second. */
  until(seconds: number): void;
  /** Machines where each task of the first job runs now. */
  where(): Map<number, number[]>;
}

function start(machines: readonly Partial<MachineSpec>[], jobs: readonly JobSpec[], options: unknown = {}, extraShapes: readonly Partial<Shape>[] = []): Run {
  const recorder = new Recorder();
  const workload = buildWorkload('w', jobs);
  const shapes = [...workload.shapes, ...extraShapes.map((extra) => ({ ...workload.shapes[0]!, ...extra }))];
  const assembly = assemble({
    definition: swarmkit as AssemblyOptions['definition'],
    inventory: new MachineInventory(machines.map((spec, i) => ({ name: `n${i}`, cpuMilli: 4000, memoryBytes: 16 * GIB, ...spec }))),
    workload: { ...workload, shapes },
    seed: 3,
    collectors: [recorder],
    images: NO_IMAGES,
    options,
  });
  const where = (): Map<number, number[]> => {
    const running = new Map<number, number[]>();
    for (const { kind, a, b, c } of recorder.events) {
      if (kind === RecordKind.start) running.set(a, [...(running.get(a) ?? []), b]);
      else if (kind === RecordKind.end && c >= RAN) {
        const left = running.get(a)!.slice();
        left.splice(left.indexOf(b), 1);
        if (left.length > 0) running.set(a, left);
        else running.delete(a);
      }
    }
    return new Map([...running].sort(([a], [b]) => a - b));
  };
  return { ...assembly, recorder, user: assembly.orchestrator as SwarmUser, until: (seconds) => assembly.simulation.run(seconds * SECOND), where };
}

function service(replicas: number, shape: Partial<Shape> = {}, more: Partial<JobSpec> = {}): JobSpec {
  return { name: 'web', submitUs: 0, shape: { kind: 'service', cpuMilli: 1000, ...shape }, durationsUs: Array.from({ length: replicas }, () => Infinity), ...more };
}

const compose = (spec: unknown): Partial<Shape> => ({ native: { format: 'compose', spec } });
const machines = (count: number): Partial<MachineSpec>[] => Array.from({ length: count }, () => ({}));

describe('queueing and explaining', () => {
  test('a task that fits nowhere waits with the reason in the words of the scheduler, and starts when there is room', () => {
    const run = start([{}, {}, {}, {}], [service(12), { name: 'big', submitUs: MINUTE, shape: { cpuMilli: 3000 }, durationsUs: [MINUTE] }]);
    run.user.drain(3, true);
    run.until(120);
    const big = run.workload.taskByName('big');
    expect(run.user.explain(big)).toMatchObject({ state: 'Pending', summary: 'no suitable node (insufficient resources on 3 nodes; 1 node not available for new tasks)' });
    run.user.drain(3, false);
    run.until(150);
    expect(run.user.explain(big)).toMatchObject({ state: 'Running', summary: 'Running on n3' });
  });

  test('decisions that take no time are carried out as well', () => {
    const run = start(machines(2), [service(3)], { taskTimeUs: 0, nodeTimeUs: 0 });
    run.until(60);
    expect(run.where().size).toBe(3);
  });

  test('constraints that no node meets are named', () => {
    const run = start(machines(2), [service(1, { constraints: [{ attribute: 'disk', operator: '==', value: 'ssd' }] })]);
    run.until(10);
    expect(run.user.explain(0).summary).toBe('no suitable node (scheduling constraints not satisfied on 2 nodes)');
  });

  test('at most so many replicas run on a node', () => {
    const run = start(machines(3), [service(8, compose({ deploy: { placement: { max_replicas_per_node: 2 } } }))]);
    run.until(20);
    const perNode = new Map<number, number>();
    for (const [node] of run.where().values()) perNode.set(node!, (perNode.get(node!) ?? 0) + 1);
    expect([...perNode.values()]).toEqual([2, 2, 2]);
    expect(run.user.explain(7).summary).toBe('no suitable node (max replicas per node limit exceed)');
  });

  test('reservations are those of the file: limits reserve nothing', () => {
    const run = start(machines(1), [service(10, compose({ deploy: { resources: { limits: { cpus: '1' } } } }))]);
    run.until(20);
    expect(run.where().size).toBe(10);
  });
});

describe('restarts', () => {
  test('a failed instance is replaced in its slot after the restart delay', () => {
    const run = start(machines(2), [{ name: 'job', submitUs: 0, shape: { cpuMilli: 1000, failureShare: 0.99 }, durationsUs: [10 * SECOND] }]);
    run.until(120);
    const starts = run.recorder.of(RecordKind.start);
    const ends = run.recorder.of(RecordKind.end);
    expect(starts.length).toBeGreaterThan(3);
    for (let i = 1; i < starts.length; i++) {
      const pause = (starts[i]!.timeUs - ends[i - 1]!.timeUs) / SECOND;
      // Report, restart, delay, then assignment of the new desired state and start.
      expect(pause).toBeGreaterThan(5.2);
      expect(pause).toBeLessThan(5.6);
    }
  });

  test('attempts that are limited come to an end, and the client hears of it', () => {
    const run = start(machines(2), [{ name: 'job', submitUs: 0, shape: { failureShare: 1, ...compose({ deploy: { restart_policy: { condition: 'on-failure', max_attempts: 2, delay: '1s' } } }) }, durationsUs: [SECOND] }]);
    run.until(30);
    expect(run.recorder.of(RecordKind.start).length).toBeGreaterThanOrEqual(3);
    expect(run.recorder.of(RecordKind.retry).length).toBeGreaterThan(0);
    const beforeRetry = run.recorder.of(RecordKind.start).filter(({ timeUs }) => timeUs < run.recorder.of(RecordKind.retry)[0]!.timeUs);
    expect(beforeRetry).toHaveLength(3);
  });

  test('from five failures within five minutes on a node comes last, before that nothing changes', () => {
    // n0 has the fewest tasks and would always be first.
    const run = start(machines(2), [service(1, { cpuMilli: 0 }, { name: 'ballast' })]);
    run.until(5);
    const [[, [busy]]] = [...run.where()] as [[number, number[]]];
    const idle = 1 - busy!;
    const { nodes } = run.user.scheduler;
    for (let i = 0; i < 4; i++) nodes.failures.record(9, 0, idle, run.simulation.nowUs);
    expect(nodes.failures.matter(9, 0, run.simulation.nowUs)).toBe(false);
    nodes.failures.record(9, 0, idle, run.simulation.nowUs);
    expect(nodes.failures.matter(9, 0, run.simulation.nowUs)).toBe(true);
    expect(nodes.failures.matter(9, 0, run.simulation.nowUs + 5 * MINUTE + 1)).toBe(false);
  });
});

describe('nodes that are lost', () => {
  test('a node that is cut off keeps its tasks running beside their replacements until it is back, and moves nothing then', () => {
    const run = start(machines(2), [service(4)]);
    run.until(60);
    run.world.partition([0]);
    run.until(120);
    // Two of the four run twice.
    expect([...run.where().values()].map((nodes) => nodes.length).sort()).toEqual([1, 1, 2, 2]);
    run.world.heal(0);
    run.until(140);
    expect([...run.where().values()].flat()).toEqual([1, 1, 1, 1]);
    run.until(3600);
    expect([...run.where().values()].flat()).toEqual([1, 1, 1, 1]);
    expect(run.user.invariants()).toEqual([]);
  });

  test('what a lost node had reserved stays reserved until it is back or its tasks are orphaned after a day', () => {
    const run = start(machines(2), [service(4)]);
    run.until(60);
    run.world.crash(0);
    run.until(120);
    const { nodes } = run.user.scheduler;
    expect(nodes.availableNanoCpus[0]).toBe(2e9);
    run.until(86_400);
    expect(nodes.availableNanoCpus[0]).toBe(2e9);
    run.until(86_400 + 120);
    expect(nodes.availableNanoCpus[0]).toBe(4e9);
  });

  test('a drained node is emptied without the restart delay', () => {
    const run = start(machines(2), [service(2)]);
    run.until(60);
    run.user.drain(0, true);
    run.until(62);
    expect([...run.where().values()].flat()).toEqual([1, 1]);
  });

  test('a global service has a task on every node, none for a lost one, and a new one when it is back', () => {
    const run = start(machines(3), [service(3, compose({ deploy: { mode: 'global' } }))]);
    run.until(20);
    expect([...run.where().values()].flat().sort()).toEqual([0, 1, 2]);
    run.world.crash(1);
    run.until(120);
    expect([...run.where().values()].flat().sort()).toEqual([0, 2]);
    run.world.boot(1);
    run.until(180);
    expect([...run.where().values()].flat().sort()).toEqual([0, 1, 2]);
    run.user.drain(2, true);
    run.until(200);
    expect([...run.where().values()].flat().sort()).toEqual([0, 1]);
    expect(run.user.invariants()).toEqual([]);
  });

  test('the address of a service leads to a dead instance until the manager knows', () => {
    const run = start(machines(2), [service(2)]);
    run.until(60);
    run.world.crash(0);
    run.until(100);
    const [lost] = run.recorder.of(RecordKind.end);
    const [detected] = run.recorder.of(RecordKind.detect);
    const [unrouted] = run.recorder.of(RecordKind.unroute);
    expect(unrouted).toMatchObject({ a: lost!.a, b: 0 });
    expect(unrouted!.timeUs - detected!.timeUs).toBeLessThan(SECOND / 4);
    const again = run.recorder.of(RecordKind.route).at(-1)!;
    expect(again).toMatchObject({ a: lost!.a, b: 1 });
    expect(again.timeUs).toBeGreaterThanOrEqual(run.recorder.of(RecordKind.start).at(-1)!.timeUs);
  });
});

describe('scaling', () => {
  test('goes up into the lowest free slots and down from nodes with more copies', () => {
    const run = start(machines(2), [service(6, {}, { initialCount: 2 })]);
    run.until(20);
    expect(run.where().size).toBe(2);
    run.client.scaled(0, 6);
    run.user.scale(0, 6);
    run.until(40);
    expect(run.where().size).toBe(6);
    const victims = run.user.victims(0, 3)!;
    run.client.scaled(0, 3);
    run.user.scale(0, 3);
    run.until(60);
    expect([...run.where().keys()]).toEqual([0, 1, 2, 3, 4, 5].filter((task) => !victims.includes(task)));
    const nodes = [...run.where().values()].flat();
    expect(nodes).toHaveLength(3);
    expect(Math.abs(nodes.filter((node) => node === 0).length - nodes.filter((node) => node === 1).length)).toBe(1);
  });
});

describe('rolling updates', () => {
  const update = { parallelism: 2, delay: '10s', monitor: '20s' };
  const starts = (run: Run, afterSeconds: number): number[] => run.recorder.of(RecordKind.start).filter(({ timeUs }) => timeUs > afterSeconds * SECOND).map(({ timeUs }) => timeUs / SECOND);

  test('replace so many slots at a time, stopping first, with the delay in between', () => {
    const run = start(machines(3), [service(6, compose({ deploy: { update_config: update } }))], {}, [{ image: 'web:2' }]);
    run.until(60);
    run.user.update(0, 1);
    run.until(200);
    const times = starts(run, 60);
    expect(times).toHaveLength(6);
    expect(times[1]! - times[0]!).toBeLessThan(0.3);
    expect(times[2]! - times[1]!).toBeGreaterThan(10);
    // Stop first: never more than six.
    let running = 0;
    for (const { kind } of run.recorder.events) {
      if (kind === RecordKind.start) running++;
      else if (kind === RecordKind.end) running--;
      expect(running).toBeLessThanOrEqual(6);
    }
    expect(run.user.store.services[0]!.updateState).toBe('completed');
  });

  test('start-first has the new instance running before the old one stops', () => {
    const run = start(machines(3), [service(3, compose({ deploy: { update_config: { order: 'start-first' } } }))], {}, [{ image: 'web:2' }]);
    run.until(60);
    run.user.update(0, 1);
    let least = 3;
    let running = 0;
    run.until(120);
    for (const { kind, timeUs } of run.recorder.events) {
      if (kind === RecordKind.start) running++;
      else if (kind === RecordKind.end) running--;
      if (timeUs > 60 * SECOND) least = Math.min(least, running);
    }
    expect(least).toBe(3);
    expect(run.where().size).toBe(3);
    expect(starts(run, 60)).toHaveLength(3);
  });

  test('pause when the new version ends too early', () => {
    const run = start(machines(3), [service(6, compose({ deploy: { update_config: { monitor: '2m', delay: '70s' } } }))], {}, [{ image: 'web:2', failureShare: 1 }]);
    run.until(60);
    run.user.update(0, 1);
    run.until(400);
    expect(run.user.store.services[0]!.updateState).toBe('paused');
    const updated = new Set(run.recorder.of(RecordKind.start).filter(({ timeUs }) => timeUs > 60 * SECOND).map(({ a }) => a));
    expect(updated.size).toBeLessThan(6);
  });

  test('roll back to the version before when that is the failure action', () => {
    const run = start(machines(3), [service(4, compose({ deploy: { update_config: { monitor: '2m', failure_action: 'rollback' } } }))], {}, [{ image: 'web:2', failureShare: 1 }]);
    run.until(60);
    run.user.update(0, 1);
    run.until(600);
    const web = run.user.store.services[0]!;
    expect(web.updateState).toBe('rollback_completed');
    expect(web.tasks().filter(({ desired, state }) => desired <= 512 && state === 512).map(({ spec }) => spec.shape)).toEqual([0, 0, 0, 0]);
    expect(run.where().size).toBe(4);
    expect(run.user.invariants()).toEqual([]);
  });

  test('failures are looked at between slots and after the last one, not while the last workers are busy', () => {
    const config = { parallelism: 0, delay: '1m', monitor: '5s' };
    const run = start(machines(2), [service(2, compose({ deploy: { update_config: config } }))], {}, [{ image: 'web:2', failureShare: 1 }]);
    run.until(60);
    run.user.update(0, 1);
    run.until(110);
    expect(run.recorder.of(RecordKind.end).filter(({ c }) => c === ExitOutcome.failed + RAN).length).toBeGreaterThan(0);
    expect(run.user.store.services[0]!.updateState).toBe('updating');
    // The last period of monitoring is longer than the delay, and what happened meanwhile counts in it.
    run.until(130);
    expect(run.user.store.services[0]!.updateState).toBe('paused');
  });

  test('a change of constraints alone leaves tasks where they may stay', () => {
    const zones = [{ attributes: { zone: 'a' } }, { attributes: { zone: 'a' } }, { attributes: { zone: 'b' } }];
    const run = start(zones, [service(3)], {}, [{ constraints: [{ attribute: 'zone', operator: '==', value: 'a' }] }]);
    run.until(60);
    run.user.update(0, 1);
    run.until(120);
    expect(starts(run, 60)).toHaveLength(1);
    expect([...run.where().values()].flat().every((node) => node < 2)).toBe(true);
  });

  test('a new version that fits nowhere blocks its worker for ever', () => {
    const run = start(machines(2), [service(4)], {}, [{ constraints: [{ attribute: 'disk', operator: '==', value: 'ssd' }], image: 'web:2' }]);
    run.until(60);
    run.user.update(0, 1);
    run.until(3600);
    // One slot is gone, the others were never touched.
    expect(run.where().size).toBe(3);
    expect(run.user.store.services[0]!.updateState).toBe('updating');
  });
});

describe('jobs', () => {
  test('batch work of many tasks completes each of them once', () => {
    const run = start(machines(2), [{ name: 'job', submitUs: 0, shape: { cpuMilli: 1000, failureShare: 0.3 }, durationsUs: Array.from({ length: 20 }, () => 20 * SECOND) }]);
    run.until(900);
    expect(run.recorder.of(RecordKind.done).map(({ b }) => b)).toEqual(Array.from({ length: 20 }, () => TaskOutcome.finished));
    expect(run.recorder.of(RecordKind.end).filter(({ c }) => c === ExitOutcome.finished + RAN)).toHaveLength(20);
    expect(run.user.store.services[0]).toBeUndefined();
    expect(run.user.invariants()).toEqual([]);
  });

  test.each([
    { lostJobTasks: 'restart', within: [65, 100] },
    { lostJobTasks: 'wait', within: [300, 400] },
  ])('a task of a job whose node is lost: $lostJobTasks', ({ lostJobTasks, within: [from, to] }) => {
    const run = start(machines(2), [{ name: 'job', submitUs: 0, shape: { cpuMilli: 1000 }, durationsUs: [1000 * SECOND] }], { lostJobTasks });
    run.until(60);
    const [[, [node]]] = [...run.where()] as [[number, number[]]];
    run.world.crash(node!);
    run.until(300);
    run.world.boot(node!);
    run.until(2000);
    const [, second] = run.recorder.of(RecordKind.start);
    expect(second!.timeUs / SECOND).toBeGreaterThan(from!);
    expect(second!.timeUs / SECOND).toBeLessThan(to!);
    expect(run.recorder.of(RecordKind.done).map(({ b }) => b)).toEqual([TaskOutcome.finished]);
  });

  test('attempts of a global job are never used up, as its history is not found again', () => {
    const deploy = { mode: 'global-job', restart_policy: { condition: 'on-failure', max_attempts: 1, delay: '1s' } };
    const run = start(machines(1), [{ name: 'job', submitUs: 0, shape: { failureShare: 1, ...compose({ deploy }) }, durationsUs: [SECOND] }]);
    run.until(60);
    expect(run.recorder.of(RecordKind.start).length).toBeGreaterThan(5);
    expect(run.recorder.of(RecordKind.retry)).toEqual([]);
  });
});
