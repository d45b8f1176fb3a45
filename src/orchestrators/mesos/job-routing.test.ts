import { describe, expect, test } from 'vitest';
import { KeyedRandom } from '../../engine/random/keyed-random.ts';
import type { Shape } from '../../workload/shape.ts';
import { buildWorkload } from '../../workload/workload-builder.ts';
import { Workload } from '../../workload/workload.ts';
import { FRAMEWORKS, frameworkSpecs } from './framework-entries.ts';
import { JobRouting } from './job-routing.ts';

/** Name of the framework per job, jobs given by their shapes. */
function routed(frameworks: unknown, shapes: readonly Partial<Shape>[]): (string | undefined)[] {
  const entries = FRAMEWORKS.parse(frameworks);
  const workload = new Workload(buildWorkload('jobs', shapes.map((shape, i) => ({ name: `job-${i}`, submitUs: i, shape, durationsUs: [1] }))));
  const routing = new JobRouting(entries, workload, new KeyedRandom(1, 'mesos'));
  return shapes.map((_, job) => frameworkSpecs(entries)[routing.frameworkOf(job)]?.name);
}

describe('a job goes to the first framework whose rule admits it', () => {
  test('by default services to Marathon and batch work to the batch framework', () => {
    expect(routed(undefined, [{ kind: 'service' }, { kind: 'batch' }])).toEqual(['marathon', 'batch']);
  });

  test('by user, size, GPUs and constraints, in the order of the list', () => {
    const frameworks = [
      { kind: 'batch', name: 'anna', jobs: { users: ['anna'] } },
      { kind: 'batch', name: 'gpus', jobs: { gpus: true } },
      { kind: 'batch', name: 'ssd', jobs: { constraints: ['disk==ssd'] } },
      { kind: 'batch', name: 'large', jobs: { minCpus: 4 } },
      { kind: 'batch', name: 'small', jobs: { maxCpus: '500m' } },
    ];
    const ssd = [{ attribute: 'disk', operator: '==' as const, value: 'ssd' }];
    expect(routed(frameworks, [{ user: 'anna', gpuCount: 1 }, { gpuCount: 1, gpuMilli: 1000 }, { constraints: ssd, cpuMilli: 9000 }, { cpuMilli: 4000 }, { cpuMilli: 500 }, { cpuMilli: 501 }, { kind: 'service' }])).toEqual([
      'anna',
      'gpus',
      'ssd',
      'large',
      'small',
      undefined,
      undefined,
    ]);
  });

  test('by share: that part of the jobs, the others go on; the same jobs whatever else there is', () => {
    const frameworks = [{ kind: 'batch', name: 'some', jobs: { share: 0.3 } }, { kind: 'batch', name: 'rest' }];
    const names = routed(frameworks, Array.from({ length: 2000 }, () => ({})));
    const some = names.filter((name) => name === 'some').length;
    expect(Math.abs(some - 600)).toBeLessThan(5 * Math.sqrt(2000 * 0.3 * 0.7));
    expect(routed([...frameworks, { kind: 'batch', name: 'more' }], Array.from({ length: 100 }, () => ({})))).toEqual(names.slice(0, 100));
  });

  test('copies share jobs evenly, or each user has one of them', () => {
    const byJob = routed([{ kind: 'batch', name: 'spark', count: 4 }], Array.from({ length: 4000 }, () => ({})));
    for (let copy = 0; copy < 4; copy++) expect(Math.abs(byJob.filter((name) => name === `spark-${copy}`).length - 1000)).toBeLessThan(5 * Math.sqrt(4000 * 0.25 * 0.75));
    expect(routed([{ kind: 'batch', name: 'spark', count: 2, spread: 'user' }], ['a', 'b', 'a', 'c', 'b'].map((user) => ({ user })))).toEqual(['spark-0', 'spark-1', 'spark-0', 'spark-0', 'spark-1']);
  });
});

test('the list is refused when names repeat, or a role is none', () => {
  const messages = (frameworks: unknown) => FRAMEWORKS.safeParse(frameworks).error?.issues.map(({ message }) => message);
  expect(messages([{ kind: 'batch', name: 'a' }, { kind: 'marathon', name: 'a' }])).toEqual(['there is a framework a already']);
  expect(messages([{ kind: 'batch', name: 'a', role: 'x//y' }])).toEqual(['expected a role such as web, or a path such as web/front']);
  expect(messages([{ kind: 'batch', name: 'a', role: 'team-{n}' }])).toEqual(['{n} is for several copies (count)']);
  expect(frameworkSpecs(FRAMEWORKS.parse([{ kind: 'batch', name: 'a', count: 2, role: 'team-{n}/a' }])).map(({ name, roles }) => [name, roles[0]!.role])).toEqual([['a-0', 'team-0/a'], ['a-1', 'team-1/a']]);
});
