import type { CsvRow, Results } from './results.ts';

/** Something besides seed and orchestrator that the runs differ in: a column of runs.csv. */
export interface Axis {
  readonly column: string;
  /** In the order of the plan. */
  readonly values: readonly string[];
}

/** All seeds of one combination of orchestrator and values of the axes. */
export interface Cell {
  /** `kubernetes, mtbf=50h, size=100`: the same in every folder that varies the same things. */
  readonly name: string;
  /** Label of the orchestrator in the scenario. */
  readonly label: string;
  readonly orchestrator: string;
  /** Value per axis, in the order of the axes; empty where the axis is about the options of another orchestrator. */
  readonly levels: readonly string[];
  /** Rows of runs.csv, one per seed. */
  readonly runs: readonly CsvRow[];
}

/** The cells of a result folder in the order of the plan. */
export interface Cells {
  readonly axes: readonly Axis[];
  readonly labels: readonly string[];
  readonly cells: readonly Cell[];
}

/** Label of the orchestrator of a run; folders of older versions have it under `cell`. */
export function labelOf(run: CsvRow): string {
  return run['label'] ?? run['cell']!;
}

/** The values of swept parameters as text: `mtbf=50h, size=100`; those that do not apply are left out. */
export function settingOf(run: CsvRow, parameters: readonly string[]): string {
  return parameters.flatMap((name) => (run[name] === '' ? [] : [`${name}=${run[name]!}`])).join(', ');
}

/** Groups the runs of a folder by everything but the seed. */
export function cellsOf(results: Pick<Results, 'runs' | 'parameters' | 'plan'>): Cells {
  const { runs, parameters } = results;
  const planned = plannedValues(results.plan);
  const axes = parameters.map((column): Axis => {
    const found = [...new Set(runs.map((run) => run[column]!))].filter((value) => value !== '');
    const order = planned.get(column) ?? [];
    return { column, values: [...order.filter((value) => found.includes(value)), ...found.filter((value) => !order.includes(value))] };
  });
  const groups = Map.groupBy(runs, (run) => [labelOf(run), settingOf(run, parameters)].filter((part) => part !== '').join(', '));
  const cells = [...groups].map(([name, own]): Cell => ({ name, label: labelOf(own[0]!), orchestrator: own[0]!['orchestrator']!, levels: parameters.map((column) => own[0]![column]!), runs: own }));
  return { axes, labels: [...new Set(cells.map((cell) => cell.label))], cells };
}

/** The cell that another is to be compared with: the same values of all axes that both have, under the label of the baseline. */
export function baselineOf({ cells }: Cells, cell: Cell, baseline: string): Cell | undefined {
  return cells.find((other) => other.label === baseline && other.levels.every((level, i) => level === '' || cell.levels[i] === '' || level === cell.levels[i]));
}

/** Values of the axes in the order in which the plan has them. */
function plannedValues(plan: unknown): ReadonlyMap<string, readonly string[]> {
  const axes = plan !== null && typeof plan === 'object' && 'axes' in plan && Array.isArray(plan.axes) ? (plan.axes as { column?: unknown; values?: unknown }[]) : [];
  return new Map(axes.flatMap(({ column, values }) => (typeof column === 'string' && Array.isArray(values) ? [[column, values.map(String)] as const] : [])));
}
