import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { aggregateCsv } from './aggregate.ts';
import { cellsOf } from './cells.ts';
import { CHARTS } from './charts/registry.ts';
import { fontFaceRule } from './font.ts';
import { escapeHtml } from './html.ts';
import { drawnSlices, MOST_SLICES } from './most-slices.ts';
import { page, type PageChart } from './page.ts';
import { ReportInputError } from './report-input-error.ts';
import { readResults } from './results.ts';
import { slicesOf } from './slices.ts';
import { steadyCsv, steadyLevels } from './steady.ts';
import { summaryMarkdown } from './summary-markdown.ts';
import { SWEEP_CHARTS } from './sweep-charts/registry.ts';
import { sweepViewOf } from './sweep-view.ts';

/** What a report wrote. */
export interface Report {
  /** Paths relative to the result folder, in the order written. */
  readonly files: readonly string[];
  /** What summary.md says. */
  readonly summary: string;
}

export interface ReportOptions {
  /** Label of the orchestrator that the others are compared with; default the first of the plan. */
  readonly baseline?: string | undefined;
  /** Draw the charts of every setting of a sweep (the first twelve), not of the two at its ends. */
  readonly allSettings?: boolean | undefined;
}

const CHART_FILE = /\.(svg|png|vl\.json)$/;

/**
 * Draws the charts of a result folder and its page: `charts/<name>.vl.json`, `.svg`, `.png` and `report.html`, with `aggregate.csv`, `steady.csv` and `summary.md` beside. Reads result files only and
 * runs nothing; equal files give equal bytes. Charts of an earlier report are replaced.
 * Throws ReportInputError when the folder holds no readable results; nothing is written then.
 */
export async function report(folder: string, options: ReportOptions = {}): Promise<Report> {
  const results = readResults(folder);
  const { labels } = cellsOf(results);
  const baseline = options.baseline ?? labels[0]!;
  if (!labels.includes(baseline)) throw new ReportInputError(`${folder}: there is no orchestrator '${baseline}' to compare with; there are: ${labels.join(', ')}`);
  const slices = slicesOf(results);
  const { render } = await import('./render.ts');
  const charts: (PageChart & { readonly png: Promise<Uint8Array> })[] = [];
  const sweep = sweepViewOf(results, baseline);
  const drawn = new Set(options.allSettings === true ? slices.slice(0, MOST_SLICES) : drawnSlices(slices));
  for (const definition of sweep === undefined ? [] : SWEEP_CHARTS) {
    for (const { name, chart } of definition.build(sweep!)) charts.push({ name, slice: undefined, chart, ...(await render(chart.spec)) });
  }
  for (const [i, slice] of slices.entries()) {
    if (!drawn.has(slice)) continue;
    for (const definition of CHARTS) {
      const chart = definition.build(slice);
      if (chart === undefined) continue;
      charts.push({ name: slices.length === 1 ? definition.name : `${definition.name}-${i + 1}`, slice, chart, ...(await render(chart.spec)) });
    }
  }
  const pngs = await Promise.all(charts.map(({ png }) => png));
  const steady = steadyLevels(results);
  const html = page({ results, slices, sweep, charts, steady, fidelityPage: fidelityPageFrom(folder) });
  const files: string[] = [];
  const write = (name: string, content: string | Uint8Array): void => {
    writeFileSync(join(folder, name), content);
    files.push(name);
  };
  prepareChartFolder(join(folder, 'charts'));
  for (const [i, { name, chart, svg }] of charts.entries()) {
    write(`charts/${name}.vl.json`, `${JSON.stringify(chart.spec)}\n`);
    write(`charts/${name}.svg`, standalone(svg, chart.description));
    write(`charts/${name}.png`, pngs[i]!);
  }
  write('aggregate.csv', aggregateCsv(results, baseline));
  const levels = steadyCsv(results, steady);
  if (levels !== undefined) write('steady.csv', levels);
  else rmSync(join(folder, 'steady.csv'), { force: true });
  const summary = summaryMarkdown(results);
  write('summary.md', summary);
  write('report.html', html);
  return { files, summary };
}

/** Makes the folder, without charts that an earlier report left there. */
function prepareChartFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(folder)) if (CHART_FILE.test(file)) rmSync(join(folder, file));
}

/** A drawing that carries its font and its text alternative, to be cut out and pasted elsewhere. */
function standalone(svg: string, description: string): string {
  return svg.replace(/^<svg ([^>]*)>/, `<svg role="img" $1><desc>${escapeHtml(description)}</desc><style>${fontFaceRule()}</style>`);
}

/** docs/fidelity.md as seen from the folder, when both lie in the same checkout. */
function fidelityPageFrom(folder: string): string | undefined {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const target = join(root, 'docs', 'fidelity.md');
  return resolve(folder).startsWith(resolve(root) + sep) && existsSync(target) ? relative(resolve(folder), target).split(sep).join('/') : undefined;
}
