import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CsvRow } from './results.ts';
import { summaryTable, summaryTableOf } from './summary-table.ts';
import { writeFixtureResults } from './testing/fixture-results.ts';

function run(cell: string, seed: number, usefulCpuShare: number, more: CsvRow = {}): CsvRow {
  return { run: `${cell}${seed}`, cell, orchestrator: cell, seed: String(seed), machines: '4', submitted: '90', rejected: '10', finished: '60', cancelled: '20', refused: '3', waitP50S: '12.5', waitP99S: '>3600', restoreP50S: '95', detectP50S: '40', eventCount: '1234567', digest: 'aa', ...more, usefulCpuShare: String(usefulCpuShare) };
}

test('columns are aligned and one run shows its digest and says that it is one', () => {
  expect(summaryTable([run('mesos', 7, 0.5), run('reference/fifo', 7, 0.613, { waitP50S: '', digest: 'bb' })]).split('\n')).toEqual([
    '                useful CPU  wait p50  wait p99  finished  refused  rejected  detect p50  restore p50     events  digest',
    'mesos               50.0 %    12.5 s      >1 h    80.0 %        3        10        40 s   1 min 35 s  1 234 567      aa',
    'reference/fifo      61.3 %         -      >1 h    80.0 %        3        10        40 s   1 min 35 s  1 234 567      bb',
    'One run each, seed 7: differences may be chance.',
  ]);
});

test('the best of several seeds is marked only where its interval overlaps no other system', () => {
  const clear = summaryTable([run('a', 1, 0.5), run('a', 2, 0.502), run('b', 1, 0.6), run('b', 2, 0.602), run('reference/fifo', 1, 0.9), run('reference/fifo', 2, 0.9)]);
  const lines = clear.split('\n');
  expect(lines.find((line) => line.startsWith('b'))).toContain('60.1 ± 1.3 %*');
  expect(lines.filter((line) => line.includes('*'))).toHaveLength(2);
  const overlapping = summaryTable([run('a', 1, 0.5), run('a', 2, 0.58), run('b', 1, 0.6), run('b', 2, 0.602)]);
  expect(overlapping).not.toContain('*');
});

test('a lower bound in one seed makes the mean a lower bound, without interval and without mark', () => {
  const table = summaryTable([run('a', 1, 0.5, { waitP50S: '10' }), run('a', 2, 0.5, { waitP50S: '>20' }), run('b', 1, 0.5, { waitP50S: '900' }), run('b', 2, 0.5, { waitP50S: '901' })]);
  expect(table).toContain('>15 s ');
  expect(table).not.toContain('*');
});

test('columns without any value are left out', () => {
  expect(summaryTable([run('a', 1, 0.5, { detectP50S: '', restoreP50S: '' })])).not.toMatch(/detect|restore|GPU/);
});

test('values are compared within one setting of the swept parameters only', () => {
  const at = (load: string, cell: string, seed: number, useful: number): CsvRow => {
    const { run: id, cell: label, orchestrator, seed: number, ...rest } = run(cell, seed, useful);
    return { run: id!, cell: label!, orchestrator: orchestrator!, seed: number!, load, ...rest };
  };
  const table = summaryTable([at('0.5', 'a', 1, 0.4), at('0.5', 'a', 2, 0.4), at('0.5', 'b', 1, 0.3), at('0.5', 'b', 2, 0.3), at('0.9', 'a', 1, 0.7), at('0.9', 'a', 2, 0.7), at('0.9', 'b', 1, 0.8), at('0.9', 'b', 2, 0.8)]);
  const marked = table.split('\n').slice(0, -1).filter((line) => line.includes('*')).map((line) => line.split('  ')[0]);
  expect(marked).toEqual(['a, load=0.5', 'b, load=0.9']);
});

test('reads a result folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'seatrial-summary-'));
  writeFixtureResults(folder, { seeds: [5] });
  expect(summaryTableOf(folder)).toMatch(/kubernetes +60\.7 %/);
  rmSync(folder, { recursive: true });
});
