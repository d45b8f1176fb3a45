import { describe, expect, it } from 'vitest';
import { shardOf } from './shard.ts';

const SLURM = { SLURM_ARRAY_TASK_ID: '6', SLURM_ARRAY_TASK_MIN: '2', SLURM_ARRAY_TASK_MAX: '8', SLURM_ARRAY_TASK_STEP: '2', SLURM_ARRAY_TASK_COUNT: '4' };

describe('a shard', () => {
  it.each([
    ['2/8', {}, 1, 8],
    ['1/1', {}, 0, 1],
    ['auto', SLURM, 2, 4],
    ['auto/4', SLURM, 2, 4],
    // One task of an array of eight, submitted again.
    ['auto/8', { ...SLURM, SLURM_ARRAY_TASK_MIN: '6', SLURM_ARRAY_TASK_MAX: '6', SLURM_ARRAY_TASK_COUNT: '1' }, 6, 8],
    ['auto/5', { JOB_COMPLETION_INDEX: '4' }, 4, 5],
  ])('%s is read', (text, environment, index, count) => {
    expect(shardOf(text, environment)).toEqual({ index, count });
  });

  it.each([
    ['0/8', {}, /shard 0 of 8 does not exist/],
    ['9/8', {}, /shard 9 of 8 does not exist/],
    ['1of8', {}, /expected I\/N, such as 2\/8/],
    ['auto', {}, /neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set/],
    ['auto', { JOB_COMPLETION_INDEX: '4' }, /Kubernetes does not say of how many; expected auto\/N/],
    ['auto', { ...SLURM, SLURM_ARRAY_TASK_COUNT: '3' }, /the array of this job has gaps/],
    ['auto/4', { JOB_COMPLETION_INDEX: '4' }, /shard 5 of 4 does not exist/],
  ])('%s is refused', (text, environment, message) => {
    expect(() => shardOf(text, environment)).toThrow(message);
  });
});
