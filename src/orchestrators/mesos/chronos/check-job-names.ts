import { InputError } from '../../../engine/input-error.ts';
import { suggestion } from '../../../engine/nearest.ts';
import type { Workload } from '../../../workload/workload.ts';
import type { ChronosOptions } from './chronos-options.ts';

/** @throws InputError if settings name jobs that are not in the workload, or a job runs after itself */
export function checkJobNames({ jobs }: ChronosOptions, workload: Workload): void {
  const entries = Object.entries(jobs);
  if (entries.length === 0) return;
  const names = new Set(Array.from({ length: workload.jobCount }, (_, job) => workload.jobName(job)));
  for (const [name, { parents }] of entries) {
    for (const each of [name, ...(parents ?? [])]) if (!names.has(each)) throw new InputError(`chronos.jobs: there is no job "${each}" in the workload${suggestion(each, [...names].slice(0, 1000))}`);
    if (parents?.includes(name)) throw new InputError(`chronos.jobs.${name}: a job cannot run after itself`);
  }
}
