import { cellNumber } from './cell-value.ts';
import type { CsvRow } from './results.ts';

/** Ends of the four phases of a recovery, seconds since the failure; `Infinity` = not within the run. Never decreasing. */
export interface RecoveryPhases {
  readonly detectS: number;
  readonly decideS: number;
  readonly replaceS: number;
  readonly restoreS: number;
}

export const PHASES = ['detect', 'decide', 'replace', 'restore'] as const;

/**
 * Phases of one row of recoveries.csv; undefined when the fault ended no attempt.
 * A phase that was skipped (work went on in place before anybody noticed) has no length.
 */
export function recoveryPhases(row: CsvRow): RecoveryPhases | undefined {
  if (!(cellNumber(row, 'attemptsHit') > 0)) return undefined;
  const injectedS = cellNumber(row, 'injectedS');
  const ends = ['detectedS', 'decidedS', 'replacedS', 'restoredS'].map((column) => cellNumber(row, column) - injectedS);
  let previous = 0;
  const phases = ends.map((end, i) => {
    if (!Number.isNaN(end)) previous = Math.max(previous, end);
    else if (ends.slice(i + 1).every(Number.isNaN)) previous = Number.POSITIVE_INFINITY;
    return previous;
  });
  return { detectS: phases[0]!, decideS: phases[1]!, replaceS: phases[2]!, restoreS: phases[3]! };
}

/** Ends in the order of {@link PHASES}. */
export function phaseEnds(phases: RecoveryPhases): readonly number[] {
  return [phases.detectS, phases.decideS, phases.replaceS, phases.restoreS];
}

/** The smallest value that at least `share` of the values do not exceed; `Infinity` when those are not determined. */
export function quantileOf(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => (a === b ? 0 : a - b));
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
