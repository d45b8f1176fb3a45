import { parse } from 'csv-parse/sync';

/** A table as text: what stands in the header, and a row per line, by column name. */
export interface CsvTable {
  readonly header: readonly string[];
  readonly rows: readonly Readonly<Record<string, string>>[];
}

/**
 * Reads a table. As our own files are written, one line per row, a line is split in place: a tenth of what csv-parse takes, which reads everything else, and says what is wrong with it.
 * @throws Error if it is no CSV
 */
export function csvTable(text: string): CsvTable {
  const plain = plainTable(text);
  if (plain !== undefined) return plain;
  let header: readonly string[] = [];
  const rows = parse(text, {
    columns: (names: string[]) => {
      header = names;
      return names;
    },
    bom: true,
    skip_empty_lines: true,
  }) as Record<string, string>[];
  return { header, rows };
}

function plainTable(text: string): CsvTable | undefined {
  if (text.startsWith('\uFEFF') || text.includes('\r')) return undefined;
  const lines = text.split('\n');
  const header = cellsOf(lines[0]!);
  if (header === undefined || header.includes('__proto__')) return undefined;
  const rows: Record<string, string>[] = [];
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i]!;
    if (line === '') continue;
    const cells = cellsOf(line);
    if (cells?.length !== header.length) return undefined;
    const row: Record<string, string> = {};
    for (let k = 0; k < header.length; k++) row[header[k]!] = cells[k]!;
    rows.push(row);
  }
  return { header, rows };
}

/** The cells of a line; undefined = it is not the whole of a row. */
function cellsOf(line: string): readonly string[] | undefined {
  if (!line.includes('"')) return line.split(',');
  const cells: string[] = [];
  for (let at = 0; ; ) {
    let end: number;
    if (line[at] !== '"') {
      end = line.indexOf(',', at);
      if (end < 0) end = line.length;
      const cell = line.slice(at, end);
      if (cell.includes('"')) return undefined;
      cells.push(cell);
    } else {
      let close = line.indexOf('"', at + 1);
      while (close >= 0 && line[close + 1] === '"') close = line.indexOf('"', close + 2);
      end = close + 1;
      if (close < 0 || (end < line.length && line[end] !== ',')) return undefined;
      cells.push(line.slice(at + 1, close).replaceAll('""', '"'));
    }
    if (end === line.length) return cells;
    at = end + 1;
  }
}
