import { holm } from '../statistics/holm.ts';
import { CONFIDENCE, type Interval, NO_INTERVAL } from '../statistics/interval.ts';
import { independentDifference, pairedDifference } from '../statistics/difference.ts';
import { mean } from '../statistics/moments.ts';
import { signTest } from '../statistics/sign-test.ts';
import { cellValue, type CellValue } from './cell-value.ts';
import type { Cell } from './cells.ts';
import type { Measure } from './measures.ts';
import type { CsvRow } from './results.ts';

/**
 * What can be said of a difference. `identical`: equal in every pair (without pairs: in all runs), to the last digit of the tables. `no difference seen`: there were enough runs to see one as large as
 * the interval allows, and none was. `not determined`: too few runs, or only bounds are known. The others are beyond chance at 5 % after correction for all comparisons
 * made together; `better` and `worse` where the measure has a better end.
 */
export type Verdict = 'identical' | 'better' | 'worse' | 'higher' | 'lower' | 'no difference seen' | 'not determined';

/** How the two sides belong together. `same inputs`: pairs of runs with equal seed, workload, machines and faults; `same seeds`: inputs differ, or are not known; `independent`: no seed in common. */
export type Pairing = 'same inputs' | 'same seeds' | 'independent';

/** One measure of one cell on two sides. */
export interface Contrast extends Interval {
  readonly cell: string;
  readonly measure: Measure;
  /** Means over the runs compared; a lower bound where `atLeast`. `undefined` = the measure is not defined there. */
  readonly before: CellValue | undefined;
  readonly after: CellValue | undefined;
  /** after - before; NaN where not determined. */
  readonly difference: number;
  /**
   * Where bounds leave the difference open but one side of it is known: its interval, which has an infinite end. With exact values before and bounds after, true differences are at least
   * those of the bounds, so that the lower end of theirs holds all the more; the other way round the upper end does.
   */
  readonly oneSided: Interval;
  readonly pairing: Pairing;
  /** Pairs, or runs of the smaller side. */
  readonly count: number;
  /** Runs left out: without partner, or without a value on one side. */
  readonly leftOut: number;
  /** NaN where nothing was tested. */
  readonly pValue: number;
  /** After Holm's correction for all contrasts judged together. */
  readonly adjusted: number;
  /** The part of the variance that pairing took away; NaN unless pairs had the same inputs and differ. */
  readonly varianceReduction: number;
  readonly verdict: Verdict;
}

/** Whether runs of a seed had the same workload, machines and faults on both sides. */
export type SameInputs = (before: CsvRow, after: CsvRow) => boolean;

/** With the side that is the larger (1 = after, -1 = before), and whether every pair has the same difference. */
type Untold = Omit<Contrast, 'adjusted' | 'verdict'> & { readonly identical: boolean; readonly sign: number; readonly constant?: boolean };

/** Pairs of cells that belong together, with what tells whether two runs had the same inputs. */
export interface ContrastGroup {
  readonly pairs: readonly (readonly [before: Cell, after: Cell])[];
  readonly sameInputs: SameInputs;
}

/** Contrasts of every pair in every measure, group by group; all groups are corrected together, since every one more is a chance more for a false alarm. */
export function contrasts(groups: readonly ContrastGroup[], measures: readonly Measure[]): readonly (readonly Contrast[])[] {
  const untold = groups.map(({ pairs, sameInputs }) => pairs.flatMap(([before, after]) => measures.flatMap((measure) => contrastOf(before, after, measure, sameInputs) ?? [])));
  const adjusted = holm(untold.flat().map((one) => one.pValue));
  let next = 0;
  return untold.map((group) =>
    group.map(({ identical, sign, constant, ...one }) => {
      const own = adjusted[next++]!;
      return { ...one, adjusted: own, verdict: identical ? 'identical' : verdictOf(one, sign, constant === true ? one.pValue : own, constant === true) };
    }),
  );
}

/** @param p of a difference that is the same in every pair the uncorrected one: what never varies leaves chance no part, once there are pairs enough for a sign test */
function verdictOf({ measure, difference }: Pick<Contrast, 'measure' | 'difference'>, sign: number, p: number, constant: boolean): Verdict {
  if (Number.isNaN(p)) return 'not determined';
  if (p > 1 - CONFIDENCE) return Number.isNaN(difference) || constant ? 'not determined' : 'no difference seen';
  const direction = sign > 0 ? 'higher' : 'lower';
  return measure.better === undefined ? direction : measure.better === direction ? 'better' : 'worse';
}

/** Undefined where the measure is defined on neither side. */
function contrastOf(before: Cell, after: Cell, measure: Measure, sameInputs: SameInputs): Untold | undefined {
  const valueOf = (run: CsvRow): CellValue | undefined => cellValue(run, measure.column);
  const afterBySeed = new Map(after.runs.map((run) => [run['seed']!, run]));
  const partners = before.runs.flatMap((run): (readonly [CsvRow, CsvRow])[] => {
    const other = afterBySeed.get(run['seed']!);
    return other === undefined ? [] : [[run, other]];
  });
  const base = { cell: after.name, measure, ...NO_INTERVAL, difference: Number.NaN, oneSided: NO_INTERVAL, pValue: Number.NaN, varianceReduction: Number.NaN, identical: false, sign: 0 };
  if (partners.length === 0) {
    const a = before.runs.flatMap((run) => valueOf(run) ?? []);
    const b = after.runs.flatMap((run) => valueOf(run) ?? []);
    if (a.length + b.length === 0) return undefined;
    const common = { ...base, before: meanOf(a), after: meanOf(b), pairing: 'independent' as const, count: Math.min(a.length, b.length), leftOut: before.runs.length + after.runs.length - a.length - b.length };
    if (a.length === 0 || b.length === 0) return common;
    const estimate = independentDifference(a.map(numberOf), b.map(numberOf));
    if ([...a, ...b].some((value) => value.atLeast)) return { ...common, oneSided: oneSidedOf(a, b, estimate) };
    const { mean: difference, low, high, pValue } = estimate;
    return { ...common, identical: [...a, ...b].every(({ value }) => value === a[0]!.value), difference, low, high, pValue, sign: Math.sign(difference) };
  }
  const values = partners.flatMap(([run, other]): (readonly [CellValue, CellValue])[] => {
    const [a, b] = [valueOf(run), valueOf(other)];
    return a === undefined || b === undefined ? [] : [[a, b]];
  });
  const pairing = partners.every(([run, other]) => sameInputs(run, other)) ? ('same inputs' as const) : ('same seeds' as const);
  const leftOut = before.runs.length + after.runs.length - 2 * values.length;
  if (values.length === 0) {
    const [a, b] = [before.runs.flatMap((run) => valueOf(run) ?? []), after.runs.flatMap((run) => valueOf(run) ?? [])];
    return a.length + b.length === 0 ? undefined : { ...base, before: meanOf(a), after: meanOf(b), pairing, count: 0, leftOut };
  }
  const common = { ...base, before: meanOf(values.map(([a]) => a)), after: meanOf(values.map(([, b]) => b)), pairing, count: values.length, leftOut };
  const paired = pairedDifference(values.map(([a]) => a.value), values.map(([, b]) => b.value));
  if (values.some(([a, b]) => a.atLeast || b.atLeast)) {
    const identical = values.every(([a, b]) => a.atLeast === b.atLeast && a.value === b.value);
    return { ...common, identical, oneSided: oneSidedOf(values.map(([a]) => a), values.map(([, b]) => b), paired), ...(values.length < 2 || identical ? {} : testOfOrder(values)) };
  }
  return {
    ...common,
    identical: paired.identical,
    difference: paired.mean,
    low: paired.low,
    high: paired.high,
    varianceReduction: pairing === 'same inputs' && !paired.identical ? paired.varianceReduction : Number.NaN,
    // The same difference in every pair has no spread for Student's t; its sign is all there is to test.
    ...(Number.isNaN(paired.pValue) && !paired.identical && values.length > 1 ? { ...testOfOrder(values), constant: true } : { pValue: paired.pValue, sign: Math.sign(paired.mean) }),
  };
}

/** @param estimate of the bounds taken as values; of one run its difference stands for the interval */
function oneSidedOf(before: readonly CellValue[], after: readonly CellValue[], { mean: centre, low, high }: Interval & { readonly mean: number }): Interval {
  const [openBefore, openAfter] = [before, after].map((values) => values.some((value) => value.atLeast));
  if (openBefore && openAfter) return NO_INTERVAL;
  return openAfter ? { low: Number.isNaN(low) ? centre : low, high: Infinity } : { low: -Infinity, high: Number.isNaN(high) ? centre : high };
}

/** Sign test over pairs; a bound above the other side's value is larger for certain, between two bounds nothing is. */
function testOfOrder(values: readonly (readonly [CellValue, CellValue])[]): { readonly pValue: number; readonly sign: number } {
  let higher = 0;
  let lower = 0;
  for (const [a, b] of values) {
    if (!a.atLeast && (b.atLeast ? b.value >= a.value : b.value > a.value)) higher++;
    else if (!b.atLeast && (a.atLeast ? a.value >= b.value : a.value > b.value)) lower++;
  }
  return { pValue: signTest(higher, lower, values.length), sign: Math.sign(higher - lower) };
}

function numberOf(one: CellValue): number {
  return one.value;
}

function meanOf(values: readonly CellValue[]): CellValue | undefined {
  return values.length === 0 ? undefined : { value: mean(values.map(numberOf)), atLeast: values.some((one) => one.atLeast) };
}
