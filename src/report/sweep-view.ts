import { cellValue } from './cell-value.ts';
import { type Cell, type Cells, cellsOf } from './cells.ts';
import { isReference, seriesStyles, type SeriesStyle } from './palette.ts';
import type { Results } from './results.ts';
import { type Estimate, estimate } from './summary.ts';

/** A sweep as its charts see it. */
export interface SweepView extends Cells {
  readonly results: Results;
  /** Orchestrators in the order of the plan, ideals last, each as it looks in every chart. */
  readonly series: readonly { readonly label: string; readonly orchestrator: string; readonly style: SeriesStyle }[];
  /** Label of the orchestrator that the others are compared with. */
  readonly baseline: string;
  /** Seeds of the cell that has most. */
  readonly seeds: number;
  /** Columns of axes that are circumstances (work, faults, network) and nothing that one could choose. */
  readonly circumstances: readonly string[];
}

/** What a scenario describes and nobody chooses: the first keys of the paths that axes set. */
const GIVEN = new Set(['workload', 'faults', 'network', 'window', 'images', 'actions']);

/** The view of a folder. @param baseline default the first orchestrator of the plan @returns undefined when nothing but seed and orchestrator is varied. */
export function sweepViewOf(results: Results, baseline?: string): SweepView | undefined {
  const cells = cellsOf(results);
  if (!cells.axes.some((axis) => axis.values.length > 1)) return undefined;
  const found = cells.labels.map((label) => ({ label, orchestrator: cells.cells.find((cell) => cell.label === label)!.orchestrator })).toSorted((a, b) => Number(isReference(a.orchestrator)) - Number(isReference(b.orchestrator)));
  const styles = seriesStyles(found.map((one) => one.orchestrator));
  const paths = axisPaths(results.plan);
  return {
    ...cells,
    axes: cells.axes.filter((axis) => axis.values.length > 1),
    // Levels follow the axes that are left.
    cells: cells.cells.map((cell) => ({ ...cell, levels: cell.levels.filter((_, i) => cells.axes[i]!.values.length > 1) })),
    results,
    series: found.map((one, i) => ({ ...one, style: styles[i]! })),
    baseline: baseline ?? cells.labels[0]!,
    seeds: Math.max(...cells.cells.map((cell) => cell.runs.length)),
    circumstances: cells.axes.flatMap(({ column }) => ((paths.get(column) ?? [column]).every((path) => GIVEN.has(path.split('.')[0]!)) ? [column] : [])),
  };
}

/** Mean of a column over the seeds of a cell. */
export function cellEstimate(cell: Cell, column: string): Estimate | undefined {
  return estimate(cell.runs, { value: (run) => cellValue(run, column) });
}

/** `Mean of 20 seeds, whisker: 95 % interval (Student t)`. */
export function sweepSeedsText(view: SweepView, drawn: string): string {
  const seeds = [...new Set(view.cells.map((cell) => cell.runs.length))].toSorted((a, b) => a - b);
  if (seeds.at(-1) === 1) return 'One run each: no intervals';
  return `Mean of ${seeds.length === 1 ? seeds[0]! : `${seeds[0]!} to ${seeds.at(-1)!}`} seeds${drawn === '' ? '' : `, ${drawn}: 95\u202F% interval (Student t)`}`;
}

function axisPaths(plan: unknown): ReadonlyMap<string, readonly string[]> {
  const axes = plan !== null && typeof plan === 'object' && 'axes' in plan && Array.isArray(plan.axes) ? (plan.axes as { column?: unknown; paths?: unknown }[]) : [];
  return new Map(axes.flatMap(({ column, paths }) => (typeof column === 'string' && Array.isArray(paths) && paths.length > 0 ? [[column, paths.map(String)] as const] : [])));
}
