import { columnsOf } from '../metrics/columns.ts';
import { FEWEST_BLOCKS, type PrecisionTarget, type SeedBlock, shouldStop, type StoppingDecision, stopsAfter } from '../statistics/precision.ts';
import type { RunSpec } from '../scenario/run-spec.ts';
import type { Store } from './store.ts';

/** How a sweep that goes on until something is known well enough has ended. */
export interface Stopping {
  /** Seeds that the tables hold: complete blocks in the order of the plan. */
  readonly seeds: number;
  /** Seeds that the plan had. */
  readonly planned: number;
  readonly decision: StoppingDecision;
}

/** The runs of a plan by seed, in its order. */
export function seedBlocks(runs: readonly RunSpec[]): readonly (readonly RunSpec[])[] {
  return [...Map.groupBy(runs, (run) => run.seed).values()];
}

/**
 * Makes seed blocks until the rule stops. More than one block may be made at once, by how far the precision still is; which of them count depends on the values alone, so
 * that the tables are the same with any number of workers and after any interruption.
 * @param make makes the runs that are not there yet; false = some are still missing
 * @returns `null` if blocks stayed incomplete
 */
export async function makeUntil(target: PrecisionTarget, runs: readonly RunSpec[], store: Store, make: (runs: readonly RunSpec[]) => Promise<boolean>): Promise<Stopping | null> {
  const blocks = seedBlocks(runs);
  const known: SeedBlock[] = [];
  let count = Math.min(FEWEST_BLOCKS, blocks.length);
  for (;;) {
    if (!(await make(blocks.slice(0, count).flat()))) return null;
    while (known.length < count) known.push(blockOf(target, blocks[known.length]!, store));
    const seeds = stopsAfter(target, known);
    const decision = shouldStop(target, seeds === null ? known : known.slice(0, seeds));
    if (seeds !== null || count === blocks.length) return { seeds: seeds ?? count, planned: blocks.length, decision };
    count = Math.min(blocks.length, nextCount(count, decision));
  }
}

/** Nine tenths of the blocks that the width of the interval lets expect, at least one more. */
function nextCount(count: number, { halfWidth, wanted }: StoppingDecision): number {
  const ratio = halfWidth / wanted;
  return Number.isFinite(ratio) ? Math.max(count + 1, Math.min(4 * count, Math.floor(0.9 * count * ratio * ratio))) : count + 1;
}

function blockOf(target: PrecisionTarget, runs: readonly RunSpec[], store: Store): SeedBlock {
  const at = columnsOf('runs.csv').findIndex(({ name }) => name === target.column);
  const values = runs.map((run): [string, number | 'censored' | null] => {
    const value = store.read(run.id).row[at] ?? null;
    return [run.cell, typeof value === 'string' ? 'censored' : value];
  });
  return { seed: runs[0]!.seed, values: new Map(values) };
}
