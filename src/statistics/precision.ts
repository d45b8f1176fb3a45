import { meanInterval } from './mean-interval.ts';

/** How close a mean over seeds is to be known. */
export interface PrecisionTarget {
  /** Column of runs.csv. */
  readonly column: string;
  /** Half width of the 95 % interval: a share of the mean, or in the unit of the column. */
  readonly halfWidth: number;
  readonly relative: boolean;
}

/**
 * Reads `waitP99 ±5%` or `usefulCpuShare ±0.002` (`+-` is as good as `±`; the unit at the end of a column's name may be left out).
 * @param columns names of numeric columns
 * @returns the target, or what is wrong with the text
 */
export function readPrecisionTarget(text: string, columns: readonly string[]): PrecisionTarget | string {
  const parts = /^\s*([A-Za-z][A-Za-z0-9]*)\s*(?:±|\+-|\+\/-)\s*(\d+(?:\.\d+)?)\s*(%?)\s*$/.exec(text);
  if (parts === null) return `"${text}" is no precision; expected a column and the half width of its 95 % interval, such as "waitP99 ±5%" or "usefulCpuShare ±0.002"`;
  const [, name = '', digits = '', percent = ''] = parts;
  const column = columns.includes(name) ? name : columns.filter((candidate) => candidate === `${name}S` || candidate === `${name}PerHour`)[0];
  if (column === undefined) return `"${name}" is no numeric column of runs.csv`;
  const value = Number(digits);
  if (!(value > 0)) return `"${text}": the half width must be above zero`;
  return { column, halfWidth: percent === '%' ? value / 100 : value, relative: percent === '%' };
}

/** One seed of a sweep with all its cells done: per cell the value of the target's column, `null` = undefined, `censored` = only a lower bound is known. */
export interface SeedBlock {
  readonly seed: number;
  readonly values: ReadonlyMap<string, number | 'censored' | null>;
}

/** Whether there are seeds enough, and the cell that decides it. */
export interface StoppingDecision {
  readonly stop: boolean;
  /** For people: what is reached, or what keeps the rule from being met. */
  readonly reason: string;
  /** The cell furthest from the target; `null` before there are blocks enough to judge. */
  readonly cell: string | null;
  /** Its half width, and the one wanted, in the unit of the column; NaN where undetermined. */
  readonly halfWidth: number;
  readonly wanted: number;
}

/** Blocks before the rule may stop: below about ten, intervals that decided the stopping cover too seldom (Law 2015, section 9.4.1, procedure of Chow and Robbins 1965). */
export const FEWEST_BLOCKS = 10;

/**
 * Stopping rule of a sweep, evaluated on complete seed blocks in the order of the plan, so that it does not depend on the number of workers or on interruptions: stop
 * at the first number of blocks at which every cell's 95 % interval is narrow enough. A relative half width g is compared with g / (1 + g) of the estimated mean, since
 * the estimate stands for the mean itself (Law 2015, section 9.4.1). Cells in which the column is undefined for all seeds do not take part.
 */
export function shouldStop(target: PrecisionTarget, blocks: readonly SeedBlock[], fewestBlocks = FEWEST_BLOCKS): StoppingDecision {
  const undecided = { stop: false, halfWidth: Number.NaN, wanted: Number.NaN };
  if (blocks.length < Math.max(2, fewestBlocks)) return { ...undecided, reason: `${blocks.length} of at least ${Math.max(2, fewestBlocks)} seeds`, cell: null };
  const cells = [...new Set(blocks.flatMap((block) => [...block.values.keys()]))];
  let worst: StoppingDecision | null = null;
  let worstRatio = -1;
  for (const cell of cells) {
    const values = blocks.map((block) => block.values.get(cell) ?? null);
    if (values.every((value) => value === null)) continue;
    const known = values.filter((value): value is number => typeof value === 'number');
    if (known.length < values.length) {
      const censored = values.filter((value) => value === 'censored').length;
      return { ...undecided, reason: `${target.column} of ${cell} is ${censored > 0 ? `only a lower bound in ${censored}` : `undefined in ${values.length - known.length}`} of ${values.length} seeds`, cell };
    }
    const estimate = meanInterval(known);
    const wanted = target.relative ? (target.halfWidth / (1 + target.halfWidth)) * Math.abs(estimate.mean) : target.halfWidth;
    const ratio = estimate.halfWidth === 0 ? 0 : estimate.halfWidth / wanted;
    if (ratio <= worstRatio) continue;
    worstRatio = ratio;
    worst = { stop: ratio <= 1, reason: '', cell, halfWidth: estimate.halfWidth, wanted };
  }
  if (worst === null) return { ...undecided, reason: `${target.column} is undefined in every cell`, cell: null };
  return { ...worst, reason: worst.stop ? `every cell reached the precision after ${blocks.length} seeds` : `${worst.cell!} is the furthest from the precision after ${blocks.length} seeds` };
}

/** How many of the blocks, in the order of the plan, the rule would have made: the first number at which it stops, `null` if it goes on after all of them. */
export function stopsAfter(target: PrecisionTarget, blocks: readonly SeedBlock[], fewestBlocks = FEWEST_BLOCKS): number | null {
  for (let count = 1; count <= blocks.length; count++) if (shouldStop(target, blocks.slice(0, count), fewestBlocks).stop) return count;
  return null;
}
