import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RecordKind, TaskOutcome } from '../../../metrics/log.ts';
import type { JobSpec } from '../../../workload/workload-builder.ts';
import { fault, faulted, hosts, machines, MINUTE, type MesosRun, type MesosRunOptions, SECOND, startMesos } from '../testing/mesos-run.ts';
import { CHRONOS_OPTIONS } from './chronos-options.ts';
import { meetsJobConstraint } from './job-constraint.ts';
import { JobSchedule } from './job-schedule.ts';
import { ParentCounts } from './parent-counts.ts';
import { later, periodsPast, readInstant, readPeriod, readRepetition } from './repetition.ts';

describe('ISO 8601', () => {
  test('instants are those of the calendar', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date('1900-01-01T00:00:00Z'), max: new Date('2200-01-01T00:00:00Z'), noInvalidDate: true }), (date) => {
        expect(readInstant(date.toISOString())).toBe(date.getTime() * 1000);
      }),
    );
    expect(readInstant('2026-03-01T12:00+02:00')).toBe(Date.parse('2026-03-01T10:00:00Z') * 1000);
    for (const wrong of ['2026-02-29', '2026-13-01', '12:00', '']) expect(readInstant(wrong)).toBeUndefined();
  });

  test('periods are read, those of months move by the calendar', () => {
    expect(readPeriod('P1Y2M3W4DT5H6M7.5S')).toEqual({ months: 14, us: ((25 * 24 + 5) * 3600 + 6 * 60 + 7.5) * SECOND });
    for (const wrong of ['P', 'PT', '1H', 'PT1.5H']) expect(readPeriod(wrong)).toBeUndefined();
    expect(later(readInstant('2026-01-31T06:00Z')!, { months: 1, us: 0 }, 1)).toBe(readInstant('2026-02-28T06:00Z'));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e9 }), fc.integer({ min: 0, max: 4e9 }), fc.integer({ min: 0, max: 14 }), fc.integer({ min: 0, max: 90_000 }), (startS, afterS, months, seconds) => {
        fc.pre(months > 0 || seconds > 0);
        const period = { months, us: seconds * SECOND };
        const start = startS * SECOND;
        const now = start + afterS * SECOND;
        const times = periodsPast(start, period, now);
        expect(later(start, period, times)).toBeGreaterThan(now);
        if (times > 1) expect(later(start, period, times - 1)).toBeLessThanOrEqual(now);
      }),
    );
  });

  test('repetitions', () => {
    expect(readRepetition('R//PT1H')).toEqual({ times: Infinity, startUs: undefined, period: { months: 0, us: 3600 * SECOND } });
    expect(readRepetition('R3/1970-01-02T00:00Z/P1D')).toEqual({ times: 3, startUs: 86_400 * SECOND, period: { months: 0, us: 86_400 * SECOND } });
    for (const wrong of ['R', '5/x/PT1H', 'R/x/PT1H', 'R//PT0S', 'R/2026-01-01/1H']) expect(readRepetition(wrong)).toBeUndefined();
  });

  test('missed occurrences are one run and cost one repetition', () => {
    const schedule = new JobSchedule(3, 0, { months: 0, us: 10 });
    schedule.advance(47);
    expect([schedule.dueUs, schedule.left]).toEqual([50, 2]);
    schedule.advance(50);
    schedule.advance(60);
    expect(schedule.dueUs).toBe(Infinity);
  });
});

test('of several parents, the success counts whose count is then the smallest', () => {
  const counts = new ParentCounts(['a', 'b']);
  expect(['a', 'a', 'b', 'b'].map((parent) => counts.succeeded(parent))).toEqual([false, false, true, true]);
  counts.reset();
  expect(['b', 'a'].map((parent) => counts.succeeded(parent))).toEqual([false, true]);
  const single = new ParentCounts(['a']);
  expect([single.succeeded('a'), single.succeeded('a')]).toEqual([true, true]);
});

function job(name: string, runs: number, seconds: number, fields: Partial<JobSpec> = {}): JobSpec {
  return { name, submitUs: SECOND, shape: { cpuMilli: 1000 }, durationsUs: Array.from({ length: runs }, () => seconds * SECOND), ...fields };
}

const GIVES_UP = { attempts: 0, initialDelayUs: 1, factor: 1, maxDelayUs: 1, jitter: 0 };

function start(jobs: readonly JobSpec[], settings: Readonly<Record<string, unknown>>, options: MesosRunOptions = {}, nodes = 1): MesosRun {
  return startMesos(machines(nodes), jobs, { options: { frameworks: [{ kind: 'chronos', name: 'chronos' }], chronos: settings }, client: { refused: GIVES_UP, failed: GIVES_UP, removalDelayUs: Infinity }, ...options });
}

/** Starts of the tasks of a job, whole seconds. */
function starts(run: MesosRun, name: string): number[] {
  return run.records.of(RecordKind.start).filter(({ a }) => run.workload.jobName(run.workload.jobOf(a)) === name).map(({ timeUs }) => Math.floor(timeUs / SECOND));
}

describe('constraints of jobs', () => {
  test.each([
    ['EQUALS', 'blue', 'blue', true],
    ['EQUALS', 'blue', 'bluer', false],
    ['EQUALS', '2', '2', false],
    ['EQUALS', 'x', undefined, false],
    ['LIKE', 'rack-[12]', 'rack-2', true],
    ['LIKE', 'rack', 'rack-2', false],
    ['LIKE', '2', '2', false],
    ['LIKE', '2\\.0', '2', true],
    ['LIKE', '1\\.5E7', '15000000', true],
    ['LIKE', 'b', '{a, b}', true],
    ['LIKE', '.*', '[1-5]', false],
    ['UNLIKE', 'rack-1', 'rack-2', true],
    ['UNLIKE', 'rack-1', undefined, false],
    ['UNLIKE', 'b', '{a, b}', false],
  ] as const)('%s %s on %s: %s', (operator, expected, value, met) => {
    expect(meetsJobConstraint(['rack', operator, expected], value)).toBe(met);
  });

  test('say which agents a job may use, and why others are not used', () => {
    const inventory = machines(4, (i) => ({ rack: `rack-${i}` }));
    const jobs = { etl: { constraints: [['rack', 'LIKE', 'rack-[123]'], ['hostname', 'UNLIKE', 'node-1'], ['rack', 'EQUALS', 'rack-3']] } };
    const run = startMesos(inventory, [job('etl', 5, 600)], { options: { frameworks: [{ kind: 'chronos', name: 'chronos' }], chronos: { jobs } }, watchedTask: 4 });
    run.simulation.run(2 * MINUTE);
    expect(hosts(run)).toEqual(['node-3', 'node-3', 'node-3', 'node-3']);
    expect(run.orchestrator.explain(4).machines.map(({ verdict }) => verdict)).toEqual([
      'constraint rack LIKE rack-[123] is not met: the agent has rack-0',
      'constraint hostname UNLIKE node-1 is not met: the agent has node-1',
      'constraint rack EQUALS rack-3 is not met: the agent has rack-2',
      'InsufficientCpus: cpus 0 of 1',
    ]);
  });

  test('a pattern that is none is refused', () => {
    expect(CHRONOS_OPTIONS.safeParse({ jobs: { a: { constraints: [['rack', 'LIKE', '(']] } } }).error?.issues[0]?.message).toBe('"(" is no regular expression');
  });
});

describe('Chronos in runs', () => {
  test('runs a job at its times, from its epoch on, each run within a refusal and a cycle', () => {
    const run = start([job('backup', 5, 30)], { epoch: '2026-01-01T00:00Z', jobs: { backup: { schedule: 'R3/2026-01-01T00:10Z/PT1H' } } });
    run.simulation.run(6 * 60 * MINUTE);
    const late = starts(run, 'backup').map((second, i) => second - (600 + i * 3600));
    expect(late).toHaveLength(3);
    for (const seconds of late) {
      expect(seconds).toBeGreaterThanOrEqual(0);
      expect(seconds).toBeLessThan(9);
    }
    expect(run.cluster.invariants()).toEqual([]);
  });

  test('a job that is queued is launched at once where offers are revived for it, at most every five seconds', () => {
    const run = start(Array.from({ length: 4 }, (_, i) => job(`job-${i}`, 1, 1, { submitUs: (100 + 2 * i) * SECOND })), { reviveOffersForNewJobs: true });
    run.simulation.run(5 * MINUTE);
    // The first finds them refused for five seconds at most; the second asks too early.
    const times = Array.from({ length: 4 }, (_, i) => starts(run, `job-${i}`)[0]!);
    expect(times[0]).toBe(100);
    expect(times[3]! - 106).toBeLessThanOrEqual(5);
  });

  test('an occurrence while the job runs waits for its end, and those missed meanwhile are one; concurrent jobs overlap', () => {
    const runs = (concurrent: boolean): number => {
      const run = start([job('slow', 20, 250)], { jobs: { slow: { schedule: 'R//PT1M', concurrent } } });
      run.simulation.run(20 * MINUTE);
      expect(run.cluster.invariants()).toEqual([]);
      return starts(run, 'slow').length;
    };
    expect(runs(false)).toBe(5);
    expect(runs(true)).toBeGreaterThan(14);
  });

  test('dependent jobs run after each success of their parent; a failed parent holds them back unless its errors are soft', () => {
    const order = (softError: boolean, failureShare: number): string[] => {
      const run = start([job('extract', 2, 20, { shape: { cpuMilli: 1000, failureShare } }), job('load', 5, 10)], { retries: 0, jobs: { extract: { schedule: 'R2//PT10M', softError }, load: { parents: ['extract'] } } });
      run.simulation.run(60 * MINUTE);
      return run.records.of(RecordKind.start).map(({ a }) => run.workload.taskName(a));
    };
    expect(order(false, 0)).toEqual(['extract/0', 'load/0', 'extract/1', 'load/1']);
    expect(order(false, 1)).toEqual(['extract/0', 'extract/1']);
    expect(order(true, 1)).toEqual(['extract/0', 'load/0', 'extract/1', 'load/1']);
  });

  test('a failed run is tried again after a minute, twice by default, and then given up', () => {
    const run = start([job('bad', 1, 10, { shape: { cpuMilli: 1000, failureShare: 1 } })], {});
    run.simulation.run(30 * MINUTE);
    const times = starts(run, 'bad');
    expect(times).toHaveLength(3);
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(60);
    expect(run.records.of(RecordKind.done).map(({ b }) => b)).toEqual([TaskOutcome.gaveUp]);
  });

  test('a head that fits nowhere ends the matching: what is behind it waits for the next offers although it would fit', () => {
    const both = (first: string): number => {
      const jobs = { big: job('big', 1, 10, { shape: { cpuMilli: 3000 } }), small: job('small', 1, 10) };
      const run = start([job('busy', 1, 600, { shape: { cpuMilli: 2000 } }), { ...(first === 'big' ? jobs.big : jobs.small), submitUs: 30 * SECOND }, { ...(first === 'big' ? jobs.small : jobs.big), submitUs: 30 * SECOND + 1 }], {});
      run.simulation.run(5 * MINUTE);
      return starts(run, 'small')[0]!;
    };
    expect(both('big')).toBeGreaterThan(both('small'));
  });

  test('an occurrence that is later than epsilon is left out where that is asked for', () => {
    const minutes = (epsilonRule: string): number[] => {
      const run = start([job('slow', 5, 15 * 60)], { epsilonRule, jobs: { slow: { schedule: 'R/2026-01-01T00:10Z/PT10M', epsilon: 'PT2M' } } });
      run.simulation.run(60 * MINUTE);
      return starts(run, 'slow').map((second) => Math.floor(second / 60));
    };
    // The second is due at 20 min and the job ends after 25.
    expect(minutes('ignored')).toEqual([10, 25, 40, 55]);
    expect(minutes('skip')).toEqual([10, 30, 50]);
  });

  test('a run lost with its machine is tried again elsewhere', () => {
    const run = start([job('crunch', 1, 600)], {}, {}, 2);
    run.simulation.run(30 * SECOND);
    faulted(run, [fault('crash', run.records.of(RecordKind.start)[0]!.b, 60, 4000)]);
    run.simulation.run(60 * MINUTE);
    expect(run.records.of(RecordKind.done).map(({ b }) => b)).toEqual([TaskOutcome.finished]);
    expect(run.cluster.tasks.live).toBeLessThan(2);
  });

  test('whatever befalls machines, every job that runs once has run or was given up, and the books agree', () => {
    const jobs = fc.array(fc.record({ cpu: fc.integer({ min: 1, max: 4 }), seconds: fc.integer({ min: 1, max: 300 }), fails: fc.boolean(), atS: fc.integer({ min: 1, max: 600 }) }), { minLength: 1, maxLength: 12 });
    const event = fc.record({ kind: fc.constantFrom('crash' as const, 'partition' as const, 'hang' as const), machine: fc.integer({ min: 0, max: 1 }), atS: fc.integer({ min: 10, max: 900 }), forS: fc.integer({ min: 5, max: 300 }) });
    fc.assert(
      fc.property(fc.nat(1000), jobs, fc.array(event, { maxLength: 4 }), (seed, drawn, events) => {
        const specs = drawn.map(({ cpu, seconds, fails, atS }, i) => job(`j${i}`, 1, seconds, { submitUs: atS * SECOND, shape: { cpuMilli: cpu * 1000, failureShare: fails ? 0.5 : 0 } }));
        const run = faulted(start(specs, {}, { seed }, 2), events.map(({ kind, machine, atS, forS }) => fault(kind, machine, atS, forS)).toSorted((a, b) => a.atUs - b.atUs));
        run.simulation.run(180 * MINUTE);
        expect(run.cluster.invariants()).toEqual([]);
        expect(new Set(run.records.of(RecordKind.done).map(({ a }) => a)).size).toBe(drawn.length);
        expect(run.cluster.tasks.live).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  test('a cancelled wait costs nothing: an idle Chronos is no events', () => {
    const run = start([job('once', 1, 5)], {});
    run.simulation.run(MINUTE);
    const events = run.simulation.eventCount;
    run.simulation.run(24 * 60 * MINUTE);
    expect(run.simulation.eventCount - events).toBeLessThan(10);
  });

  test('settings that name no job of the workload are refused', () => {
    expect(() => start([job('backup', 1, 5)], { jobs: { bakup: { schedule: 'R//PT1H' } } })).toThrow('chronos.jobs: there is no job "bakup" in the workload; did you mean "backup"?');
  });

  test('materialising every tick changes nothing', () => {
    const digests = [false, true].map((explicitTicks) => {
      const run = start([job('a', 10, 40), job('b', 10, 30), job('c', 20, 5)], { jobs: { a: { schedule: 'R//PT3M' }, b: { parents: ['a'] } } }, { simulation: { explicitTicks } }, 2);
      faulted(run, [fault('crash', 0, 400, 200)]);
      run.simulation.run(40 * MINUTE);
      return run.log.digest.toString();
    });
    expect(digests[0]).toBe(digests[1]);
  });
});
