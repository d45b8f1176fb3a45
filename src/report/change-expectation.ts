import type { Comparison } from './comparison.ts';
import type { Contrast } from './contrast.ts';

/** How much a measure may change against the baseline. */
export interface ChangeExpectation {
  /** As it was written. */
  readonly text: string;
  /** Label of the orchestrator that it is about; undefined = every one. */
  readonly label: string | undefined;
  readonly column: string;
  readonly operator: '<=' | '>=' | '<' | '>';
  /** A difference in the unit of the column, or a share of the baseline. */
  readonly limit: number;
  readonly relative: boolean;
}

/** Reads `waitP99S<=+5%`, `usefulCpuShare>=-0.002` or `kubernetes:restoreP50S<=10`: after less before, as a share of the baseline or in the unit of the column. Undefined = not of this form. */
export function readChangeExpectation(text: string): ChangeExpectation | undefined {
  const parts = /^\s*(?:(.+):\s*)?([A-Za-z][A-Za-z0-9]*)\s*(<=|>=|<|>)\s*([+-]?\d+(?:\.\d+)?)\s*(%?)\s*$/.exec(text);
  if (parts === null) return undefined;
  const [, label, column = '', operator = '', digits = '', percent = ''] = parts;
  return { text: text.trim(), label, column, operator: operator as ChangeExpectation['operator'], limit: Number(digits) / (percent === '%' ? 100 : 1), relative: percent === '%' };
}

/** `met`: the whole interval keeps the limit; `violated`: none of it does; `open`: the runs do not decide. Of one run, or equal ones, the difference itself decides. */
export type Outcome = 'met' | 'violated' | 'open';

export interface JudgedExpectation {
  readonly expectation: ChangeExpectation;
  readonly side: string;
  readonly cell: string;
  readonly outcome: Outcome;
  /** Change and its interval as the expectation counts them; NaN where there is none, one end infinite where bounds tell about one side only. */
  readonly change: number;
  readonly low: number;
  readonly high: number;
  /** The side has no such cell: nothing is known of it, which is no proof that the limit was kept. */
  readonly missing: boolean;
}

/** Judges every expectation on every cell that it is about. */
export function judge(comparison: Comparison, expectations: readonly ChangeExpectation[]): readonly JudgedExpectation[] {
  return expectations.flatMap((expectation) => {
    const isAbout = (cell: string): boolean => expectation.label === undefined || cell === expectation.label || cell.startsWith(`${expectation.label}, `);
    return comparison.sides.flatMap((side): readonly JudgedExpectation[] => [
      ...side.contrasts
        .filter((one) => one.measure.column === expectation.column && isAbout(one.cell))
        .map((one) => ({ expectation, side: side.name, cell: one.cell, missing: false, ...judged(one, expectation) })),
      ...side.onlyInBaseline
        .filter(isAbout)
        .map((cell) => ({ expectation, side: side.name, cell, missing: true, outcome: 'open' as const, change: Number.NaN, low: Number.NaN, high: Number.NaN })),
    ]);
  });
}

function judged(one: Contrast, expectation: ChangeExpectation): Pick<JudgedExpectation, 'outcome' | 'change' | 'low' | 'high'> {
  const identical = one.verdict === 'identical';
  // Of a baseline of zero every change is infinitely large.
  const scaled = (value: number): number => (value === 0 ? 0 : expectation.relative ? value / Math.abs(one.before?.value ?? Number.NaN) : value);
  // Equal to the last digit is no change, bounds or not.
  const change = identical ? 0 : scaled(one.difference);
  // Bounds may leave the difference open and decide all the same: "more than an hour" is not "at most 5 % above ten minutes".
  const known = Number.isNaN(change) ? one.oneSided : one;
  const [low, high] = identical || Number.isNaN(known.low) ? [change, change] : [scaled(known.low), scaled(known.high)];
  if (Number.isNaN(low) || Number.isNaN(high)) return { outcome: 'open', change, low, high };
  const keeps = [low, high].map((value) => holds(value, expectation));
  return { outcome: keeps.every(Boolean) ? 'met' : keeps.some(Boolean) || holds(change, expectation) ? 'open' : 'violated', change, low, high };
}

function holds(value: number, { operator, limit }: ChangeExpectation): boolean {
  switch (operator) {
    case '<=':
      return value <= limit;
    case '>=':
      return value >= limit;
    case '<':
      return value < limit;
    case '>':
      return value > limit;
  }
}
