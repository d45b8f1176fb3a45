import { describe, expect, it } from 'vitest';
import { KeyedRandom } from '../engine/random/keyed-random.ts';
import { Simulation } from '../engine/simulation.ts';
import { Log, RecordKind, TaskOutcome } from '../metrics/log.ts';
import type { ClientAction } from './client-action.ts';
import { Client, type ClientOptions, type ClientTarget } from './client.ts';
import { DEFAULT_CLIENT } from './default-client.ts';
import { buildWorkload, type JobSpec } from './workload-builder.ts';
import { Workload } from './workload.ts';

const S = 1_000_000;
const STEADY: ClientOptions = {
  refused: { attempts: Infinity, initialDelayUs: 10 * S, factor: 2, maxDelayUs: 60 * S, jitter: 0 },
  failed: { attempts: 2, initialDelayUs: 5 * S, factor: 1, maxDelayUs: 5 * S, jitter: 0 },
  removalDelayUs: 60 * S,
};

/** A system that does what the test says, and keeps what its client asked for. */
class Scripted implements ClientTarget {
  readonly calls: string[] = [];
  readonly #simulation: Simulation;
  onSubmit: (job: number) => void = () => {};
  onRetry: (task: number) => void = () => {};

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  submit(job: number): void {
    this.note('submit', job);
    this.onSubmit(job);
  }
  retry(task: number): void {
    this.note('retry', task);
    this.onRetry(task);
  }
  cancel(job: number): void {
    this.note('cancel', job);
  }
  remove(task: number): void {
    this.note('remove', task);
  }
  protected note(call: string, index: number): void {
    this.calls.push(`${this.#simulation.nowUs / S} ${call} ${index}`);
  }
}

/** One that can also be scaled and updated. */
class Scalable extends Scripted {
  scale(job: number, count: number): void {
    this.note(`scale to ${count}`, job);
  }
  update(job: number, shape: number): void {
    this.note(`update to ${shape}`, job);
  }
}

function world(jobs: readonly JobSpec[], options: ClientOptions = STEADY, removes = false, rejected: readonly number[] = [], actions: readonly ClientAction[] = [], scales = true) {
  const simulation = new Simulation();
  const records: string[] = [];
  const log = new Log(simulation, [{ record: (timeUs, kind, a, b) => records.push(`${timeUs / S} ${NAME.get(kind)} ${a}${kind === RecordKind.done ? ` ${OUTCOME.get(b)}` : ''}`) }]);
  const workload = new Workload({ ...buildWorkload('test', jobs), actions });
  const client = new Client(simulation, workload, new KeyedRandom(1, 'client'), log, options, Uint8Array.from(workload.shapes, (_, shape) => (rejected.includes(shape) ? 1 : 0)), removes);
  const target = scales ? new Scalable(simulation) : new Scripted(simulation);
  client.connect(target);
  const later = (delayUs: number, action: () => void): void => {
    simulation.after(delayUs, simulation.on('test', action));
  };
  return { simulation, client, target, records, later };
}

const NAME = new Map<number, string>(Object.entries(RecordKind).map(([name, kind]) => [kind, name]));
const OUTCOME = new Map<number, string>(Object.entries(TaskOutcome).map(([name, outcome]) => [outcome, name]));

describe('the client', () => {
  it('submits each job once, when its time has come', () => {
    const { simulation, target, records } = world([
      { name: 'b', submitUs: 7 * S, shape: {}, durationsUs: [S, S] },
      { name: 'a', submitUs: 3 * S, shape: {}, durationsUs: [S] },
    ]);
    simulation.run(20 * S);
    expect(target.calls).toEqual(['3 submit 0', '7 submit 1']);
    expect(records).toEqual(['3 submit 0', '7 submit 1', '7 submit 2']);
  });

  it('submits a refused task again after 10, 20, 40 and then every 60 s, for as long as it is refused', () => {
    const { simulation, client, target } = world([{ name: 'a', submitUs: 0, shape: {}, durationsUs: [S] }]);
    target.onSubmit = target.onRetry = () => client.refused(0, 'full');
    simulation.run(200 * S);
    expect(target.calls).toEqual(['0 submit 0', '10 retry 0', '30 retry 0', '70 retry 0', '130 retry 0', '190 retry 0']);
  });

  it('gives up after as many failures as its policy allows, however often the task was refused before', () => {
    const { simulation, client, target, records, later } = world([{ name: 'a', submitUs: 0, shape: {}, durationsUs: [S] }]);
    let calls = 0;
    target.onSubmit = target.onRetry = () => {
      calls++;
      if (calls <= 4) client.refused(0, 'full');
      else later(S, () => client.ended(0, false));
    };
    simulation.run(1000 * S);
    // Refused at 0, 10, 30 and 70; fails at 131, 137 and 143: two more submissions than the first run.
    expect(target.calls).toEqual(['0 submit 0', '10 retry 0', '30 retry 0', '70 retry 0', '130 retry 0', '136 retry 0', '142 retry 0']);
    expect(records.at(-1)).toBe('143 done 0 gaveUp');
  });

  it('begins with the first delay again when a task is refused after it has run', () => {
    const { simulation, client, target, later } = world([{ name: 'a', submitUs: 0, shape: {}, durationsUs: [S] }]);
    const answers = ['refuse', 'refuse', 'fail', 'refuse'];
    target.onSubmit = target.onRetry = () => {
      const answer = answers.shift();
      if (answer === 'refuse') client.refused(0, 'full');
      else if (answer === 'fail') later(S, () => client.ended(0, false));
    };
    simulation.run(1000 * S);
    expect(target.calls).toEqual(['0 submit 0', '10 retry 0', '30 retry 0', '36 retry 0', '46 retry 0']);
  });

  it('spreads retries by jitter that belongs to the task and not to the order of draws', () => {
    const times = (jobs: readonly string[]): string[] => {
      const jitter = { ...STEADY, refused: { ...STEADY.refused, jitter: 0.5 } };
      const { simulation, client, target } = world(jobs.map((name) => ({ name, submitUs: 0, shape: {}, durationsUs: [S] })), jitter);
      const tasks = jobs.indexOf('x');
      target.onSubmit = (job) => client.refused(job, 'full');
      simulation.run(100 * S);
      return target.calls.filter((call) => call.endsWith(`retry ${tasks}`)).map((call) => call.split(' ')[0]!);
    };
    const alone = times(['x']);
    expect(Number(alone[0])).toBeGreaterThanOrEqual(5);
    expect(Number(alone[0])).toBeLessThan(15);
    expect(times(['a', 'b', 'x'])).toEqual(alone);
  });

  it('cancels a service at the end of its lifetime, counted from its submission, whatever happened before', () => {
    const { simulation, client, target, records, later } = world([{ name: 'web', submitUs: 5 * S, shape: { kind: 'service' }, durationsUs: [100 * S, 100 * S] }]);
    target.onSubmit = () => later(90 * S, () => client.ended(1, false));
    simulation.run(1000 * S);
    expect(target.calls).toEqual(['5 submit 0', '100 retry 1', '105 cancel 0']);
    expect(records.slice(-2)).toEqual(['105 done 0 cancelled', '105 done 1 cancelled']);
  });

  it('never cancels a service without end, or batch work', () => {
    const { simulation, target } = world([
      { name: 'web', submitUs: 0, shape: { kind: 'service' }, durationsUs: [Infinity] },
      { name: 'work', submitUs: 0, shape: {}, durationsUs: [S] },
    ]);
    simulation.run(1000 * S);
    expect(target.calls).toEqual(['0 submit 0', '0 submit 1']);
  });

  it('submits a dependent job when all tasks of all its predecessors have finished, but not before its own time', () => {
    const { simulation, client, target, later } = world([
      { name: 'a', submitUs: 0, shape: {}, durationsUs: [S, S] },
      { name: 'b', submitUs: 0, shape: {}, durationsUs: [S] },
      { name: 'join', submitUs: S, shape: {}, durationsUs: [S], after: ['a', 'b'] },
      { name: 'late', submitUs: 50 * S, shape: {}, durationsUs: [S], after: ['a'] },
    ]);
    target.onSubmit = (job) => {
      if (job === 0) {
        later(10 * S, () => client.ended(0, true));
        later(20 * S, () => client.ended(1, true));
      } else if (job === 1) later(30 * S, () => client.ended(2, true));
    };
    simulation.run(100 * S);
    expect(target.calls).toEqual(['0 submit 0', '0 submit 1', '30 submit 2', '50 submit 3']);
  });

  it('never submits what depends on a job that was given up or rejected', () => {
    const { simulation, client, target, records } = world(
      [
        { name: 'a', submitUs: 0, shape: {}, durationsUs: [S] },
        { name: 'b', submitUs: 0, shape: { gpuCount: 1, gpuMilli: 500 }, durationsUs: [S] },
        { name: 'after-a', submitUs: 0, shape: {}, durationsUs: [S], after: ['a'] },
        { name: 'after-b', submitUs: 0, shape: {}, durationsUs: [S], after: ['b'] },
      ],
      STEADY,
      false,
      [1],
    );
    target.onSubmit = target.onRetry = () => client.ended(0, false);
    simulation.run(1000 * S);
    expect(target.calls).toEqual(['0 submit 0', '5 retry 0', '10 retry 0']);
    expect(records.filter((record) => !record.includes('retry'))).toEqual(['0 submit 0', '0 reject 1', '10 done 0 gaveUp']);
  });

  it('removes ended tasks within twice the mean delay where the system leaves that to its users, at times that belong to the task', () => {
    const run = (removes: boolean): string[] => {
      const jobs = Array.from({ length: 200 }, (_, i) => ({ name: `job-${i}`, submitUs: 0, shape: {}, durationsUs: [S] }));
      const { simulation, client, target } = world(jobs, STEADY, removes);
      target.onSubmit = (job) => client.ended(job, true);
      simulation.run(1000 * S);
      return target.calls.filter((call) => call.includes('remove'));
    };
    expect(run(false)).toEqual([]);
    const delays = run(true).map((call) => Number(call.split(' ')[0]));
    expect(delays).toHaveLength(200);
    expect(Math.max(...delays)).toBeLessThan(120);
    // Uniform on [0, 120): the mean of 200 has a standard deviation of 2.45 s.
    expect(Math.abs(delays.reduce((sum, delay) => sum + delay, 0) / 200 - 60)).toBeLessThan(10);
    expect(run(true).map((call) => Number(call.split(' ')[0]))).toEqual(delays);
  });

  it('is patient with refusals by default and gives up a task that failed four times', () => {
    expect(DEFAULT_CLIENT.refused.attempts).toBe(Infinity);
    const { simulation, client, target, records } = world([{ name: 'a', submitUs: 0, shape: {}, durationsUs: [S] }], DEFAULT_CLIENT);
    target.onSubmit = target.onRetry = () => client.ended(0, false);
    simulation.run(1000 * S);
    expect(target.calls).toHaveLength(4);
    expect(records.at(-1)).toMatch(/done 0 gaveUp$/);
  });

  it('submits the tasks that are wanted, and those that a service is scaled up by', () => {
    const jobs = [{ name: 'web', submitUs: S, shape: { kind: 'service' as const }, durationsUs: [Infinity, Infinity, Infinity], initialCount: 1 }];
    const { simulation, client, target, records } = world(jobs, STEADY, false, [], [
      { kind: 'scale', timeUs: 2 * S, job: 0, count: 3 },
      { kind: 'scale', timeUs: 3 * S, job: 0, count: 2 },
      { kind: 'update', timeUs: 4 * S, job: 0, shape: 0 },
      { kind: 'scale', timeUs: 5 * S, job: 0, count: 3 },
    ]);
    simulation.run(10 * S);
    expect(target.calls).toEqual(['1 submit 0', '2 scale to 3 0', '3 scale to 2 0', '4 update to 0 0', '5 scale to 3 0']);
    expect(records).toEqual(['1 submit 0', '2 submit 1', '2 submit 2', '3 done 2 cancelled', '5 submit 2']);
    expect(client.wanted(0)).toBe(3);
  });

  it('submits all tasks to a system that cannot scale, and counts what it leaves out', () => {
    const jobs = [{ name: 'web', submitUs: S, shape: { kind: 'service' as const }, durationsUs: [Infinity, Infinity], initialCount: 1 }];
    const { simulation, client, records } = world(jobs, STEADY, false, [], [{ kind: 'scale', timeUs: 2 * S, job: 0, count: 2 }], false);
    simulation.run(10 * S);
    expect(records).toEqual(['1 submit 0', '1 submit 1']);
    expect(client.leftOut).toEqual({ scale: { actions: 2, tasks: 3 }, update: { actions: 0, tasks: 0 } });
  });

  it('gives a job the version that was set before its submission right after it', () => {
    const jobs = [{ name: 'web', submitUs: 3 * S, shape: { kind: 'service' as const }, durationsUs: [Infinity] }];
    const { simulation, target } = world(jobs, STEADY, false, [], [{ kind: 'update', timeUs: S, job: 0, shape: 0 }]);
    simulation.run(10 * S);
    expect(target.calls).toEqual(['3 submit 0', '3 update to 0 0']);
  });

  it('lets a count that is set before the submission take effect with it', () => {
    const jobs = [{ name: 'web', submitUs: 3 * S, shape: { kind: 'service' as const }, durationsUs: [Infinity, Infinity] }];
    const { simulation, target, records } = world(jobs, STEADY, false, [], [{ kind: 'scale', timeUs: S, job: 0, count: 1 }]);
    simulation.run(10 * S);
    expect(target.calls).toEqual(['3 submit 0']);
    expect(records).toEqual(['3 submit 0']);
  });
});
