import { z } from 'zod';
import { BYTES, CPU_MILLI, DURATION_US } from '../engine/quantity-schema.ts';
import { parseDurationUs, QuantityError } from '../engine/quantity.ts';
import { FAULTS } from '../faults/schema.ts';
import type { ClientOptions } from '../workload/client.ts';
import { DEFAULT_CLIENT } from '../workload/default-client.ts';
import { LOAD_MEASURES, LOAD_RESOURCES } from '../workload/offered-load.ts';
import { WORKLOAD_SOURCE } from '../workload/source.ts';
import { SEED, SEEDS } from './seeds.ts';
import { ACTIONS } from './actions.ts';
import { settleShares } from './shares.ts';
import { SWEEP } from './sweep-schema.ts';
import { USE } from './use.ts';

const NAME = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$/, 'expected a name of up to 64 letters, digits and . _ / -, beginning with a letter or digit');

const FILE_NAME = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'expected a name of up to 64 letters, digits and . _ -, beginning with a letter or digit (it names the result folder)');

const MACHINE_GROUP = z.strictObject({
  count: z.int().min(1).max(1_000_000).describe('number of machines'),
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$/, 'expected letters, digits and . _ -').default('machine').describe('names are <name>-0, <name>-1, ..., padded with zeros to one length'),
  cpu: CPU_MILLI.describe('cores per machine: 32, or 500m'),
  memory: BYTES.describe('memory per machine: 64GiB'),
  gpu: z.int().min(0).max(30).default(0).describe('GPU devices per machine'),
  gpuModel: z.string().max(64).default('').describe('model of all devices'),
  slots: z.int().min(1).optional().describe('most containers at once on a machine; absent: no limit'),
  racks: z.int().min(1).max(100_000).default(1).describe('machine i stands in rack i modulo this'),
  zones: z.int().min(1).max(1000).default(1).describe('rack r belongs to zone r modulo this'),
  attributes: z.record(z.string().max(128), z.coerce.string().max(256)).default({}).describe('attributes that constraints can name; for SwarmKit also node.role (manager, worker), node.platform.os, node.platform.arch and node.ip'),
});

const CLUSTER = z
  .strictObject({
    machines: z.array(MACHINE_GROUP).min(1).max(1000).optional().describe('groups of equal machines'),
    fromTrace: z.literal(true).optional().describe('the machines that the workload trace lists'),
    file: z.string().min(1).max(4096).optional().describe('machines from a CSV file'),
  })
  .refine((cluster) => [cluster.machines, cluster.fromTrace, cluster.file].filter((value) => value !== undefined).length === 1, {
    message: 'expected exactly one of machines, fromTrace and file',
  });

const POLICY_FIELDS = {
  attempts: z.union([z.int().min(0), z.literal('forever')]).transform((value) => (value === 'forever' ? Infinity : value)),
  initialDelay: DURATION_US,
  factor: z.number().min(1).max(100),
  maxDelay: DURATION_US,
  jitter: z.number().min(0).max(1),
};

function retryPolicy(defaults: typeof DEFAULT_CLIENT.refused) {
  return z
    .strictObject({
      attempts: POLICY_FIELDS.attempts.optional().describe('submissions after the first; forever'),
      initialDelay: POLICY_FIELDS.initialDelay.optional().describe('before the first of them'),
      factor: POLICY_FIELDS.factor.optional().describe('each further delay is this many times the one before'),
      maxDelay: POLICY_FIELDS.maxDelay.optional().describe('longest delay'),
      jitter: POLICY_FIELDS.jitter.optional().describe('each delay is multiplied by U[1 - jitter, 1 + jitter)'),
    })
    .transform((policy) => ({
      attempts: policy.attempts ?? defaults.attempts,
      initialDelayUs: policy.initialDelay ?? defaults.initialDelayUs,
      factor: policy.factor ?? defaults.factor,
      maxDelayUs: policy.maxDelay ?? defaults.maxDelayUs,
      jitter: policy.jitter ?? defaults.jitter,
    }))
    .default(defaults);
}

const CLIENT = z
  .strictObject({
  refused: retryPolicy(DEFAULT_CLIENT.refused).describe('after a refusal by a system that does not queue'),
  failed: retryPolicy(DEFAULT_CLIENT.failed).describe('after a failure that the system does not repair itself'),
  removalDelay: durationOr('never', Infinity).default(DEFAULT_CLIENT.removalDelayUs).describe('finished containers that still hold resources are removed after U[0, 2 x this)'),
  })
  .transform(({ refused, failed, removalDelay }): ClientOptions => ({ refused, failed, removalDelayUs: removalDelay }));

const WORKLOAD = z.strictObject({
  source: WORKLOAD_SOURCE.describe('exactly one of trace and synthetic'),
  load: z.number().positive().max(100).optional().describe('rescales arrival times so that the offered load is this share of capacity'),
  loadResource: z.enum(LOAD_RESOURCES).default('cpu').describe('resource of which `load` is a share'),
  loadMeasure: z.enum(LOAD_MEASURES).default('arriving').describe('arriving: all work that is submitted; held: what tasks would hold within the window if each started at once'),
  initial: z.enum(['submitted']).default('submitted').describe('tasks alive at time zero are submitted then; they are left out of waits'),
  use: USE.optional().describe('what tasks really use where it is not what they ask for; absent: exactly their requests'),
  client: CLIENT.prefault({}).describe('how the user goes on after refusals and failures'),
});

const ORCHESTRATOR = z.preprocess(
  (value) => (typeof value === 'string' ? { use: value } : value),
  z.strictObject({
    use: z.string().max(128).describe('name of an orchestrator, see `seatrial list orchestrators`'),
    label: NAME.optional().describe('name of this cell in results; default: the name of the orchestrator'),
    options: z.record(z.string(), z.unknown()).default({}).describe('options of the orchestrator'),
  }),
);

const IMAGES = z.strictObject({
  median: BYTES.optional().describe('median size; sizes are log-normal, keyed by name'),
  sigma: z.number().min(0).max(5).optional().describe('standard deviation of the logarithm of the size'),
  machinePerSecond: BYTES.optional().describe('bytes a second that one machine can pull: 1250MB'),
  registryPerSecond: BYTES.optional().describe('bytes a second that the registry serves to all machines together'),
});

/** A comparison with a number. */
export interface Comparison {
  readonly operator: '>=' | '<=' | '==' | '!=' | '>' | '<';
  readonly value: number;
}

/** What must hold of a column of runs.csv, and of which runs. */
export interface Condition extends Comparison {
  /** Only of runs of which this holds. */
  readonly where?: Comparison & { readonly column: string };
}

const CONDITION_TEXT = /^(>=|<=|==|!=|>|<)\s*(-?\d+(?:\.\d+)?)(?:\s+where\s+([A-Za-z]\w*)\s*(>=|<=|==|!=|>|<)\s*(-?\d+(?:\.\d+)?))?$/;

/** `>= 100`, `100`, or `>= 100 where offeredLoadGpu > 0.5`. */
const CONDITION = z.unknown().transform((value, context): Condition => {
  const [, operator, number, column, whereOperator, whereNumber] = (typeof value === 'number' ? CONDITION_TEXT.exec(`== ${value}`) : typeof value === 'string' ? CONDITION_TEXT.exec(value.trim()) : null) ?? [];
  if (operator === undefined) {
    context.addIssue({ code: 'custom', message: 'expected a comparison with a number, such as ">= 100" or ">= 100 where offeredLoadGpu > 0.5"' });
    return z.NEVER;
  }
  const comparison = { operator: operator as Comparison['operator'], value: Number(number) };
  return column === undefined ? comparison : { ...comparison, where: { column, operator: whereOperator as Comparison['operator'], value: Number(whereNumber) } };
});

/** A scenario as written; every value has its unit. */
export const SCENARIO = z.strictObject({
  name: FILE_NAME.describe('names the result folder'),
  question: z.string().min(1).max(2000).describe('the question that the scenario answers'),
  parameters: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/), z.union([z.string(), z.number(), z.null()])).default({}).describe('texts used as ${name}; null: must be given with --param'),
  seed: SEED.optional().describe('one seed'),
  seeds: SEEDS.optional().describe('several: 1..5 or a list'),
  workload: WORKLOAD.describe('what is submitted, and by what client'),
  cluster: CLUSTER.describe('exactly one of machines, fromTrace and file'),
  orchestrators: z.array(ORCHESTRATOR).min(1).max(1000).describe('names, or mappings with use, label and options'),
  actions: ACTIONS.default([]).describe('what users do to running services'),
  faults: z.preprocess((value) => settleShares(value, 0, 3_600_000_000), FAULTS).optional().describe('what breaks; times may be shares of the window: at: 80%'),
  window: z
    .strictObject({ from: DURATION_US.default(0).describe('start of what is measured'), to: DURATION_US.optional().describe('end of what is measured, and of the run; default: when arrivals end') })
    .prefault({})
    .describe('what is measured'),
  timeline: z.strictObject({ every: DURATION_US.refine((us) => us > 0, 'expected a distance above zero').optional().describe('distance of grid points; default: a round step, at most 500 points') }).prefault({}).describe('grid of timeline.csv'),
  images: z.union([z.literal('none'), IMAGES]).default({}).describe('sizes and pull rates of container images; none: nothing to pull'),
  network: z.strictObject({ base: DURATION_US.optional().describe('shortest one-way delay between two machines'), spread: DURATION_US.optional().describe('a part of this, fixed per pair of endpoints, comes on top') }).default({}).describe('delays between machines'),
  output: z.strictObject({ tasks: z.boolean().default(false).describe('also write tasks.csv, a row per task attempt') }).prefault({}).describe('files beyond the usual ones'),
  sweep: SWEEP.optional().describe('which values are varied; `seatrial sweep` makes a run of every combination'),
  expect: z.record(z.string(), CONDITION).default({}).describe('comparisons with columns of runs.csv that every run must meet (exit code 3)'),
});

export type Scenario = z.output<typeof SCENARIO>;
export type MachineGroup = z.output<typeof MACHINE_GROUP>;

function durationOr(word: string, meaning: number): z.ZodType<number, string | number> {
  return z.unknown().transform((value, context) => {
    if (value === word) return meaning;
    try {
      return parseDurationUs(value);
    } catch (error) {
      if (!(error instanceof QuantityError)) throw error;
      context.addIssue({ code: 'custom', message: `${error.message}, or "${word}"` });
      return z.NEVER;
    }
  }) as unknown as z.ZodType<number, string | number>;
}
