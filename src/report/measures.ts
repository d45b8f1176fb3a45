import type { CsvRow } from './results.ts';
import { formatDuration, formatNumber, formatShare } from './text-format.ts';

/** A column of runs.csv that can be averaged and compared. */
export interface Measure {
  readonly column: string;
  /** Words for people: `useful CPU`. The name of the column where none are given. */
  readonly title: string;
  readonly unit: string;
  /** Which end is better; undefined = neither, or it depends. */
  readonly better: 'higher' | 'lower' | undefined;
  readonly format: (value: number) => string;
  /** A difference of two values: with its sign, shares in percentage points. */
  readonly formatDifference: (value: number) => string;
}

/** Columns with words and a better end, in the order in which people ask for them. */
const KNOWN: readonly (readonly [column: string, title: string, better: 'higher' | 'lower' | undefined])[] = [
  ['usefulCpuShare', 'useful CPU', 'higher'],
  ['usefulGpuShare', 'useful GPU', 'higher'],
  ['waitP50S', 'wait p50', 'lower'],
  ['waitP99S', 'wait p99', 'lower'],
  ['finished', 'finished', 'higher'],
  ['refused', 'refused', undefined],
  ['rejected', 'rejected', 'lower'],
  ['detectP50S', 'detect p50', 'lower'],
  ['restoreP50S', 'restore p50', 'lower'],
  ['missingReplicaS', 'missing replicas', 'lower'],
  ['tasksLost', 'tasks lost', 'lower'],
  ['leaderlessS', 'leaderless', 'lower'],
];

/** Others whose better end is plain. */
const BETTER: ReadonlyMap<string, 'higher' | 'lower'> = new Map([
  ['usefulMemoryShare', 'higher'], ['usefulCpuShareOfUp', 'higher'], ['usefulMemoryShareOfUp', 'higher'], ['usefulGpuShareOfUp', 'higher'], ['duplicateCpuShare', 'lower'], ['lostCpuShare', 'lower'],
  ['fragmentedCpuShare', 'lower'], ['fragmentedGpuShare', 'lower'], ['waitMeanS', 'lower'], ['waitP90S', 'lower'], ['waitP95S', 'lower'], ['startedWaitP50S', 'lower'], ['startedWaitP99S', 'lower'], ['censoredShare', 'lower'],
  ['slowdownP50', 'lower'], ['slowdownP99', 'lower'], ['makespanS', 'lower'], ['throughputPerHour', 'higher'], ['gaveUp', 'lower'], ['pendingAtEnd', 'lower'], ['fairnessJain', 'higher'], ['decideP50S', 'lower'], ['replaceP50S', 'lower'],
  ['restoreP90S', 'lower'], ['restoreCensoredShare', 'lower'], ['workRedoneS', 'lower'], ['duplicateRunS', 'lower'], ['availabilityServices', 'higher'], ['staleRouteSeconds', 'lower'], ['unroutedSeconds', 'lower'],
]);

/** The measure of a column. */
export function measureOf(column: string): Measure {
  const known = KNOWN.find(([name]) => name === column);
  const unit = unitOf(column);
  const format = unit === 'share' ? formatShare : unit === 's' ? formatDuration : (value: number) => formatNumber(value, digitsOf(value));
  const formatDifference = (value: number): string => `${value > 0 ? '+' : ''}${unit === 'share' ? format(value).replace('%', 'pp') : format(value)}`;
  return { column, title: known?.[1] ?? column, unit, better: known === undefined ? BETTER.get(column) : known[2], format, formatDifference };
}

/** Every measure of a folder: the numeric columns of runs.csv that have a value somewhere, in the order of the file. */
export function measuresIn(runs: readonly CsvRow[]): readonly Measure[] {
  const header = Object.keys(runs[0] ?? {});
  return header.slice(header.indexOf('machines')).flatMap((column) => {
    const texts = runs.map((run) => run[column]!).filter((text) => text !== '');
    return texts.length > 0 && column !== 'digest' && texts.every((text) => /^>?-?\d+(?:\.\d+)?$/.test(text)) ? [measureOf(column)] : [];
  });
}

/** The measures that a comparison shows unless others are asked for. */
export function headlineMeasures(runs: readonly CsvRow[]): readonly Measure[] {
  const there = new Set(measuresIn(runs).map((measure) => measure.column));
  return KNOWN.flatMap(([column]) => (there.has(column) ? [measureOf(column)] : []));
}

function unitOf(column: string): string {
  if (/Share(?:OfUp)?$|^availability/.test(column)) return 'share';
  if (/[a-z0-9](?:S|Seconds)$/.test(column)) return 's';
  return column.endsWith('PerHour') ? '1/h' : '';
}

function digitsOf(value: number): number {
  const size = Math.abs(value);
  return Number.isInteger(value) || size >= 1000 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 3;
}
