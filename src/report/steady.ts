import { meanInterval } from '../statistics/mean-interval.ts';
import { mean } from '../statistics/moments.ts';
import { warmUp } from '../statistics/warm-up.ts';
import { csvOf } from './aggregate.ts';
import { cellNumber } from './cell-value.ts';
import { type Cell, cellsOf } from './cells.ts';
import type { CsvRow, Results } from './results.ts';

/** Levels whose steady state people ask about. */
const LEVELS = ['usefulCpuShare', 'heldCpuShare', 'pending', 'running', 'queueDepth'] as const;

/** A level of one cell after the warm-up. */
export interface SteadyLevel {
  readonly cell: Cell;
  readonly column: string;
  /** End of the warm-up, seconds of simulated time; the same for all orchestrators of a setting. */
  readonly warmUpS: number;
  readonly steady: boolean;
  /** Mean per seed after the warm-up, in the order of the runs. */
  readonly means: readonly number[];
}

/**
 * Levels of the timeline without their warm-up: MSER-5 on the mean over seeds (Welch 1983: averaging over replications lets the start stand out of the noise), and one cut
 * for all orchestrators that met the same setting, since all are measured over one window.
 */
export function steadyLevels(results: Results): readonly SteadyLevel[] {
  const { cells } = cellsOf(results);
  const byRun = Map.groupBy(results.timeline, (row) => row['run']!);
  const settings = [...Map.groupBy(cells, (cell) => cell.levels.join('\n')).values()];
  const found = settings.flatMap((group) => LEVELS.flatMap((column) => levelOf(group, column, byRun)));
  const order = new Map(cells.map((cell, i) => [cell, i]));
  return found.toSorted((a, b) => order.get(a.cell)! - order.get(b.cell)!);
}

function levelOf(group: readonly Cell[], column: string, byRun: ReadonlyMap<string, readonly CsvRow[]>): readonly SteadyLevel[] {
  const series = group.flatMap((cell) => {
    const runs = cell.runs.flatMap((run) => {
      const values = (byRun.get(run['run']!) ?? []).map((row) => cellNumber(row, column));
      return values.length === 0 || values.some(Number.isNaN) ? [] : [values];
    });
    const length = Math.min(...runs.map((values) => values.length));
    return runs.length === 0 ? [] : [{ cell, runs, average: Array.from({ length }, (_, i) => mean(runs.map((values) => values[i]!))) }];
  });
  if (series.length === 0) return [];
  const cuts = series.map(({ average }) => warmUp(average));
  const cut = Math.max(...cuts.map((one) => one.cut));
  const steady = cuts.every((one) => one.steady);
  const times = byRun.get(series[0]!.cell.runs[0]!['run']!) ?? [];
  return series.map(({ cell, runs }) => ({ cell, column, warmUpS: times[cut] === undefined ? 0 : cellNumber(times[cut], 'timeS'), steady, means: runs.map((values) => mean(values.slice(cut))) }));
}

/** `steady.csv`; undefined where there is no timeline. */
export function steadyCsv(results: Results, levels: readonly SteadyLevel[]): string | undefined {
  if (levels.length === 0) return undefined;
  const rows = levels.map(({ cell, column, warmUpS, steady, means }) => {
    const interval = meanInterval(means);
    const shown = (value: number): number | null => (steady ? value : null);
    return {
      cell,
      values: new Map<string, number | string | null>([
        ['cell', cell.name],
        ['label', cell.label],
        ['orchestrator', cell.orchestrator],
        ['column', column],
        ['warmUpS', shown(warmUpS)],
        ['steady', steady ? 'yes' : 'no'],
        ['runs', means.length],
        ['mean', shown(interval.mean)],
        ['meanLow', shown(interval.low)],
        ['meanHigh', shown(interval.high)],
      ]),
    };
  });
  return csvOf('steady.csv', 'orchestrator', cellsOf(results).axes.map((axis) => axis.column), rows);
}
