import { describe, expect, it } from 'vitest';
import { buildWorkload } from '../workload/workload-builder.ts';
import { ACTIONS, withActions } from './actions.ts';

const columns = buildWorkload('w', [
  { name: 'web', submitUs: 0, shape: { kind: 'service', image: 'web:1' }, durationsUs: [Infinity, Infinity] },
  { name: 'report', submitUs: 1, shape: {}, durationsUs: [5] },
]);
const taken = (...actions: unknown[]) => withActions(columns, ACTIONS.parse(actions));

describe('actions of a scenario', () => {
  it('become actions on jobs in order of time, each version a shape that builds on the one before', () => {
    const { actions, shapes } = taken({ at: '3s', update: 'web', failureShare: 0.5 }, { at: '1s', update: 'web', image: 'web:2' }, { at: '2s', scale: 'web', count: 1 });
    expect(actions).toEqual([
      { kind: 'update', timeUs: 1e6, job: 0, shape: 2 },
      { kind: 'scale', timeUs: 2e6, job: 0, count: 1 },
      { kind: 'update', timeUs: 3e6, job: 0, shape: 3 },
    ]);
    expect(shapes[3]).toMatchObject({ image: 'web:2', failureShare: 0.5 });
  });

  it('name jobs that exist, services, and counts that the job has tasks for', () => {
    expect(() => taken({ at: '1s', scale: 'wbe', count: 1 })).toThrow('actions[0]: there is no job "wbe"; did you mean "web"?');
    expect(() => taken({ at: '1s', update: 'report' })).toThrow('only services are scaled and updated');
    expect(() => taken({ at: '1s', scale: 'web', count: 3 })).toThrow('"web" has 2 tasks, count 3 is beyond');
  });
});
