import { describe, expect, test } from 'vitest';
import { KeyedRandom } from '../engine/random/keyed-random.ts';
import type { Fault } from '../faults/fault-plan.ts';
import { RAN, RecordKind, TaskOutcome } from '../metrics/log.ts';
import { DEFAULT_CLIENT } from '../workload/default-client.ts';
import type { JobSpec } from '../workload/workload-builder.ts';
import { ExitOutcome } from '../world/exit-outcome.ts';
import type { MachineSpec } from '../world/machine-inventory.ts';
import { ORCHESTRATORS } from './registry.ts';
import { type BehaviourRun, behaviourRun, peakUse } from './testing/behaviour-run.ts';

/*
 * What every orchestrator must do, whatever it models. One that is registered is in.
 */

const SECOND_US = 1_000_000;
const MINUTE_US = 60 * SECOND_US;
const HOUR_US = 60 * MINUTE_US;
const GIB = 1_073_741_824;

/** Where systems differ by design. */
interface Expectation {
  /** Longest time from submission to start on idle machines. */
  readonly startWithinUs: number;
  /** Share of a machine that may be handed out. */
  readonly mostUse: number;
  /** Longest time from the loss of a machine to the start of a replacement. */
  readonly replaceWithinUs: number;
  /** By how much a start may move with the delays of the system's own calls, where the model draws those in order and not by key. */
  readonly callDelaysUs: number;
  /** Gives a task up that has waited for long, although it queues. */
  readonly abandons?: true;
  /** Everything runs on the first machine, which is as large as all together then, and whether it fits is no question that is asked. */
  readonly singleHost?: true;
}

const IDEAL: Expectation = { startWithinUs: 0, mostUse: 1, replaceWithinUs: 0, callDelaysUs: 0 };
const USUAL: Expectation = { startWithinUs: 10 * SECOND_US, mostUse: 1, replaceWithinUs: 30 * MINUTE_US, callDelaysUs: 0 };
const EXPECTATIONS: ReadonlyMap<string, Expectation> = new Map([
  ['reference/fifo', IDEAL],
  ['reference/loss', IDEAL],
  ['reference/power-of-d', IDEAL],
  // A job is abandoned after 100 attempts in vain.
  ['reference/omega-monolithic', { ...USUAL, abandons: true }],
  ['reference/omega-shared-state', { ...USUAL, abandons: true }],
  ['reference/omega-two-level', { ...USUAL, abandons: true }],
  ['docker-compose', { ...USUAL, singleHost: true }],
  // swarm.overcommit defaults to 0.05 (docker/classicswarm 1.2.9, cluster/swarm/cluster.go).
  ['swarm-classic', { ...USUAL, mostUse: 1.05 }],
  // Delays of the API server belong to no task.
  ['kubernetes', { ...USUAL, callDelaysUs: 200_000 }],
]);

function machines(count: number, spec: Partial<MachineSpec> = {}): MachineSpec[] {
  return Array.from({ length: count }, (_, i) => ({ name: `machine-${i}`, cpuMilli: 4000, memoryBytes: 16 * GIB, rack: `rack-${i % 3}`, ...spec }));
}

function batch(name: string, submitUs: number, workUs: number, shape: JobSpec['shape'] = {}): JobSpec {
  return { name, submitUs, shape: { cpuMilli: 1000, memoryBytes: GIB, ...shape }, durationsUs: [workUs] };
}

function service(name: string, submitUs: number, lifetimeUs: number, replicas = 1): JobSpec {
  return { name, submitUs, shape: { kind: 'service', cpuMilli: 1000, memoryBytes: GIB }, durationsUs: Array.from({ length: replicas }, () => lifetimeUs) };
}

function crash(machine: number, atUs: number, durationUs: number): Fault {
  return { kind: 'crash', atUs, machines: [machine], durationUs, factor: 1, label: `machine-${machine}` };
}

/** A hundred mixed tasks on a dozen machines with faults of every kind: what the properties below are checked on. */
function commotionOn(seed: number): { machines: MachineSpec[]; jobs: JobSpec[]; faults: Fault[]; untilUs: number } {
  const random = new KeyedRandom(seed, 'commotion');
  const jobs: JobSpec[] = [];
  for (let i = 0; i < 80; i++) {
    const submitUs = Math.floor(random.u(i, 0, 1) * 40) * MINUTE_US;
    const cpuMilli = 500 * (1 + Math.floor(random.u(i, 0, 2) * 4));
    if (i % 4 === 0) jobs.push(service(`service-${i}`, submitUs, 30 * MINUTE_US + Math.floor(random.u(i, 0, 3) * HOUR_US), 1 + (i % 3)));
    else jobs.push(batch(`batch-${i}`, submitUs, MINUTE_US + Math.floor(random.u(i, 0, 3) * 40 * MINUTE_US), { cpuMilli, failureShare: i % 3 === 1 ? 0.4 : 0 }));
  }
  const kinds = ['crash', 'hang', 'partition', 'slow', 'drain', 'crash'] as const;
  const faults = kinds.map((kind, i): Fault => {
    const first = Math.floor(random.u(i, 1, 1) * 11);
    return {
      kind,
      atUs: (5 + 9 * i) * MINUTE_US + Math.floor(random.u(i, 1, 2) * MINUTE_US),
      machines: kind === 'slow' || kind === 'drain' ? [first] : [first, first + 1],
      durationUs: (1 + Math.floor(random.u(i, 1, 3) * 20)) * MINUTE_US,
      factor: kind === 'slow' ? 3 : 1,
      label: `fault-${i}`,
    };
  });
  return { machines: machines(12), jobs, faults, untilUs: 4 * HOUR_US };
}

/** The same, with all machines in one. */
function onOneHost({ machines: all, faults, ...rest }: ReturnType<typeof commotionOn>): ReturnType<typeof commotionOn> {
  const sum = (of: (machine: MachineSpec) => number): number => all.reduce((total, machine) => total + of(machine), 0);
  return { ...rest, machines: [{ ...all[0]!, cpuMilli: sum(({ cpuMilli }) => cpuMilli), memoryBytes: sum(({ memoryBytes }) => memoryBytes) }, ...all.slice(1)], faults: faults.map((fault) => ({ ...fault, machines: [0] })) };
}

/** Every submitted task has one end at most, nothing runs for the system's client that has ended long ago, and starts and ends are paired. */
function expectAccountedFor(run: BehaviourRun, untilUs: number): void {
  const { workload } = run.assembly;
  const running = new Map<number, number>();
  const done = new Map<number, number>();
  const began = new Map<number, number>();
  for (const { kind, a, c, timeUs } of run.events) {
    if (kind === RecordKind.submit || kind === RecordKind.reject) {
      expect(began.has(a)).toBe(false);
      began.set(a, timeUs);
    } else if (kind === RecordKind.start) {
      expect(began.has(a)).toBe(true);
      running.set(a, (running.get(a) ?? 0) + 1);
    } else if (kind === RecordKind.end && c >= RAN) {
      expect(running.get(a) ?? 0).toBeGreaterThan(0);
      running.set(a, running.get(a)! - 1);
    } else if (kind === RecordKind.done) {
      expect(done.has(a)).toBe(false);
      done.set(a, timeUs);
    }
  }
  expect(began.size).toBe(workload.taskCount);
  for (const [task, timeUs] of done) {
    // A task that is over for its user is not run on, once the system has had an hour to notice.
    if (timeUs < untilUs - HOUR_US) expect({ task: workload.taskName(task), running: running.get(task) ?? 0 }).toEqual({ task: workload.taskName(task), running: 0 });
  }
}

describe.each(ORCHESTRATORS.map((definition) => ({ name: definition.name, definition })))('$name', ({ name, definition }) => {
  const expected = EXPECTATIONS.get(name) ?? USUAL;
  const { capabilities } = definition;
  const commotion = (seed: number) => (expected.singleHost === true ? onOneHost(commotionOn(seed)) : commotionOn(seed));

  test('places a task, runs it for its work and finishes it', () => {
    const run = behaviourRun({ definition, machines: machines(3), jobs: [batch('job', MINUTE_US, 10 * MINUTE_US)], untilUs: HOUR_US });
    const task = run.task('job');
    const [start] = run.of(RecordKind.start, task);
    const [end] = run.of(RecordKind.end, task);
    expect(run.of(RecordKind.start, task)).toHaveLength(1);
    expect(start!.timeUs - MINUTE_US).toBeLessThanOrEqual(expected.startWithinUs);
    expect([end!.timeUs - start!.timeUs, end!.c]).toEqual([10 * MINUTE_US, ExitOutcome.finished + RAN]);
    expect(run.of(RecordKind.done, task).map(({ b }) => b)).toEqual([TaskOutcome.finished]);
    const [bind] = run.of(RecordKind.bind, task);
    expect(bind!.timeUs).toBeLessThanOrEqual(start!.timeUs);
    expect(bind!.b).toBe(start!.b);
    expect(run.broken).toEqual([]);
  });

  test('says of each task where it is or why it waits', () => {
    // Memory for one at a time; the second waits, or is refused.
    const jobs = [batch('first', 0, 2 * HOUR_US, { memoryBytes: 12 * GIB }), batch('second', MINUTE_US, MINUTE_US, { memoryBytes: 12 * GIB })];
    const run = behaviourRun({ definition, machines: machines(1), jobs, untilUs: 30 * MINUTE_US });
    const { orchestrator } = run.assembly;
    const [placed, waiting] = [orchestrator.explain(run.task('first')), orchestrator.explain(run.task('second'))];
    expect(placed.summary).toContain('machine-0');
    expect(waiting.summary).not.toBe('');
    // The second is let in as well, and the kernel throws one of them out.
    if (expected.singleHost === true) return;
    expect(waiting.state).not.toBe(placed.state);
    expect(run.of(RecordKind.start, run.task('second'))).toEqual([]);
    expect(run.of(RecordKind.refuse, run.task('second')).length > 0).toBe(!capabilities.queues || expected.abandons === true);
    expect(run.broken).toEqual([]);
  });

  test('runs a service until its lifetime ends, all its replicas', () => {
    const run = behaviourRun({ definition, machines: machines(3), jobs: [service('web', MINUTE_US, HOUR_US, 4)], untilUs: 2 * HOUR_US });
    for (let i = 0; i < 4; i++) {
      const task = run.task(`web/${i}`);
      expect(run.of(RecordKind.start, task)).toHaveLength(1);
      expect(run.of(RecordKind.done, task).map(({ timeUs, b }) => [timeUs, b])).toEqual([[MINUTE_US + HOUR_US, TaskOutcome.cancelled]]);
      const [end] = run.of(RecordKind.end, task);
      expect(end!.timeUs).toBeGreaterThanOrEqual(MINUTE_US + HOUR_US);
      expect(end!.timeUs).toBeLessThan(MINUTE_US + HOUR_US + 5 * MINUTE_US);
      expect(end!.c).toBe(ExitOutcome.stopped + RAN);
    }
    expect(run.broken).toEqual([]);
  });

  test.each([
    ['service', capabilities.replacesLostServices],
    ['batch', capabilities.replacesLostBatch],
  ] as const)('after the loss of its machine %s work goes on elsewhere, or comes back to the client, as the system declares', (kind, replaces) => {
    const spec = { definition, machines: machines(3), jobs: [kind === 'service' ? service('job', 0, 5 * HOUR_US) : batch('job', 0, 4 * HOUR_US)], untilUs: 3 * HOUR_US, client: { ...DEFAULT_CLIENT, failed: { ...DEFAULT_CLIENT.failed, attempts: 0 } } };
    const host = behaviourRun({ ...spec, untilUs: 10 * MINUTE_US });
    const machine = host.of(RecordKind.start, host.task('job'))[0]!.b;
    const run = behaviourRun({ ...spec, faults: [crash(machine, 20 * MINUTE_US, Infinity)] });
    const task = run.task('job');
    const [lost] = run.of(RecordKind.end, task);
    expect([lost!.timeUs, lost!.c]).toEqual([20 * MINUTE_US, ExitOutcome.machineLost + RAN]);
    const again = run.of(RecordKind.start, task).slice(1);
    if (replaces) {
      expect(again).toHaveLength(1);
      expect(again[0]!.b).not.toBe(machine);
      expect(again[0]!.timeUs - lost!.timeUs).toBeLessThanOrEqual(expected.replaceWithinUs);
      const [detect] = run.events.filter((event) => event.kind === RecordKind.detect);
      expect(detect!.a).toBe(machine);
      expect(detect!.timeUs).toBeGreaterThanOrEqual(lost!.timeUs);
      const [decide] = run.of(RecordKind.decide, task);
      expect(decide!.timeUs).toBeGreaterThanOrEqual(detect!.timeUs);
      expect(decide!.timeUs).toBeLessThanOrEqual(again[0]!.timeUs);
    } else {
      expect(again).toEqual([]);
      expect(run.of(RecordKind.done, task).map(({ b }) => b)).toEqual([TaskOutcome.gaveUp]);
    }
    expect(run.broken).toEqual([]);
  });

  test.skipIf(expected.singleHost)('never hands out more than its machines have, under three times their load', () => {
    const random = new KeyedRandom(5, 'overload');
    const jobs = Array.from({ length: 120 }, (_, i) => batch(`job-${i}`, i * 20 * SECOND_US, 30 * MINUTE_US, { cpuMilli: 500 + 500 * Math.floor(random.u(i, 0, 1) * 5), memoryBytes: (1 + Math.floor(random.u(i, 0, 2) * 7)) * GIB }));
    const run = behaviourRun({ definition, machines: machines(5), jobs, untilUs: 12 * HOUR_US });
    const peak = peakUse(run);
    expect(peak).toBeLessThanOrEqual(expected.mostUse);
    expect(peak).toBeGreaterThan(0.9);
    // The overload passes, and everything gets its turn.
    expect(run.events.filter(({ kind, b }) => kind === RecordKind.done && b === TaskOutcome.finished)).toHaveLength(120);
    expectAccountedFor(run, 12 * HOUR_US);
    expect(run.broken).toEqual([]);
  });

  test.skipIf(expected.singleHost)('empties a machine that is drained and uses it again afterwards', () => {
    const run = behaviourRun({
      definition,
      machines: machines(2),
      jobs: [service('web', 0, 6 * HOUR_US, 4), batch('late', 3 * HOUR_US, HOUR_US, { cpuMilli: 3000 }), batch('later', 3 * HOUR_US, HOUR_US, { cpuMilli: 3000 })],
      faults: [{ kind: 'drain', atUs: HOUR_US, machines: [1], durationUs: HOUR_US, factor: 1, label: 'maintenance' }],
      untilUs: 5 * HOUR_US,
    });
    const running = new Set<string>();
    for (const { kind, a, b, c, timeUs } of run.events) {
      if (kind === RecordKind.start) {
        expect(b === 1 && timeUs > HOUR_US + MINUTE_US && timeUs < 2 * HOUR_US).toBe(false);
        running.add(`${a} on ${b}`);
      } else if (kind === RecordKind.end && c >= RAN) {
        running.delete(`${a} on ${b}`);
        if (b === 1 && timeUs > HOUR_US && timeUs < 2 * HOUR_US) expect(timeUs).toBeLessThan(HOUR_US + 30 * MINUTE_US);
      } else if (timeUs >= HOUR_US + 30 * MINUTE_US && timeUs < 2 * HOUR_US) expect([...running].filter((entry) => entry.endsWith(' on 1'))).toEqual([]);
    }
    // One machine is full of the service, or the two share: either way both late tasks need the second.
    const late = ['late', 'later'].map((job) => run.of(RecordKind.start, run.task(job)).at(-1)?.b);
    expect(late).toContain(1);
    expect(run.broken).toEqual([]);
  });

  describe('in commotion', () => {
    const plain = new Map<number, BehaviourRun>();
    const plainRun = (seed: number) => {
      let run = plain.get(seed);
      if (run === undefined) plain.set(seed, (run = behaviourRun({ definition, seed, ...commotion(seed) })));
      return run;
    };

    test.each([1, 2, 3])('loses no task from its books (%i)', (seed) => {
      const run = plainRun(seed);
      expectAccountedFor(run, commotion(seed).untilUs);
      expect(run.broken).toEqual([]);
      // Faults are over after two hours at most: whatever could be done has been done by the end.
      const open = run.assembly.workload.taskCount - run.events.filter(({ kind }) => kind === RecordKind.done).length;
      expect(open).toBe(0);
      // It was a commotion.
      const lost = run.events.filter(({ kind, c }) => kind === RecordKind.end && c === ExitOutcome.machineLost + RAN).length;
      const crashed = run.events.filter(({ kind, c }) => kind === RecordKind.end && c === ExitOutcome.failed + RAN).length;
      expect(lost).toBeGreaterThan(0);
      expect(crashed).toBeGreaterThan(3);
    });

    test.each([1, 2, 3])('replays identically (%i)', (seed) => {
      const again = behaviourRun({ definition, seed, ...commotion(seed) });
      expect(again.digest).toBe(plainRun(seed).digest);
      expect(again.events).toEqual(plainRun(seed).events);
    });

    test.each([1, 2, 3])('does with every tick executed what it does with the few that matter (%i)', (seed) => {
      const explicit = behaviourRun({ definition, seed, ...commotion(seed), explicitTicks: true });
      // The first difference says more than two digests.
      const lazy = plainRun(seed);
      const first = lazy.events.findIndex((event, i) => JSON.stringify(event) !== JSON.stringify(explicit.events[i]));
      expect({ first, lazy: lazy.events[first], explicit: explicit.events[first] }).toEqual({ first: -1, lazy: undefined, explicit: undefined });
      expect(explicit.digest).toBe(lazy.digest);
      expect(explicit.assembly.simulation.eventCount).toBeGreaterThanOrEqual(lazy.assembly.simulation.eventCount);
    });

    test.each([1, 2, 3])('keeps its invariants when unrelated events of one instant change places (%i)', (seed) => {
      const permuted = behaviourRun({ definition, seed, ...commotion(seed), permuteTiesSeed: seed });
      expectAccountedFor(permuted, commotion(seed).untilUs);
      expect(permuted.broken).toEqual([]);
    });
  });

  test('what one task draws does not depend on which others there are', () => {
    // One machine and half an hour between tasks: nobody is in anybody's way. Failures, start latencies and ends are the task's own.
    const own = Array.from({ length: 8 }, (_, i) => batch(`job-${i}`, i * 30 * MINUTE_US, 5 * MINUTE_US, { failureShare: 0.4, image: `image-${i}` }));
    const extra = batch('extra', 45 * MINUTE_US, MINUTE_US, { failureShare: 0.4, image: 'image-extra' });
    const fate = (jobs: JobSpec[]) => {
      const run = behaviourRun({ definition, machines: machines(1), jobs, untilUs: 6 * HOUR_US, images: { medianBytes: 1e8, sigma: 1, machineBytesPerSecond: 1e7, registryBytesPerSecond: 1e9 } });
      return own.map((job) => {
        const task = run.task(job.name);
        const starts = run.of(RecordKind.start, task).map(({ timeUs }) => timeUs);
        const ends = run.of(RecordKind.end, task).filter(({ c }) => c >= RAN);
        return { starts, attempts: ends.map(({ timeUs, c }, i) => ({ workedUs: timeUs - starts[i]!, outcome: c })) };
      });
    };
    const [crowd, alone] = [fate([extra, ...own]), fate(own)];
    expect(crowd.map(({ attempts }) => attempts)).toEqual(alone.map(({ attempts }) => attempts));
    expect(alone.some(({ attempts }) => attempts.some(({ outcome }) => outcome === ExitOutcome.failed + RAN))).toBe(true);
    crowd.forEach(({ starts }, i) => {
      starts.forEach((timeUs, n) => expect(Math.abs(timeUs - alone[i]!.starts[n]!)).toBeLessThanOrEqual(expected.callDelaysUs));
    });
  });
});
