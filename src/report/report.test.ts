import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { VegaLiteSpec } from './charts/chart.ts';
import { page } from './page.ts';
import { render } from './render.ts';
import { report } from './report.ts';
import { readResults } from './results.ts';
import { slicesOf } from './slices.ts';
import { type FixtureOptions, writeFixtureResults } from './testing/fixture-results.ts';

const root = mkdtempSync(join(tmpdir(), 'seatrial-report-'));
afterAll(() => rmSync(root, { recursive: true }));

let count = 0;
function fixture(options: FixtureOptions = {}): string {
  count += 1;
  const folder = join(root, `results-${count}`);
  writeFixtureResults(folder, options);
  return folder;
}

function read(folder: string, file: string): string {
  return readFileSync(join(folder, file), 'utf8');
}

function hashes(folder: string, files: readonly string[]): Map<string, string> {
  return new Map(files.map((file) => [file, createHash('sha256').update(readFileSync(join(folder, file))).digest('hex')]));
}

const FULL = ['utilization', 'gpu-utilization', 'pending', 'wait-distribution', 'recovery', 'capacity', 'gpu-capacity'];

describe('a report on three systems and an ideal, two seeds, 20 failures each', () => {
  let folder: string;
  let files: readonly string[];
  let page: string;
  beforeAll(async () => {
    folder = fixture();
    ({ files } = await report(folder));
    page = read(folder, 'report.html');
  });

  test('consists of specification, vector graphic and picture of every chart, and the page', () => {
    expect(files).toEqual([...FULL.flatMap((name) => ['vl.json', 'svg', 'png'].map((type) => `charts/${name}.${type}`)), 'aggregate.csv', 'steady.csv', 'summary.md', 'report.html']);
    expect(files.every((file) => existsSync(join(folder, file)))).toBe(true);
  });

  test('has the same bytes again, in the same process and from a copy of the results elsewhere', async () => {
    const before = hashes(folder, files);
    await report(folder);
    expect(hashes(folder, files)).toEqual(before);
    const copy = fixture();
    await report(copy);
    expect(hashes(copy, files)).toEqual(before);
  });

  test('says question, answer, threats and how to reproduce, in this order', () => {
    const places = ['Which system does the most useful work', 'Of all CPU, kubernetes put', 'id="summary"', 'id="utilization"', 'id="threats"', 'id="reproduce"', "seatrial run scenarios/three-way.yaml --seeds 1..2 --set 'name=a b'", 'versions.node', '9f8e7d6c5b4a3921'].map((text) => page.indexOf(text));
    expect(places.every((place) => place > 0)).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(page).toContain('<code>kubernetes: apiserver.profile = default-qps</code>');
    expect(page).toContain('kubernetes: Kubernetes 1.34');
  });

  test('the page stays far below 2 MB and names no address outside', () => {
    expect(statSync(join(folder, 'report.html')).size).toBeLessThan(500_000);
    // Names of XML vocabularies are no addresses: nothing is loaded from there.
    const addresses = (page.match(/\b(?:https?|ftp):\/\/[^\s"'<)]*/g) ?? []).filter((address) => !/^http:\/\/www\.w3\.org\/(?:2000\/svg|1999\/xlink)$/.test(address));
    expect(addresses).toEqual([]);
    expect(page).not.toMatch(/(?:src|href)="\/\//);
    expect(page).not.toMatch(/<script/i);
  });

  test('every chart of the page has a text alternative with numbers, a table and links to its files', () => {
    const figures = page.match(/<figure[\s\S]*?<\/figure>/g) ?? [];
    expect(figures).toHaveLength(FULL.length);
    for (const [i, figure] of figures.entries()) {
      const label = /<svg role="img" aria-label="([^"]+)"/.exec(figure)?.[1] ?? '';
      expect(label.length).toBeGreaterThan(100);
      for (const name of ['swarm-classic', 'mesos', 'kubernetes', 'reference/fifo']) expect(label).toContain(name);
      expect(label).toMatch(/\d/);
      expect(figure).toContain('<table>');
      for (const type of ['svg', 'png', 'vl.json']) expect(figure).toContain(`href="charts/${FULL[i]!}.${type}"`);
    }
  });

  test('identifiers in the page are unique and every reference has its target', () => {
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]!);
    expect(new Set(ids).size).toBe(ids.length);
    const targets = [...page.matchAll(/url\(#([^)]+)\)|href="#([^"]+)"|aria-labelledby="([^"]+)"/g)].map((match) => match[1] ?? match[2] ?? match[3]!);
    expect(targets.length).toBeGreaterThan(0);
    expect(targets.filter((target) => !ids.includes(target))).toEqual([]);
  });

  test('colours go by orchestrator, in every chart with lines', () => {
    for (const name of ['utilization', 'gpu-utilization', 'pending', 'wait-distribution']) {
      const scales = [...JSON.stringify(JSON.parse(read(folder, `charts/${name}.vl.json`))).matchAll(/"color":\{"field":"series".*?"scale":(\{.*?\})/g)].map((match) => JSON.parse(match[1]!) as { domain: string[]; range: string[] });
      expect(scales.length).toBeGreaterThan(0);
      for (const { domain, range } of scales) expect(Object.fromEntries(domain.map((label, i) => [label, range[i]]))).toEqual({ 'swarm-classic': '#009E73', mesos: '#D55E00', kubernetes: '#0072B2', 'reference/fifo': '#767676' });
    }
  });

  test('no text in a drawing is smaller than 11 pixels, and all charts are 640 wide', () => {
    for (const name of FULL) {
      const svg = read(folder, `charts/${name}.svg`);
      const sizes = [...svg.matchAll(/font-size="([\d.]+)(?:px)?"/g)].map((match) => Number(match[1]));
      expect(Math.min(...sizes)).toBeGreaterThanOrEqual(11);
      expect(Number(/<svg [^>]*width="([\d.]+)"/.exec(svg)![1])).toBe(640);
    }
  });

  test('a vector graphic carries its font and its description, a picture is twice the nominal size', () => {
    for (const name of FULL) {
      const svg = read(folder, `charts/${name}.svg`);
      expect(svg).toContain('@font-face{font-family:Inter;src:url(data:font/woff2;base64,');
      expect(svg).toMatch(/<desc>[^<]{100,}<\/desc>/);
      const png = readFileSync(join(folder, 'charts', `${name}.png`));
      expect(png.subarray(1, 4).toString('latin1')).toBe('PNG');
      expect(png.readUInt32BE(16)).toBe(1280);
    }
  });

  test('a picture holds text: another title is another picture', async () => {
    const spec = JSON.parse(read(folder, 'charts/capacity.vl.json')) as { title: { text: string[] } };
    expect(spec.title.text).toEqual(['Where the CPU of all machines went']);
    const same = await render(spec as unknown as VegaLiteSpec);
    expect(Buffer.compare(await same.png, readFileSync(join(folder, 'charts', 'capacity.png')))).toBe(0);
    const other = await render({ ...spec, title: { ...spec.title, text: ['Where the CPU of all machines went?'] } });
    expect(Buffer.compare(await same.png, await other.png)).not.toBe(0);
  });

  test('charts that an earlier report left are replaced', async () => {
    const other = fixture();
    await report(other);
    for (const name of ['recoveries.csv', 'timeline.csv']) unlinkSync(join(other, name));
    writeFileSync(join(other, 'charts', 'notes.txt'), 'mine');
    const after = await report(other);
    expect(readdirSync(join(other, 'charts')).toSorted()).toEqual([...after.files.filter((file) => file.startsWith('charts/')).map((file) => file.slice(7)), 'notes.txt'].toSorted());
    expect(after.files).not.toContain('charts/recovery.svg');
  });
});

test('one run marks nothing as best and says so, with its seed, on every chart', async () => {
  const folder = fixture({ seeds: [7] });
  await report(folder);
  const page = read(folder, 'report.html');
  expect(page).not.toContain('class="best"');
  expect(page).toContain('One run, seed 7; nothing is marked as best.');
  for (const name of FULL) expect(JSON.stringify((JSON.parse(read(folder, `charts/${name}.vl.json`)) as { title: unknown }).title)).toContain('One run, seed 7');
});

test('without failures there is no recovery chart, no mark and no failure list', async () => {
  const folder = fixture({ seeds: [1], faults: 0 });
  const { files } = await report(folder);
  expect(files).not.toContain('charts/recovery.svg');
  expect(read(folder, 'charts/utilization.vl.json')).toContain('No failures.');
  expect(read(folder, 'report.html')).not.toContain('one by one');
});

test('a cluster without GPUs gets no GPU charts', async () => {
  const { files } = await report(fixture({ seeds: [1], gpu: false }));
  expect(files.filter((file) => file.includes('gpu'))).toEqual([]);
});

test('where nothing ever starts, the wait curve stays at 100 % and ends open', async () => {
  const folder = fixture({ seeds: [1], everythingCensored: true });
  await report(folder);
  const spec = JSON.parse(read(folder, 'charts/wait-distribution.vl.json')) as { datasets: { curves: { share: number }[] }; description: string };
  expect(new Set(spec.datasets.curves.map((point) => point.share))).toEqual(new Set([1]));
  expect(spec.description).toContain('kubernetes, fewer than half started, 100.0\u202F% never started');
  expect(read(folder, 'report.html')).toContain('&gt;1\u202Fd');
});

test('recoveries that did not end are drawn open and counted', async () => {
  const folder = fixture({ seeds: [1], nothingRecovers: true });
  await report(folder);
  const spec = JSON.parse(read(folder, 'charts/recovery.vl.json')) as { data: { values: { series: string; failure: string; phase: string }[] }; description: string };
  const open = spec.data.values.filter((segment) => segment.phase === 'not restored by the end');
  const failures = new Set(spec.data.values.map((segment) => segment.failure));
  expect(failures.size).toBeGreaterThan(10);
  expect(open.length).toBe(4 * failures.size);
  expect(spec.data.values.filter((segment) => segment.phase === 'restore')).toEqual([]);
  expect(spec.data.values.filter((segment) => 'arrow' in segment)).toHaveLength(open.length);
  expect(spec.description).toContain(`restore not within the run; ${failures.size} not restored by the end`);
});

test('many failures are shown as medians with the number restored', async () => {
  const folder = fixture({ seeds: [1, 2, 3], faults: 20 });
  await report(folder);
  const spec = read(folder, 'charts/recovery.vl.json');
  expect(spec).toMatch(/\d+ of \d+ restored/);
  // Lengths of stacked phases can be compared on a linear axis alone.
  expect(spec).not.toContain('"log"');
});

test('a failure has the same number in the charts, in the rows of the recovery chart and in the list', async () => {
  const folder = fixture({ seeds: [3], faults: 20 });
  await report(folder);
  const rows = (JSON.parse(read(folder, 'charts/recovery.vl.json')) as { data: { values: { failure: string }[] } }).data.values.map((segment) => segment.failure);
  const page = read(folder, 'report.html');
  expect(new Set(rows).size).toBeGreaterThan(10);
  for (const row of new Set(rows)) {
    const [, number, name] = /^(\d+) (.*)$/.exec(row)!;
    expect(page).toContain(`<tr><th scope="row">${number!}</th><td>${name!}</td>`);
  }
});

test('a swept parameter gives one set of charts per value, one sentence each, and rows of its own in the summary', { timeout: 60_000 }, async () => {
  const folder = fixture({ seeds: [1, 2], loads: [0.7, 0.9] });
  const { files } = await report(folder);
  expect(files).toContain('charts/utilization-1.svg');
  expect(files).toContain('charts/utilization-2.svg');
  const page = read(folder, 'report.html');
  // One sentence on the whole, and one per value.
  expect(page.match(/class="answer"/g)).toHaveLength(3);
  expect(page).toContain('<th scope="row">mesos, load=0.9</th>');
  expect(read(folder, 'charts/utilization-2.vl.json')).toContain('over time (load=0.9)');
});

test('a page with many drawings stays below 2 MB: what does not fit is linked, with its numbers', () => {
  const results = readResults(fixture({ seeds: [1], gridPoints: 10 }));
  const slices = slicesOf(results);
  const chart = { spec: {}, title: 'Large', description: 'Twenty drawings.', table: { columns: ['', 'value'], rows: [['a', '1']] } };
  const svg = `<svg xmlns="http://www.w3.org/2000/svg">${'<path d="M0,0"/>'.repeat(10_000)}</svg>`;
  const charts = Array.from({ length: 20 }, (_, i) => ({ name: `large-${i}`, slice: slices[0]!, chart, svg }));
  const text = page({ results, slices, charts, fidelityPage: undefined });
  expect(Buffer.byteLength(text)).toBeLessThan(2_000_000);
  expect(text.match(/<svg role="img"/g)).toHaveLength(8);
  expect(text.match(/<a href="charts\/large-\d+\.svg">Large<\/a>/g)).toHaveLength(12);
  expect(text.match(/<table>\s*<caption>Large/g)).toHaveLength(20);
});

test('text of results cannot become markup of the page', async () => {
  const folder = fixture({ seeds: [1], cells: [['<b onclick="x">&', 'mine'], ['mesos', 'mesos']] });
  writeFileSync(join(folder, 'plan.json'), JSON.stringify({ question: 'Is <script>alert(1)</script> "safe" & sound?' }));
  await report(folder);
  const page = read(folder, 'report.html');
  expect(page).toContain('Is &lt;script&gt;alert(1)&lt;/script&gt;');
  expect(page).not.toMatch(/<script|<b onclick/);
});

test('only runs.csv is needed: charts without data are left out, and the page says what is missing', async () => {
  const folder = fixture({ seeds: [1] });
  for (const file of ['timeline.csv', 'waits.csv', 'recoveries.csv', 'translations.csv', 'failures.csv', 'plan.json', 'manifest.json']) unlinkSync(join(folder, file));
  const { files } = await report(folder);
  expect(files.filter((file) => file.endsWith('.svg'))).toEqual(['charts/capacity.svg', 'charts/gpu-capacity.svg']);
  expect(read(folder, 'report.html')).toContain('The results hold no manifest');
});

describe('a folder that cannot be reported on', () => {
  test('is named, and nothing is written', async () => {
    const folder = mkdtempSync(join(root, 'empty-'));
    await expect(report(folder)).rejects.toThrow(/runs\.csv: not found; expected a result folder/);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('with a header alone, a missing column or a broken row, is explained', async () => {
    const folder = mkdtempSync(join(root, 'broken-'));
    const runs = (text: string): Promise<unknown> => {
      writeFileSync(join(folder, 'runs.csv'), text);
      return report(folder);
    };
    await expect(runs('run,cell,orchestrator,seed,machines\n')).rejects.toThrow(/holds no run/);
    await expect(runs('run,cell,seed,machines\nr,c,1,2\n')).rejects.toThrow(/runs\.csv:1: column 'orchestrator' is missing/);
    await expect(runs('run,cell,orchestrator,seed,machines\nr,c,o\n')).rejects.toThrow(/not a readable CSV file/);
    await expect(runs('run,cell,orchestrator,seed,machines,usefulCpuShare\nabc,c,o,1,2,lots\n')).rejects.toMatchObject({ name: 'ReportInputError', message: "column 'usefulCpuShare' of run abc: expected a number, found 'lots'" });
    expect(readdirSync(folder)).toEqual(['runs.csv']);
  });
});
