import { labelOf, settingOf } from './cells.ts';
import { isReference, seriesStyles, type SeriesStyle } from './palette.ts';
import type { CsvRow, Results } from './results.ts';

/** One line of a chart: all runs (seeds) of one cell of the scenario. */
export interface Series {
  /** The orchestrator's label in the scenario. */
  readonly label: string;
  readonly orchestrator: string;
  readonly style: SeriesStyle;
  /** Rows of runs.csv, one per seed. */
  readonly runs: readonly CsvRow[];
}

/** What one set of charts shows: all runs that share the values of the swept parameters. */
export interface Slice {
  /** `load=0.9, machines=100`; empty when nothing is swept. */
  readonly label: string;
  readonly series: readonly Series[];
  /** Distinct seeds, in order of first appearance. */
  readonly seeds: readonly string[];
  readonly results: Results;
  /** Rows of a table that belong to one series' runs, run by run in the order of `series.runs`. */
  rowsByRun(table: readonly CsvRow[], series: Series): readonly (readonly CsvRow[])[];
}

/** Splits results by swept parameters, then by cell; systems first, reference ideals last, else in the order of the plan. */
export function slicesOf(results: Results): readonly Slice[] {
  // Styles go by all cells of the results, so that a system looks the same in every slice.
  const cells = new Map<string, string>();
  for (const run of results.runs) cells.set(labelOf(run), run['orchestrator']!);
  const order = [...cells].toSorted((a, b) => Number(isReference(a[1])) - Number(isReference(b[1])));
  const styles = seriesStyles(order.map(([, orchestrator]) => orchestrator));
  const index = new Map<readonly CsvRow[], ReadonlyMap<string, readonly CsvRow[]>>();
  const indexOf = (table: readonly CsvRow[]): ReadonlyMap<string, readonly CsvRow[]> => {
    let byRun = index.get(table);
    if (byRun === undefined) index.set(table, (byRun = Map.groupBy(table, (row) => row['run']!)));
    return byRun;
  };
  const bySlice = Map.groupBy(results.runs, (run) => settingOf(run, results.parameters));
  return [...bySlice].map(([label, runs]): Slice => {
    const byCell = Map.groupBy(runs, labelOf);
    const series = order.flatMap(([cell, orchestrator], i): Series[] => {
      const own = byCell.get(cell);
      return own === undefined ? [] : [{ label: cell, orchestrator, style: styles[i]!, runs: own }];
    });
    return {
      label,
      series,
      seeds: [...new Set(runs.map((run) => run['seed']!))],
      results,
      rowsByRun: (table, one) => one.runs.map((run) => indexOf(table).get(run['run']!) ?? []),
    };
  });
}

/** How far the numbers of a slice can be trusted: `one run, seed 7` or `mean of 5 seeds, band: 95 % interval`. */
export function seedsText(slice: Slice, mark: 'band' | 'whisker' | 'none'): string {
  if (slice.seeds.length === 1) return `One run, seed ${slice.seeds[0]!}`;
  return `Mean of ${slice.seeds.length} seeds${mark === 'none' ? '' : `, ${mark}: 95\u202F% interval (Student t)`}`;
}
