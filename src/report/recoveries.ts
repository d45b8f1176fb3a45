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
  /** Right end of a time axis from zero that shows them, seconds. */
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
  return { slice, series: slice.series.filter((series) => all.some((one) => one.series === series)), all, idleFaults: faults.size - hit.size, toS: axisEndOf(all) };
}

/** Bars end here at the latest, in medians of the times to restore: one failure that takes a day would leave the others too short to see. */
const MOST_MEDIANS = 8;

/**
 * End of a linear axis: lengths of phases are compared, which a logarithmic one distorts. It holds what was restored, but not what took many times as long as half of the others (of the systems: ideals
 * restore at once), nor failures that stayed open: their bars run off the axis, and are marked.
 */
function axisEndOf(all: readonly Recovery[]): number {
  const systems = all.filter((one) => !isReference(one.series.orchestrator));
  const restored = (systems.length > 0 ? systems : all).map((one) => one.ends.at(-1)!).filter(Number.isFinite);
  if (restored.length === 0) return Math.max(60, ...all.map((one) => one.watchedS));
  return Math.max(1, 1.05 * Math.min(Math.max(...restored), MOST_MEDIANS * Math.max(1, quantileOf(restored, 0.5))));
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
