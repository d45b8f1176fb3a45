import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CsvRows } from './csv-rows.ts';
import { traceFolder } from './testing/trace-folder.ts';

function read(content: string | Uint8Array, name = 'rows.csv'): { line: number; fields: string[] }[] {
  const rows = new CsvRows(traceFolder().file(name, content));
  try {
    const result: { line: number; fields: string[] }[] = [];
    while (rows.next()) result.push({ line: rows.line, fields: Array.from({ length: rows.count }, (_, i) => rows.text(i)) });
    return result;
  } finally {
    rows.close();
  }
}

const fieldsOf = (content: string | Uint8Array, name?: string): string[][] => read(content, name).map(({ fields }) => fields);

describe('rows of a CSV file', () => {
  it('are split at commas, with either line end, with or without one at the end of the file', () => {
    expect(fieldsOf('a,b\n1,2\n')).toEqual([['a', 'b'], ['1', '2']]);
    expect(fieldsOf('a,b\r\n1,2\r\n')).toEqual([['a', 'b'], ['1', '2']]);
    expect(fieldsOf('a,b\n1,')).toEqual([['a', 'b'], ['1', '']]);
    expect(fieldsOf('')).toEqual([]);
  });

  it('keep their line numbers over blank lines and line ends inside quotes', () => {
    expect(read('a\n\n"x\ny"\nz\n')).toEqual([
      { line: 1, fields: ['a'] },
      { line: 3, fields: ['x\ny'] },
      { line: 5, fields: ['z'] },
    ]);
  });

  it('may be quoted, with quotes written twice', () => {
    expect(fieldsOf('"a,b","say ""so""",""\n')).toEqual([['a,b', 'say "so"', '']]);
  });

  it('may begin with a byte order mark and hold any UTF-8', () => {
    expect(fieldsOf('\ufeffnaïve,日本\n')).toEqual([['naïve', '日本']]);
  });

  it('come out of any fields whatever the sizes, plain and from gzip', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 12 }).map((value) => value.replaceAll('\u0000', '0'));
    const rows = fc.array(fc.array(text, { minLength: 2, maxLength: 4 }), { maxLength: 8 });
    fc.assert(
      fc.property(rows, fc.boolean(), (expected, gzip) => {
        const content = expected.map((row) => row.map((field) => `"${field.replaceAll('"', '""')}"`).join(',')).join('\n');
        const bytes = Buffer.from(content);
        expect(fieldsOf(gzip ? gzipSync(bytes) : bytes, gzip ? 'rows.csv.gz' : 'rows.csv')).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('are whole where they cross the blocks in which the file is read', () => {
    const lines = Array.from({ length: 60_000 }, (_, i) => `row-${i},"quoted ""${i}""",${'x'.repeat(i % 40)}`);
    const content = Buffer.from(lines.join('\n'));
    expect(content.length).toBeGreaterThan(2 << 20);
    for (const bytes of [content, gzipSync(content)]) {
      const rows = new CsvRows(traceFolder().file('long.csv', bytes));
      let i = 0;
      for (; rows.next(); i++) {
        if (rows.text(0) !== `row-${i}` || rows.text(1) !== `quoted "${i}"` || rows.text(2).length !== i % 40 || rows.line !== i + 1) throw new Error(`row ${i} is wrong`);
      }
      rows.close();
      expect(i).toBe(lines.length);
    }
  });

  it('are read from concatenated gzip members', () => {
    expect(fieldsOf(Buffer.concat([gzipSync('a,b\n'), gzipSync('c,d\n')]), 'two.csv.gz')).toEqual([['a', 'b'], ['c', 'd']]);
  });
});

describe('a file that cannot be read as CSV', () => {
  it('is named when it does not exist or is a folder', () => {
    const folder = traceFolder();
    expect(() => new CsvRows({ path: `${folder.path}/absent.csv`, label: 'absent.csv' })).toThrow(/^absent\.csv: the file does not exist/);
    expect(() => new CsvRows({ path: folder.path, label: 'folder' })).toThrow(/^folder: is a folder/);
  });

  it('says when gzip is truncated, whatever the place', () => {
    const whole = gzipSync(Array.from({ length: 5000 }, (_, i) => `${i},${(i * 7919) % 10007}`).join('\n'));
    for (const length of [whole.length - 1, whole.length - 9, whole.length >> 1, 12]) {
      expect(() => read(whole.subarray(0, length), 'cut.csv.gz')).toThrow(/^cut\.csv\.gz: the gzip file is truncated/);
    }
  });

  it('says when gzip is damaged, or is none', () => {
    const damaged = Buffer.from(gzipSync('a,b\n'.repeat(1000)));
    damaged[20]! ^= 0xff;
    expect(() => read(damaged, 'bad.csv.gz')).toThrow(/^bad\.csv\.gz: the gzip file is damaged/);
    expect(() => read('a,b\n', 'plain.csv.gz')).toThrow(/^plain\.csv\.gz: is not a gzip file/);
  });

  it('names line and column of bytes that are not UTF-8', () => {
    expect(() => read(Buffer.from([0x61, 0x0a, 0x62, 0x2c, 0xe9, 0x0a]))).toThrow(/^rows\.csv:2:3: not UTF-8; expected text in UTF-8/);
    expect(() => read(Buffer.from('a,b\n', 'utf16le'))).toThrow(/^rows\.csv:1: holds a zero byte/);
  });

  it('names the line of a quote that is not closed', () => {
    expect(() => read('a\n"b\nc\n')).toThrow(/^rows\.csv:2: a quoted field is not closed/);
    expect(() => read('a\n"b"c\n')).toThrow(/^rows\.csv:2: text follows a closing quote/);
  });
});
