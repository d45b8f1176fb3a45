import { describe, expect, test } from 'vitest';
import type { JobSpec } from '../../workload/workload-builder.ts';
import { app, machines, MINUTE, runningOn, SECOND, startMesos } from './testing/mesos-run.ts';

const flood = (user: string, tasks: number, fields: Partial<JobSpec> = {}): JobSpec => ({ name: user, submitUs: SECOND, shape: { cpuMilli: 1000, memoryBytes: 1e9, user }, durationsUs: Array.from({ length: tasks }, () => 60 * MINUTE), ...fields });
const count = (run: ReturnType<typeof startMesos>, user: string): number => runningOn(run).filter((entry) => entry.startsWith(user)).length;
const inRoles = (...users: string[]) => users.map((user) => ({ role: `org/${user}`, jobs: { users: [user] } }));

describe('a framework in several roles', () => {
  test('launches each job on offers to the role that is for it', () => {
    const run = startMesos(machines(4), [flood('a', 3), flood('b', 5)], { options: { frameworks: [{ kind: 'batch', name: 'batch', roles: inRoles('a', 'b') }] } });
    run.simulation.run(MINUTE);
    const roles = run.cluster.tasks.role.map((role, row) => `${run.workload.shapes[run.cluster.tasks.shape[row]!]!.user} ${role}`);
    expect(new Set(roles)).toEqual(new Set(['a org/a', 'b org/b']));
    expect([count(run, 'a'), count(run, 'b'), run.cluster.invariants()]).toEqual([3, 5, []]);
  });

  test('gets in each role the share of that role, as two frameworks would', () => {
    const jobs = [flood('a', 60, { durationsUs: Array.from({ length: 600 }, (_, i) => (20 + (i % 7)) * SECOND) }), flood('b', 60, { durationsUs: Array.from({ length: 600 }, (_, i) => (20 + (i % 5)) * SECOND) })];
    const options = { frameworks: [{ kind: 'batch', name: 'batch', roles: inRoles('a', 'b') }], allocator: { weights: { 'org/a': 3 } } };
    const run = startMesos(machines(20), jobs, { options });
    let sum = 0;
    for (let s = 60; s < 160; s++) {
      run.simulation.run(s * SECOND);
      sum += count(run, 'a') / Math.max(1, count(run, 'b')) / 100;
    }
    expect(sum).toBeGreaterThan(2);
    expect(sum).toBeLessThan(4);
  });

  test('a job that may use two roles is not held back by the limit of one', () => {
    const frameworks = [{ kind: 'batch', name: 'batch', roles: [{ role: 'small' }, { role: 'large', jobs: { users: ['b'] } }] }];
    const options = { frameworks, allocator: { quota: { small: { limit: { cpus: 2 } } } } };
    const one = startMesos(machines(4), [flood('a', 8)], { options });
    const two = startMesos(machines(4), [flood('b', 8)], { options });
    for (const run of [one, two]) run.simulation.run(5 * MINUTE);
    expect([count(one, 'a'), count(two, 'b')]).toEqual([2, 8]);
  });

  test('is explained in each of them', () => {
    const frameworks = [{ kind: 'batch', name: 'batch', roles: [{ role: 'x' }, { role: 'y' }] }];
    const run = startMesos(machines(1), [flood('a', 6)], { options: { frameworks }, watchedTask: 5 });
    run.simulation.run(MINUTE);
    expect(run.orchestrator.explain(5).summary).toMatch(/^waits for an offer to role x or y; role x is number [12] of 2 in the sorter .*; role y is number [12] of 2/);
  });

  test('a job that none of its roles is for goes to the next framework, or is refused', () => {
    const frameworks = [{ kind: 'batch', name: 'first', roles: inRoles('a') }, { kind: 'batch', name: 'second' }];
    const run = startMesos(machines(2), [flood('a', 1), flood('b', 1)], { options: { frameworks } });
    run.simulation.run(MINUTE);
    expect(run.cluster.tasks.role.toSorted()).toEqual(['org/a', 'second']);
  });
});

test('Marathon launches apps in the roles that they name, and asks for offers in those only', () => {
  const jobs = [app('shop', 2, { role: 'shop', portDefinitions: [] }), app('blog', 1, { portDefinitions: [] })];
  const run = startMesos(machines(2), jobs, { options: { frameworks: [{ kind: 'marathon', name: 'marathon', role: 'services' }], allocator: { quota: { shop: { limit: { cpus: 1 } } } } } });
  run.simulation.run(5 * MINUTE);
  expect([count(run, 'shop'), count(run, 'blog')]).toEqual([1, 1]);
  expect(new Set(run.cluster.tasks.role)).toEqual(new Set(['shop', 'services']));
  expect(run.cluster.master.allocator.standing(run.cluster.frameworks[0]!.index, 'services', 0)).toBe('suppressed');
});
