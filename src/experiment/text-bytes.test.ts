import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnsOf } from '../metrics/columns.ts';
import { formatCell } from '../metrics/format-cell.ts';
import { csvLines } from './csv-lines.ts';
import { run } from './run.ts';
import { type StoredRun, TEXT_TABLES, writeStoredRun } from './stored-run.ts';
import { tinyPlan } from './testing/tiny-run.ts';
import { TextBytes } from './text-bytes.ts';

const text = new TextBytes();

function written(write: (into: TextBytes) => void): string {
  text.clear();
  write(text);
  return Buffer.from(text.bytes).toString('utf8');
}

describe('figures as bytes', () => {
  const figures = fc.oneof(
    fc.double(),
    fc.double({ min: -1, max: 1 }),
    fc.double({ min: -1e7, max: 1e7 }),
    // Half-way between two decimals, where a rounded product would mislead.
    fc.integer({ min: -2_000_000_000, max: 2_000_000_000 }).map((n) => (n + 0.5) / 1e6),
    fc.integer({ min: -2_000_000_000, max: 2_000_000_000 }).map((n) => n / 2000),
    fc.maxSafeInteger(),
  );

  it('are those of the slow way', () => {
    fc.assert(fc.property(figures, fc.constantFrom(0, 2, 6, 9, null), (value, decimals) => written((into) => into.cell(value, decimals)) === formatCell(value, decimals)), { numRuns: 20_000 });
    for (const value of [0, -0, 0.0000005, -0.0000004, 999_999.9999995, 2 ** 42 / 1e6, 1e21, NaN, -Infinity, null]) expect(written((into) => into.cell(value, 6))).toBe(formatCell(value, 6));
  });
});

describe('a run as it is kept', () => {
  const { plan } = tinyPlan();
  const record = run(plan.runs[0]!, plan.inputs);

  it('has the tables as they stand in the result files', () => {
    const named = { ...record, tables: { ...record.tables, timeline: record.tables.timeline.map((row) => row.map((value) => (typeof value === 'string' ? `${value}, "größer" \\ 日本` : value))) } };
    for (const each of [record, named]) {
      const stored = JSON.parse(written((into) => writeStoredRun(each, into))) as StoredRun;
      for (const name of TEXT_TABLES) expect(stored.tables[name]).toBe(csvLines(columnsOf(`${name}.csv`), each.tables[name]));
      expect(stored.row).toEqual(each.tables.runs[0]);
      expect(stored.spec).toEqual(each.spec);
      expect(stored.trail).toEqual(each.trail);
    }
  });
});
