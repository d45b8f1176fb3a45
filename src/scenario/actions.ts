import { z } from 'zod';
import { InputError } from '../engine/input-error.ts';
import { nearest } from '../engine/nearest.ts';
import { DURATION_US } from '../engine/quantity-schema.ts';
import type { ClientAction } from '../workload/client-action.ts';
import { Workload, type WorkloadColumns } from '../workload/workload.ts';

/** What users do to running services, as a scenario writes it. */
export const ACTIONS = z
  .array(
    z
      .strictObject({
        at: DURATION_US.describe('simulated time; what lies after the end of the run is left out'),
        scale: z.string().min(1).max(512).optional().describe('name of the job whose number of tasks changes'),
        count: z.int().min(0).max(1_000_000).optional().describe('for scale: tasks that should exist from then on'),
        update: z.string().min(1).max(512).optional().describe('name of the job that gets a new version, rolled out by the rules of the system'),
        image: z.string().max(512).optional().describe('for update: the new image; default: as before, present where the old one is'),
        failureShare: z.number().min(0).max(1).optional().describe('for update: probability that an instance of the new version fails within a minute of its start; default: as before'),
      })
      .refine(({ scale, update }) => (scale === undefined) !== (update === undefined), { message: 'expected exactly one of scale and update' })
      .refine(({ scale, count }) => (scale === undefined) === (count === undefined), { message: 'count belongs to scale, and scale needs it' })
      .refine(({ update, image, failureShare }) => update !== undefined || (image === undefined && failureShare === undefined), { message: 'image and failureShare belong to update' }),
  )
  .max(100_000);

/**
 * A workload with the actions of a scenario: new versions become further shapes.
 * @throws InputError if an action names no job, or no service
 */
export function withActions(columns: WorkloadColumns, actions: z.output<typeof ACTIONS>): WorkloadColumns {
  if (actions.length === 0) return columns;
  const workload = new Workload(columns);
  const names = Array.from({ length: workload.jobCount }, (_, job) => workload.jobName(job));
  const jobs = new Map(names.map((name, job) => [name, job]));
  const shapes = [...columns.shapes];
  const latest = new Map<number, number>();
  const order = actions.map((_, i) => i).sort((a, b) => actions[a]!.at - actions[b]!.at || a - b);
  const taken = order.map((index): ClientAction => {
    const action = actions[index]!;
    const name = (action.scale ?? action.update)!;
    const job = jobs.get(name);
    if (job === undefined) {
      const hint = nearest(name, names);
      throw new InputError(`actions[${index}]: there is no job "${name}"${hint === undefined ? '' : `; did you mean "${hint}"?`}`);
    }
    const shape = latest.get(job) ?? columns.jobShape[job]!;
    if (shapes[shape]!.kind !== 'service') throw new InputError(`actions[${index}]: "${name}" is batch work; only services are scaled and updated`);
    if (action.scale !== undefined) {
      if (action.count! > workload.size(job)) {
        throw new InputError(`actions[${index}]: "${name}" has ${workload.size(job)} tasks, count ${action.count} is beyond; expected a workload that lists as many tasks as it will ever have`);
      }
      return { kind: 'scale', timeUs: action.at, job, count: action.count! };
    }
    const before = shapes[shape]!;
    shapes.push({ ...before, image: action.image ?? before.image, failureShare: action.failureShare ?? before.failureShare });
    latest.set(job, shapes.length - 1);
    return { kind: 'update', timeUs: action.at, job, shape: shapes.length - 1 };
  });
  return { ...columns, shapes, actions: taken };
}
