import { expect, test } from 'vitest';
import { columnsOf, OUTPUT_FILES } from './columns.ts';
import { outputsDocument } from './outputs-document.ts';

test('the committed documentation of result files is what the columns say', async () => {
  await expect(outputsDocument()).toMatchFileSnapshot('../../docs/outputs.md');
});

test('columns have unique names, a definition and a unit', () => {
  for (const { file, columns } of OUTPUT_FILES) {
    expect(new Set(columns.map((column) => column.name)).size, file).toBe(columns.length);
    for (const column of columns) {
      expect(column.definition.length, `${file} ${column.name}`).toBeGreaterThan(5);
      expect(column.unit === 'text', `${file} ${column.name}`).toBe(column.decimals === null);
    }
  }
});

test('an unknown file is an error', () => {
  expect(() => columnsOf('run.csv')).toThrow('run.csv');
});
