import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';

/** Value of a column in a run. */
export type ValueOf = (cell: { readonly label: string; readonly levels: readonly string[]; readonly seed: number }) => number | string;

/** A result folder made by hand: every combination of labels, values of the axes and seeds, with the columns given. */
export interface SmallResults {
  readonly labels: readonly string[];
  readonly axes?: Readonly<Record<string, readonly string[]>>;
  readonly seeds: readonly number[];
  readonly columns: Readonly<Record<string, ValueOf>>;
  /** What the plan says of the inputs of a seed; default the same for all folders. */
  readonly inputs?: (seed: number) => string;
  readonly model?: string;
}

/** Writes runs.csv, plan.json and manifest.json in the order of a sweep: cells within seeds. */
export function writeSmallResults(folder: string, { labels, axes = {}, seeds, columns, inputs = (seed) => `inputs-${seed}`, model = 'm1' }: SmallResults): void {
  const settings = Object.values(axes).reduce<string[][]>((before, values) => before.flatMap((levels) => values.map((value) => [...levels, value])), [[]]);
  const rows = seeds.flatMap((seed) =>
    settings.flatMap((levels) =>
      labels.map((label) => {
        const setting = Object.keys(axes).map((name, i) => `${name}=${levels[i]!}`);
        const cell = [label, ...setting].join(', ');
        const own = Object.entries(columns).map(([name, of]) => [name, of({ label, levels, seed })]);
        return { run: `${cell}/${seed}`, scenario: 'small', cell, label, orchestrator: label, seed, ...Object.fromEntries(Object.keys(axes).map((name, i) => [name, levels[i]!])), machines: 4, ...Object.fromEntries(own) };
      }),
    ),
  );
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'runs.csv'), stringify(rows, { header: true }));
  const plan = {
    name: 'small',
    question: 'Which is better?',
    axes: [{ column: 'label', paths: ['orchestrators'], values: labels }, ...Object.entries(axes).map(([column, values]) => ({ column, paths: [column], values }))],
    runs: rows.map(({ run, seed }) => ({ id: run, workload: inputs(seed), machines: 'm', faults: inputs(seed), fromUs: 0, toUs: 1 })),
  };
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan));
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ name: 'small', command: ['sweep', 'small.yaml'], versions: { seatrial: '0.1.0', model } }));
}
