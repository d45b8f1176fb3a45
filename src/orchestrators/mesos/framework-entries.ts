import { z } from 'zod';
import { CPU_MILLI } from '../../engine/quantity-schema.ts';
import { BATCH_OPTIONS } from './batch/batch-options.ts';
import { CHRONOS_OPTIONS } from './chronos/chronos-options.ts';
import { MARATHON_OPTIONS } from './marathon/marathon-options.ts';
import { QUANTITIES } from './quantities.ts';

const NAME = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$/, 'expected letters, digits and . _ -');

/** A role, or a path of roles below one another (docs/roles.md of Apache Mesos). */
export const ROLE = z.string().regex(/^(\*|[A-Za-z0-9_][A-Za-z0-9._-]*(\/[A-Za-z0-9_][A-Za-z0-9._-]*)*)$/, 'expected a role such as web, or a path such as web/front');

/** Which jobs something is for. */
const WHICH = {
  users: z.array(z.string().max(256)).default([]).describe('only jobs of these users; empty: of all'),
  constraints: z.array(z.string().regex(/^[^=!]+(==|!=).*$/, 'expected attribute==value or attribute!=value')).default([]).describe('only jobs that have all of these constraints, written attribute==value or attribute!=value'),
  gpus: z.boolean().optional().describe('true: only jobs that ask for GPUs; false: only jobs that ask for none'),
  minCpus: CPU_MILLI.default(0).describe('only jobs whose tasks ask for at least this much CPU'),
  maxCpus: CPU_MILLI.optional().describe('only jobs whose tasks ask for at most this much CPU'),
};

/** Which jobs go to a framework: the first entry of the list that may take a job gets it. Batch work never goes to Marathon, and services go nowhere else. */
const JOBS = z.strictObject({
  ...WHICH,
  share: z.number().gt(0).max(1).default(1).describe('of the jobs that it may take, this share, chosen by a hash of the job name; the others go on to later entries'),
});

const ROLES = z
  .array(z.strictObject({ role: z.string().min(1).max(200).describe('a role, or a path of roles; {n} stands for the number of the copy'), jobs: z.strictObject(WHICH).prefault({}).describe('jobs whose tasks are launched on offers to this role') }))
  .min(1)
  .max(30)
  .optional()
  .describe('instead of role: several roles that it subscribes to (MULTI_ROLE); a task is launched on an offer to any role whose rule admits its job, and offers are asked for in those roles only');

const ENTRY = {
  name: NAME.describe('names the framework, and is its role if none is given; copies are <name>-0, <name>-1, ...'),
  role: z.string().min(1).max(200).optional().describe('role that it subscribes to, or a path of roles; {n} stands for the number of the copy'),
  count: z.int().min(1).max(10_000).default(1).describe('equal copies'),
  spread: z.enum(['job', 'user']).default('job').describe('copies share jobs by a hash of the job name, or each user has one of them (in turn, by first appearance)'),
  jobs: JOBS.prefault({}).describe('which jobs it gets; of several entries the first that may take a job'),
  gpuResources: z.boolean().default(true).describe('is offered agents with GPUs (GPU_RESOURCES)'),
  minAllocatable: z.array(QUANTITIES).default([]).describe('agents with at least one of these sets of quantities free are offered to it, instead of those that the master finds worth offering (offer_filters.min_allocatable_resources)'),
  machineShare: z.number().positive().default(1).describe('with partitioning: static, its part of the machines, relative to the other frameworks (each copy counts)'),
};

/** The frameworks of a cluster, told apart by `kind`. */
export const FRAMEWORKS = z
  .array(
    z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('marathon'), ...ENTRY, roles: ROLES, settings: MARATHON_OPTIONS.optional().describe('settings of its own instead of those under `marathon`') }),
      z.strictObject({ kind: z.literal('chronos'), ...ENTRY, settings: CHRONOS_OPTIONS.optional().describe('settings of its own instead of those under `chronos`') }),
      z.strictObject({ kind: z.literal('batch'), ...ENTRY, roles: ROLES, settings: BATCH_OPTIONS.optional().describe('settings of its own instead of those under `batch`') }),
    ]),
  )
  .min(1)
  .max(1000)
  .superRefine((entries, context) => {
    const names = new Set<string>();
    for (const [index, entry] of entries.entries()) {
      const { name, role, count } = entry;
      const roles = rolesOf(entry);
      if (role !== undefined && roles !== undefined) context.addIssue({ code: 'custom', path: [index, 'roles'], message: 'expected role or roles, not both' });
      for (const [at, other] of (roles ?? []).entries()) {
        const path = [index, 'roles', at, 'role'];
        if (!ROLE.safeParse(other.role.replaceAll('{n}', '0')).success) context.addIssue({ code: 'custom', path, message: 'expected a role such as web, or a path such as web/front' });
        if (roles!.findIndex((one) => one.role === other.role) < at) context.addIssue({ code: 'custom', path, message: `role ${other.role} is there twice` });
        if (count === 1 && other.role.includes('{n}')) context.addIssue({ code: 'custom', path, message: '{n} is for several copies (count)' });
      }
      if (names.has(name)) context.addIssue({ code: 'custom', path: [index, 'name'], message: `there is a framework ${name} already` });
      names.add(name);
      if (role !== undefined && !ROLE.safeParse(role.replaceAll('{n}', '0')).success) context.addIssue({ code: 'custom', path: [index, 'role'], message: 'expected a role such as web, or a path such as web/front' });
      if (count === 1 && role?.includes('{n}')) context.addIssue({ code: 'custom', path: [index, 'role'], message: '{n} is for several copies (count)' });
    }
  })
  .prefault([
    { kind: 'marathon', name: 'marathon', role: 'services' },
    { kind: 'batch', name: 'batch' },
  ])
  .describe('frameworks, in the order in which they subscribe; default: Marathon in role services, a batch framework in role batch');

export type FrameworkEntry = z.infer<typeof FRAMEWORKS>[number];

/** Which jobs something is for, as read. */
export type JobRule = z.infer<z.ZodObject<typeof WHICH>>;

/** A role of a framework with the jobs that it is for. */
export interface RoleEntry {
  readonly role: string;
  readonly jobs: JobRule | null;
}

/** One framework: a copy of an entry. */
export interface FrameworkSpec {
  readonly name: string;
  readonly roles: readonly RoleEntry[];
  readonly entry: FrameworkEntry;
}

/** The frameworks that a list of entries describes, copies one by one. */
export function frameworkSpecs(entries: readonly FrameworkEntry[]): FrameworkSpec[] {
  return entries.flatMap((entry) =>
    Array.from({ length: entry.count }, (_, copy) => ({
      name: entry.count === 1 ? entry.name : `${entry.name}-${copy}`,
      roles: (rolesOf(entry) ?? [{ role: entry.role ?? entry.name, jobs: null }]).map(({ role, jobs }) => ({ role: role.replaceAll('{n}', String(copy)), jobs })),
      entry,
    })),
  );
}

function rolesOf(entry: FrameworkEntry): readonly { readonly role: string; readonly jobs: JobRule }[] | undefined {
  return entry.kind === 'chronos' ? undefined : entry.roles;
}
