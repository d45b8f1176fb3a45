import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Fault } from '../../faults/fault-plan.ts';
import { inject } from '../../faults/inject.ts';
import { RAN, RecordKind } from '../../metrics/log.ts';
import { buildWorkload, type JobSpec } from '../../workload/workload-builder.ts';
import { ExitOutcome } from '../../world/exit-outcome.ts';
import { assemble } from '../assemble.ts';
import { type BehaviourRun, behaviourRun, peakUse } from '../testing/behaviour-run.ts';
import { RANDOM_CLUSTER, randomInventory } from '../testing/random-cluster.ts';
import { dockerCompose } from './docker-compose.ts';

const SECOND = 1_000_000;
const MINUTE = 60 * SECOND;
const GIB = 2 ** 30;
const definition = dockerCompose as Parameters<typeof behaviourRun>[0]['definition'];
const HOSTS = ['a', 'b'].map((name) => ({ name, cpuMilli: 4000, memoryBytes: 8 * GIB }));

function service(name: string, spec: object = {}, shape: JobSpec['shape'] = {}, replicas = 1): JobSpec {
  return { name, submitUs: MINUTE, shape: { kind: 'service', cpuMilli: 500, memoryBytes: GIB, native: { format: 'compose', spec }, ...shape }, durationsUs: Array.from({ length: replicas }, () => Infinity) };
}

function run(jobs: JobSpec[], untilUs: number, faults: Fault[] = [], options: object = {}): BehaviourRun {
  const result = behaviourRun({ definition, machines: HOSTS, jobs, untilUs, faults, options });
  expect(result.broken).toEqual([]);
  return result;
}

const starts = (result: BehaviourRun, name: string): number[] => result.of(RecordKind.start, result.task(name)).map(({ timeUs }) => timeUs);
const fault = (kind: Fault['kind'], atUs: number, durationUs: number): Fault => ({ kind, atUs, machines: [0], durationUs, factor: 1, label: kind });

test('everything runs on the first machine, or on the one that is named, whatever its constraints say', () => {
  const jobs = Array.from({ length: 6 }, (_, i) => service(`s${i}`));
  const hosts = (options: object) => new Set(run(jobs, 5 * MINUTE, [], options).events.filter(({ kind }) => kind === RecordKind.start).map(({ b }) => b));
  expect(hosts({})).toEqual(new Set([0]));
  expect(hosts({ host: 'b' })).toEqual(new Set([1]));
  expect(() => run(jobs, MINUTE, [], { host: 'bb' })).toThrow('docker-compose: host: there is no machine "bb"; did you mean "b"?');
});

test('what does not fit is started all the same: CPUs are shared, and memory beyond the host costs a container its life', () => {
  const work = (name: string, cpuMilli: number, memoryBytes: number): JobSpec => ({ name, submitUs: 0, shape: { cpuMilli, memoryBytes }, durationsUs: [10 * MINUTE] });
  const slow = run([work('one', 4000, GIB), work('two', 4000, GIB)], 60 * MINUTE);
  expect(peakUse(slow)).toBe(2);
  expect(slow.of(RecordKind.done, slow.task('two'))[0]!.timeUs).toBeGreaterThan(19 * MINUTE);
  const killed = run([work('one', 500, 5 * GIB), work('two', 500, 6 * GIB)], 5 * MINUTE);
  expect(killed.events.filter(({ kind, c }) => kind === RecordKind.end && c === ExitOutcome.outOfMemory + RAN).length).toBeGreaterThan(0);
});

test('a CPU limit beyond the cores of the host is refused in the words of the engine', () => {
  const result = run([service('big', { deploy: { resources: { limits: { cpus: '5' } } } })], 2 * MINUTE);
  expect(result.assembly.orchestrator.explain(result.task('big')).state).toBe('absent');
  const [refusal] = result.of(RecordKind.refuse, result.task('big'));
  expect(result.assembly.log.reasons[refusal!.b]).toBe('Range of CPUs is from 0.01 to 4.00, as there are only 4 CPUs available');
});

test('a port of the host goes to one container: further copies are refused in the words of the engine until it is free, unless the engine picks from a range', () => {
  const copies = (ports: string[]) => run([service('web', { ports }, {}, 3), { ...service('dns', { ports: ['80:53/udp'] }), submitUs: 2 * MINUTE }], 10 * MINUTE);
  const fixed = copies(['80:80']);
  expect([0, 1, 2].filter((i) => starts(fixed, `web/${i}`).length > 0)).toEqual([0]);
  expect(fixed.assembly.log.reasons).toEqual(['Bind for 0.0.0.0:80 failed: port is already allocated']);
  expect(starts(fixed, 'dns')).toHaveLength(1);
  const range = copies(['8080-8089:80']);
  expect([0, 1, 2].filter((i) => starts(range, `web/${i}`).length > 0)).toEqual([0, 1, 2]);
  // Another address of the host is another port; all addresses are each of them.
  const web = (ports: string[], other: string[]) => run([service('web', { ports }), service('other', { ports: other })], 2 * MINUTE).assembly.log.reasons;
  expect(web(['10.0.0.1:80:80'], ['10.0.0.2:80:80'])).toEqual([]);
  expect(web(['80:80'], ['10.0.0.2:80:81'])).toEqual(['Bind for 10.0.0.2:80 failed: port is already allocated']);
  const freed = run([{ ...service('one', { ports: ['80:80'] }), durationsUs: [3 * MINUTE] }, service('two', { ports: ['80:80'] })], 10 * MINUTE);
  expect(starts(freed, 'two')[0]).toBeGreaterThan(4 * MINUTE);
});

test('a service starts after those that it depends on have been started', () => {
  const result = run([service('web', { depends_on: ['db', 'cache'] }), service('db', { depends_on: { cache: { condition: 'service_started' } } }, {}, 2), service('cache')], 5 * MINUTE);
  const [web, db, cache] = [starts(result, 'web')[0]!, Math.max(...[0, 1].map((i) => starts(result, `db/${i}`)[0]!)), starts(result, 'cache')[0]!];
  expect([web - db, db - cache]).toEqual([220_000, 220_000]);
});

test.each([
  ['always', { restart: 'always' }, true],
  ['unless-stopped by default', {}, true],
  ['on-failure', { restart: 'on-failure' }, true],
  ['no', { restart: 'no' }, false],
  ['deploy: any', { deploy: { restart_policy: { condition: 'any' } } }, true],
  ['deploy: none', { deploy: { restart_policy: { condition: 'none' } } }, false],
])('after the crash of the host a container with policy %s comes back with the engine or not, and nothing moves', (_, spec, comesBack) => {
  const patient = { refused: { attempts: 0, initialDelayUs: SECOND, factor: 1, maxDelayUs: SECOND, jitter: 0 }, failed: { attempts: 0, initialDelayUs: SECOND, factor: 1, maxDelayUs: SECOND, jitter: 0 }, removalDelayUs: Infinity };
  const result = behaviourRun({ definition, machines: HOSTS, jobs: [service('s', spec)], untilUs: 30 * MINUTE, client: patient, faults: [fault('crash', 10 * MINUTE, 20 * SECOND)], options: { watch: '10min' } });
  const again = starts(result, 's').slice(1);
  expect(again.length).toBe(comesBack ? 1 : 0);
  if (comesBack) expect(again[0]! - 10 * MINUTE).toBe(20 * SECOND + 10 * SECOND + 150_000);
  expect(result.events.filter(({ kind, b }) => kind === RecordKind.start && b !== 0)).toEqual([]);
});

test('a container that crashes is started again after delays that double, up to its number of retries', () => {
  // Crashes within a minute of its start; most runs outlast the ten seconds after which delays begin anew.
  const result = run([service('s', { restart: 'on-failure:4' }, { failureShare: 1 })], 59 * MINUTE);
  const task = result.task('s');
  const ends = result.of(RecordKind.end, task);
  const firstLife = starts(result, 's').slice(0, 5);
  let delay = 0;
  firstLife.slice(1).forEach((startUs, i) => {
    const ranUs = ends[i]!.timeUs - firstLife[i]!;
    delay = ranUs >= 10 * SECOND || delay === 0 ? 100_000 : delay * 2;
    expect(startUs - ends[i]!.timeUs).toBe(delay + 150_000);
  });
  // Then the user is told, and tries anew after ten seconds and a bit.
  expect(starts(result, 's')[5]! - ends[4]!.timeUs).toBeGreaterThan(8 * SECOND);
});

test('a partition ends nothing: the user believes it lost, tries again, and finds it running', () => {
  const result = run([service('s')], 60 * MINUTE, [fault('partition', 10 * MINUTE, 5 * MINUTE)]);
  const task = result.task('s');
  expect(result.of(RecordKind.retry, task).length).toBeGreaterThan(0);
  expect(starts(result, 's')).toHaveLength(1);
  expect(result.of(RecordKind.end, task)).toEqual([]);
  expect(result.events.filter(({ kind }) => kind === RecordKind.detect)).toHaveLength(1);
});

test('a drained host is empty until it is back, then everything returns', () => {
  const result = run([service('s', {}, {}, 3)], 60 * MINUTE, [fault('drain', 10 * MINUTE, 10 * MINUTE)]);
  for (let i = 0; i < 3; i++) {
    const [first, second] = starts(result, `s/${i}`);
    expect(result.of(RecordKind.end, result.task(`s/${i}`))[0]!.timeUs).toBe(10 * MINUTE);
    expect(first!).toBeLessThan(10 * MINUTE);
    expect(second!).toBeGreaterThan(20 * MINUTE);
  }
});

test('scaling and updating go through the one host', () => {
  const result = behaviourRun({ definition, machines: HOSTS, jobs: [service('s', {}, {}, 3)], untilUs: 2 * MINUTE });
  const { orchestrator, simulation } = result.assembly;
  orchestrator.scale!(0, 1);
  orchestrator.update!(0, 0);
  simulation.run(5 * MINUTE);
  const states = [0, 1, 2].map((i) => orchestrator.explain(result.task(`s/${i}`)).state);
  expect(states).toEqual(['running', 'absent', 'absent']);
  expect(starts(result, 's/0')).toHaveLength(2);
  expect(orchestrator.invariants()).toEqual([]);
});

// The first has no dependency, since it is what the others depend on.
const SETTINGS = fc.constantFrom<object | null>(null, { restart: 'no' }, { restart: 'always' }, { restart: 'on-failure:2' }, { depends_on: ['job-0'], restart: 'always' }, { depends_on: { 'job-0': { condition: 'service_completed_successfully' } } }, { ports: ['80-82:80'] }, {
  deploy: { restart_policy: { condition: 'on-failure', max_attempts: 1 } },
});
const OPTIONS = fc.record({ restart: fc.constantFrom('no', 'always', 'on-failure'), createTime: fc.constant('0s'), startTime: fc.constant('0s'), engineStartup: fc.constantFrom('0s', '100s'), watch: fc.constantFrom('1s', '10min') }, { requiredKeys: [] });

test('random services, dependencies, restart policies and faults keep the books in order, and explicit ticks change nothing', () => {
  fc.assert(
    fc.property(RANDOM_CLUSTER, fc.array(SETTINGS, { minLength: 4, maxLength: 4 }), OPTIONS, (random, settings, options) => {
      const jobs = random.jobs.map((job, i): JobSpec => {
        const spec = i === 0 ? null : settings[i - 1]!;
        return spec === null ? job : { ...job, shape: { ...job.shape, native: { format: 'compose', spec } } };
      });
      const digest = (explicitTicks: boolean): string => {
        const { simulation, world, log, orchestrator } = assemble({ definition, options, inventory: randomInventory(random.machines), workload: buildWorkload('random', jobs), seed: random.seed, simulation: { explicitTicks } });
        inject(simulation, world, log, random.faults, (machine, drained) => orchestrator.drain(machine, drained));
        for (let untilS = 100; untilS <= 1500; untilS += 100) {
          simulation.run(untilS * SECOND);
          expect([...orchestrator.invariants(), ...world.invariants()]).toEqual([]);
        }
        return log.digest.toString();
      };
      expect(digest(true)).toBe(digest(false));
    }),
    { numRuns: 60 },
  );
});
