import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { judge, readChangeExpectation } from './change-expectation.ts';
import { compareFolders } from './comparison.ts';
import { comparisonData, comparisonMarkdown, comparisonText } from './comparison-text.ts';
import { type SmallResults, writeSmallResults } from './testing/small-results.ts';

const root = mkdtempSync(join(tmpdir(), 'seatrial-compare-'));
afterAll(() => rmSync(root, { recursive: true }));

let count = 0;
function folder(options: Partial<SmallResults>): string {
  const path = join(root, `folder-${(count += 1)}`);
  writeSmallResults(path, { labels: ['kubernetes', 'mesos'], seeds: [1, 2, 3, 4, 5, 6, 7, 8], columns: { usefulCpuShare: ({ seed }) => 0.6 + 0.02 * (seed % 3) }, ...options });
  return path;
}

/** What seeds do to every system alike, and a little that they do to each. */
const shared = (seed: number): number => 0.05 * ((seed * 7) % 5);
const own = (seed: number, salt: number): number => 0.001 * (((seed + salt) * 13) % 7);

describe('two folders', () => {
  test('that are equal are identical in every cell, and nothing was tested', () => {
    const [side] = compareFolders([folder({}), folder({})]).sides;
    expect(side!.contrasts.map(({ cell, verdict, adjusted }) => [cell, verdict, adjusted])).toEqual([['kubernetes', 'identical', NaN], ['mesos', 'identical', NaN]]);
  });

  test('pairs of seeds see a difference that is far smaller than what seeds do, and tell what pairing gave', () => {
    const before = folder({ columns: { usefulCpuShare: ({ seed }) => 0.5 + shared(seed) + own(seed, 0) } });
    const after = folder({ columns: { usefulCpuShare: ({ seed }) => 0.51 + shared(seed) + own(seed, 3) } });
    const [contrast] = compareFolders([before, after]).sides[0]!.contrasts;
    expect(contrast).toMatchObject({ verdict: 'better', pairing: 'same inputs', count: 8, leftOut: 0 });
    expect(contrast!.low).toBeGreaterThan(0.005);
    expect(contrast!.varianceReduction).toBeGreaterThan(0.98);
  });

  test('with other inputs under the same seeds are still paired, but no variance reduction is claimed', () => {
    const columns = { usefulCpuShare: ({ label, seed }: { label: string; seed: number }) => 0.5 + shared(seed) + own(seed, label.length) };
    const [contrast] = compareFolders([folder({ columns }), folder({ columns: { usefulCpuShare: (cell) => columns.usefulCpuShare(cell) + 0.01 }, inputs: (seed) => `other-${seed}` })]).sides[0]!.contrasts;
    expect(contrast).toMatchObject({ pairing: 'same seeds', varianceReduction: NaN, verdict: 'better' });
  });

  test('without a seed in common are compared as independent, which sees less', () => {
    const columns = { usefulCpuShare: ({ seed }: { seed: number }) => 0.5 + shared(seed) };
    const [contrast] = compareFolders([folder({ columns }), folder({ columns: { usefulCpuShare: ({ seed }) => 0.51 + shared(seed) }, seeds: [11, 12, 13, 14] })]).sides[0]!.contrasts;
    expect(contrast).toMatchObject({ pairing: 'independent', verdict: 'no difference seen', count: 4 });
  });

  test('partly with the same seeds: the others are left out and counted', () => {
    const [contrast] = compareFolders([folder({}), folder({ seeds: [7, 8, 9] })]).sides[0]!.contrasts;
    expect(contrast).toMatchObject({ count: 2, leftOut: 7 });
  });

  test('what is chance is no difference: with noise alone, the correction keeps every verdict quiet', () => {
    // A multiplicative hash (Knuth, The Art of Computer Programming 3, section 6.4) of all that tells two runs apart.
    const mixed = (a: number, b: number): number => Math.imul(a ^ Math.imul(b + 1, 0x9e3779b1), 0x85ebca6b) >>> 7;
    const noise = (salt: number) => ({ label, levels, seed }: { label: string; levels: readonly string[]; seed: number }) => 0.5 + (mixed(mixed(mixed(seed, salt), label.length), Number(levels[0])) % 1000) / 10_000;
    const axes = { load: Array.from({ length: 20 }, (_, i) => String(i)) };
    const contrasts = compareFolders([folder({ axes, columns: { usefulCpuShare: noise(1) } }), folder({ axes, columns: { usefulCpuShare: noise(2) } })]).sides[0]!.contrasts;
    expect(contrasts).toHaveLength(40);
    expect(new Set(contrasts.map((one) => one.verdict))).toEqual(new Set(['no difference seen']));
  });

  test('of one seed: equality is told, a difference is not judged', () => {
    const verdicts = (value: number) => compareFolders([folder({ seeds: [1] }), folder({ seeds: [1], columns: { usefulCpuShare: () => value } })]).sides[0]!.contrasts[0]!;
    expect(verdicts(0.62).verdict).toBe('identical');
    expect(verdicts(0.7)).toMatchObject({ verdict: 'not determined', low: NaN });
    expect(verdicts(0.7).difference).toBeCloseTo(0.08, 12);
  });

  test('the same difference in every pair is beyond chance from six pairs on', () => {
    const verdict = (seeds: readonly number[]): string => compareFolders([folder({ seeds }), folder({ seeds, columns: { usefulCpuShare: ({ seed }) => Number((0.61 + 0.02 * (seed % 3)).toFixed(6)) } })]).sides[0]!.contrasts[0]!.verdict;
    expect(verdict([1, 2, 3, 4, 5, 6])).toBe('better');
    expect(verdict([1, 2, 3, 4, 5])).toBe('not determined');
  });

  test('lower bounds: eight pairs that are larger for certain are worse, though nobody knows by how much', () => {
    const before = folder({ columns: { waitP99S: ({ seed }) => 10 + seed } });
    const [sure] = compareFolders([before, folder({ columns: { waitP99S: () => '>3600' } })]).sides[0]!.contrasts;
    expect(sure).toMatchObject({ verdict: 'worse', difference: NaN, after: { value: 3600, atLeast: true } });
    const [unsure] = compareFolders([before, folder({ columns: { waitP99S: ({ seed }) => (seed < 4 ? '>5' : 10 + seed) } })]).sides[0]!.contrasts;
    expect(unsure).toMatchObject({ verdict: 'not determined', difference: NaN });
    const bounds = { columns: { waitP99S: () => '>3600' } };
    expect(compareFolders([folder(bounds), folder(bounds)]).sides[0]!.contrasts[0]!.verdict).toBe('identical');
  });

  test('a measure that only one side has is not determined, one that neither has is no row', () => {
    const columns = { usefulCpuShare: () => 0.5, restoreP50S: ({ label }: { label: string }) => (label === 'mesos' ? '' : 3), detectP50S: () => '' };
    const [side] = compareFolders([folder({ columns }), folder({ columns: { ...columns, restoreP50S: ({ label }) => (label === 'mesos' ? '' : 4), detectP50S: ({ label }) => (label === 'mesos' ? 2 : '') } })]).sides;
    expect(side!.contrasts.map((one) => `${one.cell} ${one.measure.column} ${one.verdict}`)).toEqual(['kubernetes usefulCpuShare identical', 'kubernetes restoreP50S worse', 'mesos usefulCpuShare identical', 'mesos detectP50S not determined']);
  });

  test('that share no cell are refused with the cells of both', () => {
    expect(() => compareFolders([folder({}), folder({ labels: ['swarm'] })])).toThrow(/have no cell in common:\n.*"kubernetes", "mesos"\n.*"swarm"/);
    expect(() => compareFolders([folder({}), folder({ axes: { load: ['1'] } })])).toThrow(/"kubernetes, load=1"/);
    expect(() => compareFolders([folder({}), join(root, 'nowhere')])).toThrow(/nowhere\/runs\.csv: not found/);
  });

  test('of which one has more cells and another version: what is missing and what differs is said', () => {
    const comparison = compareFolders([folder({}), folder({ labels: ['mesos', 'swarm'], model: 'm2' })]);
    expect(comparison.sides[0]).toMatchObject({ onlyInBaseline: ['kubernetes'], onlyHere: ['swarm'] });
    expect(comparisonText(comparison, { all: false })).toMatch(/different versions: .* 0\.1\.0, model m1; .* 0\.1\.0, model m2/);
  });

  test('whose runs are missing, or the same record by record, are said to be so', () => {
    const columns = { usefulCpuShare: () => 0.5, digest: ({ label, seed }: { label: string; seed: number }) => `d${label}${seed}` };
    const [a, b] = [folder({ columns }), folder({ columns: { ...columns, digest: ({ label, seed }) => `d${label}${seed === 8 ? 'x' : seed}` } })];
    expect(compareFolders([a, a]).notes).toEqual([`${a}: 16 of 16 runs have the digest that they have in ${a}: the same, record by record.`]);
    const lines = readFileSync(join(b, 'runs.csv'), 'utf8').split('\n');
    writeFileSync(join(b, 'runs.csv'), lines.toSpliced(1, 1).join('\n'));
    expect(compareFolders([a, b]).notes).toEqual([`${b} holds 15 of 16 planned runs.`, `${b}: 13 of 15 runs have the digest that they have in ${a}.`]);
  });

  test('of an older version, with the label under `cell` and axes apart, are aligned with those of today', () => {
    const today = folder({ axes: { load: ['1'] } });
    const older = folder({ axes: { load: ['1'] } });
    const [header = '', ...lines] = readFileSync(join(older, 'runs.csv'), 'utf8').trim().split('\n');
    const old = [header.replace('cell,label,', 'cell,'), ...lines.map((line) => line.replace(/"(\w+), load=1",\1,/, '$1,'))];
    writeFileSync(join(older, 'runs.csv'), `${old.join('\n')}\n`);
    expect(old[1]).toMatch(/small,kubernetes,kubernetes,1,1,4,/);
    expect(compareFolders([older, today]).sides[0]!.contrasts.map(({ cell, verdict }) => [cell, verdict])).toEqual([['kubernetes, load=1', 'identical'], ['mesos, load=1', 'identical']]);
  });
});

describe('no seed in common', () => {
  test('all runs of both sides alike are identical; constants that differ are not judged by chance', () => {
    const side = (refused: number, seeds: readonly number[]): string => folder({ seeds, labels: ['mesos'], columns: { refused: () => refused } });
    const verdictOf = (before: string, after: string): string => compareFolders([before, after]).sides[0]!.contrasts[0]!.verdict;
    expect(verdictOf(side(0, [1, 2, 3]), side(0, [4, 5, 6]))).toBe('identical');
    expect(verdictOf(side(0, [1, 2, 3]), side(2, [4, 5, 6]))).toBe('not determined');
  });
});

describe('one folder', () => {
  const path = folder({ axes: { load: ['1', '2'] }, columns: { usefulCpuShare: ({ label, seed }) => (label === 'mesos' ? 0.6 : 0.5) + shared(seed) + own(seed, label.length) } });

  test('its orchestrators are compared with the first, or the one named, under equal values of the axes', () => {
    const comparison = compareFolders([path]);
    expect(comparison.sides.map((side) => [side.name, ...side.contrasts.map((one) => `${one.cell}: ${one.verdict}`)])).toEqual([['mesos', 'mesos, load=1: better', 'mesos, load=2: better']]);
    expect(compareFolders([path], { baseline: 'mesos' }).sides[0]!.contrasts.map((one) => one.verdict)).toEqual(['worse', 'worse']);
  });

  test('an unknown baseline, a lone orchestrator and a baseline among folders are explained', () => {
    expect(() => compareFolders([path], { baseline: 'swarm' })).toThrow(/no orchestrator 'swarm' to compare with; there are: kubernetes, mesos/);
    expect(() => compareFolders([folder({ labels: ['mesos'] })])).toThrow(/expected a second one, or a second folder/);
    expect(() => compareFolders([path, path], { baseline: 'mesos' })).toThrow(/of several folders the first/);
  });
});

describe('the table', () => {
  const before = folder({ columns: { usefulCpuShare: ({ seed }) => 0.5 + shared(seed) + own(seed, 0), waitP99S: () => 3 } });
  const after = folder({ columns: { usefulCpuShare: ({ seed, label }) => (label === 'mesos' ? 0.5 : 0.52) + shared(seed) + own(seed, label === 'mesos' ? 0 : 3), waitP99S: () => 3 } });
  const comparison = compareFolders([before, after]);

  test('shows what differs, counts the rest, and is the same text each time', () => {
    const text = comparisonText(comparison, { all: false });
    expect(text).toMatch(/kubernetes +useful CPU +61\.\d % +62\.\d % +\+2\.0 pp \(\+1\.\d pp to \+2\.\d pp\) +\+3\.\d % +<0\.0001 +better/);
    expect(text).not.toContain('wait p99');
    expect(text).toContain('4 comparisons: better 1, identical 3. Not shown: 3 without a difference (--all shows every row).');
    expect(text).toMatch(/That took away 99\.\d+ % of the variance/);
    expect(comparisonText(compareFolders([before, after]), { all: false })).toBe(text);
    expect(comparisonText(comparison, { all: true })).toContain('wait p99');
  });

  test('is Markdown for pull requests', () => {
    const text = comparisonMarkdown(comparison, { all: false });
    expect(text).toContain('| cell | measure | before |');
    expect(text).toContain('|---|---|---:|');
    expect(text).toMatch(/\| kubernetes \| useful CPU \|.*\*\*better\*\* \|/);
  });

  test('is data without rounding', () => {
    const data = JSON.parse(JSON.stringify(comparisonData(comparison))) as { sides: { contrasts: { column: string; verdict: string; pHolm: number | null; difference: number }[] }[] };
    const [first] = data.sides[0]!.contrasts;
    expect(first).toMatchObject({ column: 'usefulCpuShare', verdict: 'better' });
    expect(first!.difference).toBeCloseTo(0.02, 2);
  });
});

describe('expectations', () => {
  test('are read in both units, with and without a label', () => {
    expect(readChangeExpectation('waitP99S<=+5%')).toEqual({ text: 'waitP99S<=+5%', label: undefined, column: 'waitP99S', operator: '<=', limit: 0.05, relative: true });
    expect(readChangeExpectation('reference/fifo: usefulCpuShare >= -0.002')).toMatchObject({ label: 'reference/fifo', column: 'usefulCpuShare', operator: '>=', limit: -0.002, relative: false });
    for (const text of ['waitP99S', 'waitP99S=5%', 'waitP99S<=five', '<=5%']) expect(readChangeExpectation(text)).toBeUndefined();
  });

  test('hold where the whole interval keeps the limit, fail where none of it does, and are open between', () => {
    const wave = (seed: number): number => (seed % 2 === 0 ? 1 : -1);
    const comparison = compareFolders([folder({ columns: { waitP99S: () => 100 } }), folder({ columns: { waitP99S: ({ seed }) => 104 + 2 * wave(seed) } })]);
    // 104 with an interval of about 102.2 to 105.8.
    const outcomes = (text: string): string[] => judge(comparison, [readChangeExpectation(text)!]).map((one) => one.outcome);
    expect(outcomes('waitP99S<=10%')).toEqual(['met', 'met']);
    expect(outcomes('waitP99S<=5%')).toEqual(['open', 'open']);
    expect(outcomes('waitP99S<=1%')).toEqual(['violated', 'violated']);
    expect(outcomes('waitP99S<=10')).toEqual(['met', 'met']);
    expect(outcomes('waitP99S>=0')).toEqual(['met', 'met']);
    expect(outcomes('mesos:waitP99S<1')).toEqual(['violated']);
    expect(outcomes('mesos:usefulCpuShare<1')).toEqual([]);
  });

  test('equal bounds are no change; an unknown size is open', () => {
    const bounds = folder({ columns: { waitP99S: () => '>60' } });
    const outcome = (after: string): string => judge(compareFolders([bounds, after]), [readChangeExpectation('waitP99S<=5%')!])[0]!.outcome;
    expect(outcome(folder({ columns: { waitP99S: () => '>60' } }))).toBe('met');
    expect(outcome(folder({ columns: { waitP99S: () => '>70' } }))).toBe('open');
  });

  test('a bound on one side decides where it leaves no doubt: far above a known value is a violation, far below a bound is kept', () => {
    const known = folder({ columns: { waitP99S: ({ seed }) => 100 + seed } });
    const bounds = folder({ columns: { waitP99S: ({ seed }) => (seed === 1 ? 3500 : '>3600') } });
    const outcome = (before: string, after: string, text: string): string => judge(compareFolders([before, after]), [readChangeExpectation(text)!])[0]!.outcome;
    expect(outcome(known, bounds, 'waitP99S<=5%')).toBe('violated');
    expect(outcome(known, bounds, 'waitP99S<=3000')).toBe('violated');
    expect(outcome(known, bounds, 'waitP99S>=5%')).toBe('met');
    expect(outcome(known, bounds, 'waitP99S<=5000')).toBe('open');
    expect(outcome(bounds, known, 'waitP99S<=-90%')).toBe('met');
    expect(outcome(bounds, known, 'waitP99S>=0')).toBe('violated');
    expect(outcome(bounds, known, 'waitP99S>=-5000')).toBe('open');
  });

  test('a cell that is gone is open, not kept', () => {
    const judged = judge(compareFolders([folder({ columns: { waitP99S: () => 3 } }), folder({ labels: ['mesos'], columns: { waitP99S: () => 3 } })]), [readChangeExpectation('waitP99S<=5%')!]);
    expect(judged.map(({ cell, outcome, missing }) => [cell, outcome, missing])).toEqual([['mesos', 'met', false], ['kubernetes', 'open', true]]);
  });
});
