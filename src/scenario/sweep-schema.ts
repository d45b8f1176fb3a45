import { z } from 'zod';
import { SEEDS } from './seeds.ts';

/** Most values of one axis. */
export const MOST_VALUES = 10_000;

/** Most combinations of the axes of one sweep. */
export const MOST_COMBINATIONS = 20_000;

/** Values of an axis as written: a list, a range, or one value. */
const VALUES = z.union([z.array(z.unknown()).min(1).max(MOST_VALUES), z.string().min(1), z.number(), z.boolean()]);

const PATH = z.string().min(1).max(512);

const AXIS = z.union([
  VALUES,
  z.strictObject({
    set: z.union([PATH, z.array(PATH).min(1).max(100)]).describe('path, or paths, that each value is put at'),
    values: VALUES.describe('as of an axis named by its path'),
  }),
]);

const AXES = z.record(z.string().min(1).max(512), AXIS.describe('a list, a range, one value, or a mapping with set and values'));

const ASSIGNMENT = z.record(z.string().min(1).max(512), z.unknown());

/** Section `sweep` of a scenario: which values are varied, and which combinations of them are made. */
export const SWEEP = z.strictObject({
  matrix: AXES.optional().describe(
    'axes of which every combination is made, by the path that they set: `workload.load: [0.5, 0.9]`, `0.5..0.9 step 0.1`, `1h..3h`, or by a name of their own: `size: { set: cluster.machines.0.count, values: [50, 100] }`; elements may be `{ label: small, value: ... }`; `orchestrators` takes entries of `orchestrators`',
  ),
  zip: z.union([AXES, z.array(AXES).max(100)]).optional().describe('axes that advance together, all of one length; a list holds several such groups'),
  include: z.array(ASSIGNMENT).max(MOST_COMBINATIONS).optional().describe('combinations to make besides: axis to value; axes that are not named keep the value of the scenario'),
  exclude: z.array(ASSIGNMENT).max(MOST_COMBINATIONS).optional().describe('combinations to leave out: all of which every value named holds; `orchestrators` names a label'),
  seeds: SEEDS.optional().describe('seeds of every combination: 1..30'),
});

export type SweepSection = z.output<typeof SWEEP>;
