import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvTable } from './csv-rows.ts';

test('tables are read as csv-parse reads them', () => {
  const cell = fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom('', '"', '""', ',', 'a,b', '0.5', 'x\ny', 'x\r\n', 'größer "1"'));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }).chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { maxLength: 5 })), (rows) => {
      const header = (rows[0] ?? ['']).map((_, i) => `column${i}`);
      const text = stringify([header, ...rows]);
      expect(csvTable(text)).toEqual({ header, rows: parse(text, { columns: true, skip_empty_lines: true }) });
    }),
    { numRuns: 500 },
  );
});

test('what is no table is refused with the words of csv-parse', () => {
  expect(() => csvTable('a,b\n1\n')).toThrow(/Invalid Record Length/);
  expect(() => csvTable('a,b\n1,"2\n')).toThrow(/Quote Not Closed/);
  expect(() => csvTable('a,b\n1,2"3"\n')).toThrow(/Invalid Opening Quote/);
});
