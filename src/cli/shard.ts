import { UsageError } from './usage-error.ts';

/** A share of a plan: every `count`-th run, from the `index`-th on (from 0). */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** Most shards of a plan. */
const MOST_SHARDS = 100_000;

/**
 * Reads `--shard`: `2/8`; `auto`, from the variables of a Slurm array; or `auto/8`, from those of a Slurm array or a Kubernetes Indexed Job with the number given.
 *
 * Slurm: `SLURM_ARRAY_TASK_ID`, `_MIN`, `_MAX`, `_STEP` and `_COUNT` (job array support, slurm.schedmd.com/job_array.html). Kubernetes: `JOB_COMPLETION_INDEX`, from 0
 * (kubernetes.io/docs/concepts/workloads/controllers/job, completion mode Indexed); the number of completions is in no variable.
 * @throws UsageError
 */
export function shardOf(text: string, environment: Readonly<Record<string, string | undefined>>): Shard {
  const given = /^(\d{1,6})\/(\d{1,6})$/.exec(text);
  if (given !== null) return checked(Number(given[1]) - 1, Number(given[2]), text);
  const automatic = /^auto(?:\/(\d{1,6}))?$/.exec(text);
  if (automatic === null) throw new UsageError(`--shard ${text}: expected I/N, such as 2/8, or auto, or auto/N`);
  const count = automatic[1] === undefined ? null : Number(automatic[1]);
  const value = (name: string): number | null => {
    const found = environment[name];
    return found !== undefined && /^\d{1,9}$/.test(found) ? Number(found) : null;
  };
  const completion = value('JOB_COMPLETION_INDEX');
  if (completion !== null) {
    if (count === null) throw new UsageError(`--shard ${text}: JOB_COMPLETION_INDEX is ${completion}, and Kubernetes does not say of how many; expected auto/N`);
    return checked(completion, count, text);
  }
  const id = value('SLURM_ARRAY_TASK_ID');
  if (id === null) throw new UsageError(`--shard ${text}: neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set; expected I/N, such as 2/8`);
  const tasks = value('SLURM_ARRAY_TASK_COUNT');
  const [first, last, step] = [value('SLURM_ARRAY_TASK_MIN'), value('SLURM_ARRAY_TASK_MAX'), value('SLURM_ARRAY_TASK_STEP') ?? 1];
  const isWhole = tasks !== null && first !== null && (last === null || (last - first) / step + 1 === tasks);
  if (isWhole && (count === null || count === tasks)) return checked((id - first) / step, tasks, text);
  if (count === null) throw new UsageError(`--shard ${text}: the array of this job has gaps; expected auto/N with array indices from 0 to N-1`);
  // Some tasks of an array submitted again: their indices are those of the whole array.
  return checked(id, count, text);
}

function checked(index: number, count: number, text: string): Shard {
  if (!Number.isInteger(index) || index < 0 || index >= count || count > MOST_SHARDS) throw new UsageError(`--shard ${text}: shard ${index + 1} of ${count} does not exist${count < 1 ? '' : count > MOST_SHARDS ? `; at most ${MOST_SHARDS}` : `; expected 1 to ${count}`}`);
  return { index, count };
}
