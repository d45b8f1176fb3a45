import type { Comparison, Scenario } from '../scenario/schema.ts';
import { columnsOf } from '../metrics/columns.ts';
import type { MergedRun } from './merge.ts';
import type { CellValue } from './run-record.ts';

/** An expectation of the scenario that a run does not meet. */
export interface Unmet {
  readonly run: string;
  readonly cell: string;
  readonly seed: number;
  readonly column: string;
  readonly expected: string;
  readonly got: CellValue;
}

/** Compares a run's row in runs.csv with what the scenario expects of every run. */
export function unmetExpectations(expect: Scenario['expect'], { spec, row }: MergedRun): Unmet[] {
  const columns = columnsOf('runs.csv').map((column) => column.name);
  return Object.entries(expect).flatMap(([column, condition]) => {
    const cell = (name: string): CellValue => row[columns.indexOf(name)] ?? null;
    const got = cell(column);
    if (condition.where !== undefined && !meets(cell(condition.where.column), condition.where)) return [];
    if (meets(got, condition)) return [];
    return [{ run: spec.id, cell: spec.cell, seed: spec.seed, column, expected: `${condition.operator} ${condition.value}`, got }];
  });
}

/** Whether a cell meets a condition. An undefined cell meets none; of a censored one (`>3600`) only what its bound proves. */
export function meets(cell: CellValue, { operator, value }: Comparison): boolean {
  if (typeof cell === 'string') {
    const bound = /^>(\d+(?:\.\d+)?)$/.exec(cell);
    return bound !== null && (operator === '>' || operator === '>=' || operator === '!=') && Number(bound[1]) >= value;
  }
  if (cell === null) return false;
  switch (operator) {
    case '>=':
      return cell >= value;
    case '<=':
      return cell <= value;
    case '>':
      return cell > value;
    case '<':
      return cell < value;
    case '==':
      return cell === value;
    case '!=':
      return cell !== value;
  }
}
