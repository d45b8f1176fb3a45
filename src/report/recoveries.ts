import { cellNumber } from './cell-value.ts';
import { faultKey, faultMarks } from './fault-marks.ts';
import { isReference } from './palette.ts';
import { PHASES, phaseEnds, quantileOf, recoveryPhases } from './recovery-phases.ts';
import type { Series, Slice } from './slices.ts';
import { horizonOf } from './timeline-means.ts';

/** One failure that ended running work under one orchestrator. */
export interface Recovery {
  readonly series: Series;
  readonly seed: string;
  /** Number of the fault in the order of time, as in all charts. */
  readonly fault: number;
  /** `crash machine-17`. */
  readonly name: string;
  /** Ends of the phases, seconds since the failure; `Infinity` = not within the run. */
  readonly ends: readonly number[];
  /** How long it was watched, seconds since the failure. */
  readonly watchedS: number;
}

/** All recoveries of a slice. */
export interface Recoveries {
  readonly slice: Slice;
  /** Those with at least one recovery. */
  readonly series: readonly Series[];
  readonly all: readonly Recovery[];
  /** Failures that ended nothing under any orchestrator. */
  readonly idleFaults: number;
  /** Left and right end of a time axis that shows them, seconds. */
  readonly fromS: number;
  readonly toS: number;
}

/** Collects the recoveries of a slice. */
export function recoveriesOf(slice: Slice): Recoveries {
  const horizonS = horizonOf(slice);
  const numbers = new Map(faultMarks(slice).map((mark) => [mark.key, mark.number]));
  const all: Recovery[] = [];
  const faults = new Set<string>();
  for (const series of slice.series) {
    slice.rowsByRun(slice.results.recoveries, series).forEach((rows, i) => {
      const seed = series.runs[i]!['seed']!;
      for (const row of rows) {
        const fault = numbers.get(faultKey(row))!;
        faults.add(`${seed}/${fault}`);
        const phases = recoveryPhases(row);
        if (phases === undefined) continue;
        const ends = phaseEnds(phases);
        const injectedS = cellNumber(row, 'injectedS');
        all.push({ series, seed, fault, name: `${row['kind'] ?? ''} ${row['label'] ?? ''}`.trim(), ends, watchedS: Math.max(horizonS - injectedS, ...ends.filter(Number.isFinite)) });
      }
    });
  }
  const hit = new Set(all.map((one) => `${one.seed}/${one.fault}`));
  return { slice, series: slice.series.filter((series) => all.some((one) => one.series === series)), all, idleFaults: faults.size - hit.size, ...axisOf(all) };
}

/** The axis begins where the systems begin to act; ideals act at once and would stretch it without end. */
function axisOf(all: readonly Recovery[]): { fromS: number; toS: number } {
  const systems = all.filter((one) => !isReference(one.series.orchestrator));
  const first = Math.min(1, ...(systems.length > 0 ? systems : all).flatMap((one) => one.ends.filter((end) => end > 0)));
  const last = Math.max(0, ...all.flatMap((one) => [...one.ends.filter(Number.isFinite), isOpen(one) ? one.watchedS : 0]));
  return { fromS: first >= 1 ? 1 : first >= 0.1 ? 0.1 : 0.01, toS: Math.max(60, last * 1.1) };
}

/** Was it not restored by the end of the run? */
export function isOpen(recovery: Recovery): boolean {
  return recovery.ends.at(-1) === Number.POSITIVE_INFINITY;
}

/** Recoveries of one series. */
export function recoveriesIn(found: Recoveries, series: Series): readonly Recovery[] {
  return found.all.filter((one) => one.series === series);
}

/** Median ends of the phases over all failures of a series; `Infinity` when more than half did not get there. */
export function medianEnds(found: Recoveries, series: Series): readonly number[] {
  const own = recoveriesIn(found, series);
  return PHASES.map((_, i) => quantileOf(own.map((one) => one.ends[i]!), 0.5));
}
