import { z } from 'zod';
import { InputError } from '../../engine/input-error.ts';
import { DURATION_US } from '../../engine/quantity-schema.ts';
import { entityOf, KeyedRandom } from '../../engine/random/keyed-random.ts';
import { ColumnBuilder } from '../column-builder.ts';
import type { Distribution } from './distribution.ts';
import { distributionOf, distributionSchema } from './distributions/registry.ts';
import type { WorkloadGenerator } from './generator.ts';
import { SHAPE_MIX, shapeAt } from './shape-mix.ts';

/** Most tasks of one generated workload. */
const MAX_TASKS = 50_000_000;

/** Most jobs of one generated workload: they are found by name, and V8 keeps at most 2^24 names in a map. */
const MAX_JOBS = 16_000_000;

const JOB_CLASS = z
  .strictObject({
    name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$/, 'expected letters, digits and . _ -').describe('names of its jobs are <name>-0, <name>-1, ...'),
    kind: z.enum(['batch', 'service']).default('batch').describe('batch work ends by itself; services run for a lifetime'),
    meanGap: DURATION_US.optional().describe('mean time between arrivals, which are Poisson; without it and gap: only the initial jobs'),
    gap: distributionSchema(DURATION_US).optional().describe('instead of meanGap: law of the times between arrivals, independent of one another (renewal arrivals; fixed: on a grid)'),
    initial: z.int().min(0).default(0).describe('jobs present at time zero'),
    tasks: distributionSchema(z.number().positive()).default({ kind: 'fixed', value: 1 } as { kind: string }).describe('tasks per job, rounded, at least 1'),
    duration: distributionSchema(DURATION_US).describe('work of each task, or lifetime of a service'),
    waitsForPrevious: z.number().min(0).max(1).default(0).describe('share of jobs that must wait until the job of the class that arrived before them (among initial ones: is numbered before them) has finished'),
    shapes: SHAPE_MIX.describe('what tasks ask for'),
  })
  .refine(({ kind, duration }) => kind === 'service' || duration.kind !== 'never', { message: 'batch work must end; expected another kind, or a service', path: ['duration', 'kind'] })
  .refine(({ meanGap, gap, initial }) => initial > 0 || meanGap !== undefined || gap !== undefined, { message: 'no job: expected meanGap, gap, or initial above 0', path: ['meanGap'] })
  .refine(({ meanGap, gap }) => meanGap === undefined || gap === undefined, { message: 'expected meanGap or gap, not both', path: ['gap'] })
  .refine(({ gap }) => gap === undefined || gapCanBe(distributionOf(gap).mean), { message: 'expected gaps with a finite mean above 0', path: ['gap'] })
  .refine(({ meanGap }) => meanGap === undefined || meanGap > 0, { message: 'expected a gap above 0', path: ['meanGap'] });

/** Whether arrivals come at all, and not all at once. */
function gapCanBe(meanUs: number): boolean {
  return meanUs > 0 && meanUs < Infinity;
}

const OPTIONS = z.strictObject({
  generator: z.literal('poisson'),
  name: z.string().min(1).default('synthetic').describe('what the workload is called in outputs; root of the keyed draws of its tasks'),
  horizon: DURATION_US.refine((value) => value > 0, 'expected a horizon above 0').describe('jobs arrive from time zero to this'),
  jobs: z
    .array(JOB_CLASS)
    .min(1)
    .superRefine((classes, context) => {
      const names = new Set<string>();
      classes.forEach(({ name }, i) => {
        if (names.has(name)) context.addIssue({ code: 'custom', path: [i, 'name'], message: `two classes of jobs are called "${name}"` });
        names.add(name);
      });
    })
    .describe('classes of jobs, each with arrivals of its own'),
});

export type PoissonOptions = z.output<typeof OPTIONS>;
type JobClass = PoissonOptions['jobs'][number];

/** Longest finite duration, about 31 years: far below 2^53 microseconds, where adding to a clock would round. */
const MAX_DURATION_US = 1e15;

/** What a draw is for: (class, n-th arrival) or (job, task). */
const GAP = 1;
const TASKS = 2;
const SHAPE = 3;
const DURATION = 4;
const WAITS = 5;

/**
 * Classes of jobs that arrive as independent Poisson processes, or with independent gaps of another law; the first arrival comes a gap after time zero. All draws are keyed by class and number, job and task: a longer horizon only adds jobs, and another rate moves arrivals
 * without changing what arrives. Tasks of a batch job draw their work one by one; a service has one lifetime.
 */
export const poisson: WorkloadGenerator<PoissonOptions> = {
  name: 'poisson',
  summary: 'classes of batch jobs and services with Poisson arrivals, or gaps of another law',
  options: OPTIONS as z.ZodType<PoissonOptions>,
  generate(options, seed) {
    const builder = new ColumnBuilder(options.name);
    const random = new KeyedRandom(seed, 'workload');
    let initialJobs = 0;
    // Before the first is drawn, since so many take minutes and gigabytes.
    const expected = options.jobs.reduce((sum, jobs) => sum + jobs.initial + options.horizon / (gapsOf(jobs)?.mean ?? Infinity), 0);
    if (expected > MAX_JOBS) throw new InputError(`the workload "${options.name}" would have about ${expected.toPrecision(2)} jobs, and at most ${MAX_JOBS} are possible; expected a shorter horizon, longer gaps or fewer initial jobs`);
    for (const jobs of options.jobs) {
      const writer = new ClassWriter(jobs, builder, random);
      const waits = (name: string): boolean => random.u(entityOf(name), 0, WAITS) < jobs.waitsForPrevious;
      for (let n = 0; n < jobs.initial; n++) {
        const name = `${jobs.name}-initial-${n}`;
        writer.add(name, 0, n > 0 && waits(name) ? [`${jobs.name}-initial-${n - 1}`] : []);
      }
      initialJobs += jobs.initial;
      const gaps = gapsOf(jobs);
      if (gaps === null) continue;
      const entity = entityOf(jobs.name);
      let submitUs = 0;
      for (let n = 0; ; n++) {
        submitUs += gaps.draw(random.u(entity, n, GAP));
        if (submitUs >= options.horizon) break;
        const name = `${jobs.name}-${n}`;
        writer.add(name, Math.round(submitUs), n > 0 && waits(name) ? [`${jobs.name}-${n - 1}`] : []);
      }
    }
    if (builder.jobCount === 0) throw new InputError(`the workload "${options.name}" has no job: none arrives before the horizon`);
    return { columns: builder.build(), horizonUs: options.horizon, initialJobs };
  },
};

/** The law of the gaps between arrivals of a class; `null`: none arrives. */
function gapsOf({ gap, meanGap }: JobClass): Distribution | null {
  if (gap !== undefined) return distributionOf(gap);
  return meanGap === undefined ? null : distributionOf({ kind: 'exponential', mean: meanGap } as { readonly kind: string });
}

/** Adds the jobs of one class. */
class ClassWriter {
  readonly #jobs: JobClass;
  readonly #builder: ColumnBuilder;
  readonly #random: KeyedRandom;
  readonly #tasks: Distribution;
  readonly #duration: Distribution;

  constructor(jobs: JobClass, builder: ColumnBuilder, random: KeyedRandom) {
    this.#jobs = jobs;
    this.#builder = builder;
    this.#random = random;
    this.#tasks = distributionOf(jobs.tasks);
    this.#duration = distributionOf(jobs.duration);
  }

  add(name: string, submitUs: number, after: readonly string[]): void {
    const entity = entityOf(name);
    const random = this.#random;
    const { kind, shapes } = this.#jobs;
    const tasks = Math.max(1, Math.round(this.#tasks.draw(random.u(entity, 0, TASKS))));
    if (this.#builder.taskCount + tasks > MAX_TASKS) throw new InputError(`the synthetic workload has more than ${MAX_TASKS} tasks; expected a shorter horizon, longer gaps or smaller jobs`);
    const shape = this.#builder.shape(shapeAt(shapes, kind, random.u(entity, 0, SHAPE)));
    const durationOf = (task: number): number => {
      const durationUs = Math.round(this.#duration.draw(random.u(entity, task, DURATION)));
      if (durationUs > MAX_DURATION_US && durationUs !== Infinity) throw new InputError(`jobs "${this.#jobs.name}": a duration of more than ${MAX_DURATION_US / 1e6} s was drawn; expected a distribution with a lighter tail, such as bounded-pareto`);
      return durationUs;
    };
    const durations = kind === 'service' || tasks === 1 ? durationOf(0) : Array.from({ length: tasks }, (_, task) => durationOf(task));
    this.#builder.job(name, submitUs, shape, durations, tasks, 0, after);
  }
}
