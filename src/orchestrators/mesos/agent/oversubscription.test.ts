import { describe, expect, test } from 'vitest';
import { RecordKind } from '../../../metrics/log.ts';
import type { JobSpec } from '../../../workload/workload-builder.ts';
import { fault, faulted, machines, MINUTE, runningOn, SECOND, startMesos } from '../testing/mesos-run.ts';
import { LoadAverage } from './load-average.ts';

const job = (user: string, tasks: number, minutes = 600, submitS = 1): JobSpec => ({ name: user, submitUs: submitS * SECOND, shape: { cpuMilli: 1000, memoryBytes: 1e9, user }, durationsUs: Array.from({ length: tasks }, () => minutes * MINUTE) });
const FRAMEWORKS = [
  { kind: 'batch', name: 'prod', jobs: { users: ['prod'] } },
  { kind: 'batch', name: 'spare', jobs: { users: ['spare'] }, settings: { revocable: 'only' } },
];
const lending = (oversubscription: object, more: object = {}) => ({ frameworks: FRAMEWORKS, agent: { oversubscription: { cpus: 2, ...oversubscription }, executorStartSigma: 0, ...more } });
const count = (run: ReturnType<typeof startMesos>, user: string): number => runningOn(run).filter((entry) => entry.startsWith(user)).length;

describe('load averages', () => {
  test('go where the number of those that want a CPU is, by 1 - 1/e in their time', () => {
    const load = new LoadAverage(1);
    load.change(0, 4, 0);
    expect([load.five(0, 5 * MINUTE), load.fifteen(0, 15 * MINUTE)].map((value) => value.toFixed(6))).toEqual(['2.528482', '2.528482']);
    load.change(0, 0, 5 * MINUTE);
    expect(load.five(0, 10 * MINUTE).toFixed(6)).toBe((2.528482 / Math.E).toFixed(6));
  });

  test('cross a bound when they say they do', () => {
    const load = new LoadAverage(1);
    load.change(0, 4, 0);
    const bounds = { five: 3, fifteen: 2 };
    const atUs = load.crossingUs(0, bounds, 0);
    expect([load.exceeds(0, bounds, atUs - 1000), load.exceeds(0, bounds, atUs + 1000)]).toEqual([false, true]);
    expect(load.crossingUs(0, { five: 5, fifteen: NaN }, 0)).toBe(Infinity);
  });
});

describe('agents that lend CPU', () => {
  test('lend it to frameworks that ask for revocable resources, beside all that they have, and to nobody else', () => {
    const run = startMesos(machines(2), [job('prod', 20), job('spare', 20)], { options: lending({}) });
    run.simulation.run(2 * MINUTE);
    expect([count(run, 'prod'), count(run, 'spare'), run.cluster.invariants()]).toEqual([8, 4, []]);
    const none = startMesos(machines(2), [job('prod', 20), job('spare', 20)], { options: { frameworks: FRAMEWORKS } });
    none.simulation.run(2 * MINUTE);
    expect([count(none, 'prod'), count(none, 'spare')]).toEqual([8, 0]);
  });

  test('also: what is revocable is taken where the rest does not suffice', () => {
    const frameworks = [{ kind: 'batch', name: 'batch', settings: { revocable: 'also' } }];
    const run = startMesos(machines(1), [job('a', 20)], { options: { ...lending({}), frameworks } });
    run.simulation.run(2 * MINUTE);
    expect(run.cluster.tasks.resources.map((resources) => resources[3])).toEqual([0, 0, 0, 0, 1000, 1000]);
    expect(runningOn(run)).toHaveLength(6);
  });

  test('say so within an estimator interval, and their offers come without waiting for a batch', () => {
    const run = startMesos(machines(1), [job('spare', 2)], { options: lending({}) });
    run.simulation.run(16 * SECOND);
    expect(count(run, 'spare')).toBe(2);
  });

  test('lend again what they report to be in use when they come back', () => {
    for (const kind of ['crash', 'partition'] as const) {
      const run = faulted(startMesos(machines(2), [job('prod', 8), job('spare', 8)], { options: lending({}) }), [fault(kind, 0, 120, 300)]);
      run.simulation.run(30 * MINUTE);
      expect([kind, count(run, 'prod'), count(run, 'spare'), run.cluster.invariants()]).toEqual([kind, 8, 4, []]);
    }
  });

  test('are named in an explanation of who may not have it', () => {
    const run = startMesos(machines(1), [job('prod', 6)], { options: lending({}), watchedTask: 5 });
    run.simulation.run(2 * MINUTE);
    expect(run.orchestrator.explain(5).machines).toEqual([{ machine: 'node-0', verdict: 'InsufficientCpus: cpus 0 of 1 (also free there: cpus{REV}:2)' }]);
  });
});

describe('when the owners want their CPU', () => {
  const bounds = { load5: 5 };

  test('the load controller ends every task with revocable CPU of an agent whose load average is above its bound, and they are launched again', () => {
    const run = startMesos(machines(1), [job('spare', 2), job('prod', 4, 600, 60)], { options: lending({ qos: bounds }) });
    // Six want four CPUs from the 61st second on; two wanted them before. The average of five minutes is above five after 5 min x ln((6 - L) / (6 - 5)).
    run.simulation.run(8 * MINUTE);
    const before = run.cluster.agents.oversubscription!.preempted;
    run.simulation.run(11 * MINUTE);
    expect([before, run.cluster.agents.oversubscription!.preempted >= 2]).toEqual([0, true]);
    const evicted = run.records.of(RecordKind.evict).map(({ a }) => run.workload.shapes[run.workload.shapeOf(a)]!.user);
    expect(new Set(evicted)).toEqual(new Set(['spare']));
    expect(count(run, 'prod')).toBe(4);
  });

  test('the threshold controller ends one of them per round', () => {
    const run = startMesos(machines(1), [job('spare', 2), job('prod', 4, 600, 60)], { options: lending({ qos: { controller: 'threshold', interval: '15s', load5: 5.5 }, holdBack: { load5: 4.5 } }) });
    run.simulation.run(20 * MINUTE);
    const times = run.records.of(RecordKind.evict).map(({ timeUs }) => timeUs);
    expect(times.length).toBeGreaterThan(0);
    for (const [i, timeUs] of times.entries()) if (i > 0) expect(timeUs - times[i - 1]!).toBeGreaterThan(14 * SECOND);
    expect(count(run, 'prod')).toBe(4);
  });

  test('an agent that holds back lends no more than is in use while its load is above the bound', () => {
    const run = startMesos(machines(1), [job('prod', 4), job('spare', 2, 600, 60 * 60)], { options: lending({ holdBack: { load5: 3.5 } }) });
    run.simulation.run(90 * MINUTE);
    expect(count(run, 'spare')).toBe(0);
    const { books } = run.cluster.master.allocator;
    expect(books.total[3]).toBe(0);
  });

  test('memory is nobody else\'s: the tasks that give way are launched again on what others have left', () => {
    const run = startMesos(machines(2), [job('spare', 2), job('prod', 8, 600, 60)], { options: lending({ qos: bounds, holdBack: { load5: 3 } }) });
    run.simulation.run(60 * MINUTE);
    expect([count(run, 'prod'), run.cluster.invariants()]).toEqual([8, []]);
  });
});

test('explicit ticks give the same run', () => {
  const options = lending({ holdBack: { load5: 3.5, load15: 3.8 }, qos: { controller: 'threshold', load5: 4.5, interval: '7s' } });
  const jobs = [job('spare', 12, 7), job('prod', 10, 9, 200), { ...job('prod', 6, 5, 2000), name: 'later' }];
  const digests = [false, true].map((explicitTicks) => {
    const run = faulted(startMesos(machines(3), jobs, { options, simulation: { explicitTicks } }), [fault('crash', 0, 500, 200), fault('partition', 1, 900, 200), fault('hang', 2, 1500, 100)]);
    run.simulation.run(120 * MINUTE);
    return run.records.events;
  });
  expect(digests[0]!.filter(({ kind }) => kind === RecordKind.evict).length).toBeGreaterThan(0);
  expect(digests[0]).toEqual(digests[1]);
});
