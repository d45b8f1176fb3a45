import { answer } from './answer.ts';
import { labelOf } from './cells.ts';
import type { Chart } from './charts/chart.ts';
import { cellNumber } from './cell-value.ts';
import { faultKey, faultMarks } from './fault-marks.ts';
import { fontFaceRule } from './font.ts';
import { html, htmlTable, raw, type Html, type HtmlValue } from './html.ts';
import { pageStyle } from './page-style.ts';
import type { PageTable } from './page-table.ts';
import { manifestFacts, planFacts } from './plan-facts.ts';
import { recoveryTimes } from './recovery-times.ts';
import { recoveryPhases } from './recovery-phases.ts';
import type { Results } from './results.ts';
import { MOST_SLICES } from './most-slices.ts';
import type { Slice } from './slices.ts';
import type { SteadyLevel } from './steady.ts';
import { steadyTable } from './steady-table.ts';
import { sweepAnswer } from './sweep-answer.ts';
import type { SweepView } from './sweep-view.ts';
import { summaryColumns, summaryRows } from './summary.ts';
import { countOf, formatDuration, formatNumber } from './text-format.ts';
import { threats } from './threats.ts';

/** A rendered chart with the base name of its files. */
export interface PageChart {
  readonly name: string;
  /** What it is about; undefined = the whole sweep. */
  readonly slice: Slice | undefined;
  readonly chart: Chart;
  readonly svg: string;
}

export interface PageInput {
  readonly results: Results;
  readonly slices: readonly Slice[];
  readonly charts: readonly PageChart[];
  /** The whole sweep; absent where nothing but seed and orchestrator is varied. */
  readonly sweep?: SweepView | undefined;
  /** Levels of the timeline without their warm-up. */
  readonly steady?: readonly SteadyLevel[];
  /** Where docs/fidelity.md is, seen from the page; undefined when it is not there. */
  readonly fidelityPage: string | undefined;
}

/** Drawings beyond this many characters are linked instead of shown: a page of 2 MB still opens and travels well. */
const DRAWING_BUDGET = 1_400_000;
/** What a page must not exceed. */
const MOST_BYTES = 1_950_000;
/** More failures than this are left to recoveries.csv. */
const FAILURE_ROWS = 60;
/** Rows of a chart's table beyond this are left to aggregate.csv. */
const TABLE_ROWS = 60;
/** More runs than this are left to runs.csv. */
const DIGEST_ROWS = 200;

/** The whole report as one page that loads nothing. */
export function page(input: PageInput): string {
  const whole = pageWith(input, DRAWING_BUDGET);
  const over = Buffer.byteLength(whole) - MOST_BYTES;
  // Tables of many settings take room as well: drawings make way for them.
  return over <= 0 ? whole : pageWith(input, Math.max(0, DRAWING_BUDGET - over));
}

function pageWith(input: PageInput, drawingBudget: number): string {
  const { results, slices } = input;
  const facts = planFacts(results.plan);
  const name = facts.name || results.runs[0]!['scenario'] || 'results';
  const heading = facts.question ?? `Results of ${name}`;
  const shown = shownCharts(input.charts, drawingBudget);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:">
<link rel="icon" href="data:,">
<title>${name}: Seatrial report</title>
<!-- Typeface: Inter, copyright The Inter Project Authors, SIL Open Font License 1.1. -->
<style>${raw(fontFaceRule())}
${raw(pageStyle())}</style>
</head>
<body>
<a class="skip" href="#summary">Skip to the summary</a>
<main>
<header>
<p class="kicker">Seatrial report: ${name}</p>
<h1>${heading}</h1>
${answers(input)}</header>
${summarySection(results)}${sweepSection(input, shown)}${slices.map((slice) => chartsSection(input, slice, shown))}${undrawnNote(input)}${threats(results, slices, input.fidelityPage)}${reproduceSection(results)}</main>
</body>
</html>
`.html;
}

/** One sentence per setting; of a sweep first what holds over all of them. */
function answers({ sweep: view, slices }: PageInput): HtmlValue {
  const each = slices.slice(0, MOST_SLICES).map((slice) => html`<p class="answer">${answer(slice)}</p>\n`);
  const more = slices.length > MOST_SLICES ? html`<p class="note">${countOf(slices.length - MOST_SLICES, 'more setting')} in the summary.</p>\n` : undefined;
  if (view === undefined) return [each, more];
  return html`<p class="answer">${sweepAnswer(view)}</p>\n<details><summary>Setting by setting</summary>${each}${more}</details>\n`;
}

function summarySection(results: Results): Html {
  const columns = summaryColumns(results.runs);
  const rows = summaryRows(results.runs, results.parameters);
  const marked = rows.some((row) => row.cells.some((cell) => cell.best));
  const seeds = [...new Set(results.runs.map((run) => run['seed']!))];
  const note = seeds.length === 1 ? `One run, seed ${seeds[0]!}; nothing is marked as best.` : `Mean of ${seeds.length} seeds ± half of the 95\u202F% interval (Student t).${marked ? ' Marked “best” only where the interval overlaps that of no other system; reference ideals do not compete.' : ' No value is best beyond its interval.'}`;
  const cells = rows.map((row) => [row.label as HtmlValue, ...row.cells.map((cell): HtmlValue => (cell.best ? html`<span class="best">${cell.text} best</span>` : cell.text))]);
  return html`<section aria-labelledby="summary"><h2 id="summary">Summary</h2>
<p class="note">${note}</p>
${htmlTable('Main numbers by orchestrator', ['', ...columns.map((column) => column.heading)], cells)}<details><summary>What the columns mean</summary><dl>${columns.map((column) => html`<dt><strong>${column.heading}</strong></dt><dd>${column.meaning}</dd>`)}</dl></details></section>
`;
}

/** As many charts from the top as the page has room for. */
function shownCharts(charts: readonly PageChart[], budget: number): ReadonlySet<PageChart> {
  const shown = new Set<PageChart>();
  let size = 0;
  for (const chart of charts) {
    size += chart.svg.length;
    if (size > budget) break;
    shown.add(chart);
  }
  return shown;
}

/** Charts over all settings of a sweep, and how long recoveries took in each. */
function sweepSection(input: PageInput, shown: ReadonlySet<PageChart>): HtmlValue {
  const charts = input.charts.filter((one) => one.slice === undefined);
  const recoveries = recoveryTimes(input.slices);
  const tables = [recoveries === undefined ? undefined : tableOf(recoveries), input.steady === undefined || input.steady.length === 0 ? undefined : tableOf(steadyTable(input.steady))];
  if (charts.length === 0) return tables.every((table) => table === undefined) ? undefined : html`<section aria-labelledby="over-time"><h2 id="over-time">Recoveries and steady state</h2>\n${tables}</section>\n`;
  return html`<section aria-labelledby="sweep"><h2 id="sweep">The whole sweep</h2>
${charts.map((one) => figure(one, shown.has(one)))}${tables}</section>
`;
}

function tableOf({ title, note, columns, rows }: PageTable): Html {
  return html`<details><summary>${title}</summary><p class="note">${note}</p>${htmlTable(title, columns, rows)}</details>\n`;
}

function chartsSection(input: PageInput, slice: Slice, shown: ReadonlySet<PageChart>): HtmlValue {
  const charts = input.charts.filter((one) => one.slice === slice);
  if (charts.length === 0) return undefined;
  const id = `charts${input.slices.length > 1 ? `-${input.slices.indexOf(slice) + 1}` : ''}`;
  const body = html`${charts.map((one) => figure(one, shown.has(one)))}${failuresTable(slice)}`;
  if (input.sweep === undefined) return html`<section aria-labelledby="${id}"><h2 id="${id}">Charts${slice.label === '' ? '' : `: ${slice.label}`}</h2>\n${body}</section>\n`;
  return html`<section aria-labelledby="${id}"><details class="setting"><summary><h2 id="${id}">Charts: ${slice.label}</h2></summary>\n${body}</details></section>\n`;
}

/** What a sweep leaves undrawn, and how to have it. */
function undrawnNote({ sweep: view, slices, charts }: PageInput): HtmlValue {
  if (view === undefined) return undefined;
  const drawn = new Set(charts.flatMap(({ slice }) => slice ?? [])).size;
  if (drawn === slices.length || drawn === 0) return undefined;
  return html`<p class="note">Charts over time of ${drawn} of ${countOf(slices.length, 'setting')}, those at the ends of what is varied; <code>seatrial report FOLDER --all-settings</code> draws ${slices.length > MOST_SLICES ? `the first ${MOST_SLICES}` : 'all'}.</p>\n`;
}

function figure({ name, chart, svg }: PageChart, shown: boolean): Html {
  const drawing = shown ? html`<div class="chart">${raw(embeddable(svg, name, chart.description))}</div>` : html`<p><a href="charts/${name}.svg">${chart.title}</a> <span class="note">(not shown here, to keep the page small)</span></p>`;
  const files = ['svg', 'png', 'vl.json'].map((type, i) => html`${i > 0 ? ', ' : ''}<a href="charts/${name}.${type}">${name}.${type}</a>`);
  return html`<figure id="${name}">${drawing}
<details><summary>Numbers and files: ${chart.title}</summary><p class="note">${chart.description}</p>${htmlTable(chart.title, chart.table.columns, chart.table.rows.slice(0, TABLE_ROWS))}${chart.table.rows.length > TABLE_ROWS ? html`<p class="note">${formatNumber(chart.table.rows.length - TABLE_ROWS)} more rows in aggregate.csv.</p>` : undefined}<p class="note">Files: ${files}.</p></details></figure>
`;
}

/** A drawing inside the page: says what it shows, and its identifiers are its own. */
export function embeddable(svg: string, name: string, description: string): string {
  const label = html`${description}`.html;
  return svg
    .replace(/^<svg /, `<svg role="img" aria-label="${label}" focusable="false" `)
    .replaceAll(/ id="([^"]+)"/g, ` id="${name}-$1"`)
    .replaceAll(/url\(#([^)]+)\)/g, `url(#${name}-$1)`);
}

function failuresTable(slice: Slice): HtmlValue {
  const marks = faultMarks(slice);
  if (marks.length === 0) return undefined;
  const several = slice.seeds.length > 1;
  const restored = new Map<string, string>();
  for (const series of slice.series) {
    slice.rowsByRun(slice.results.recoveries, series).forEach((rows, i) => {
      for (const row of rows) {
        const phases = recoveryPhases(row);
        const text = phases === undefined ? 'nothing hit' : Number.isFinite(phases.restoreS) ? formatDuration(phases.restoreS) : 'not restored';
        restored.set([series.label, series.runs[i]!['seed'], faultKey(row)].join('\n'), text);
      }
    });
  }
  const rows = marks.slice(0, FAILURE_ROWS).map((mark): HtmlValue[] => [
    mark.number,
    `${mark.kind} ${mark.label}`,
    formatDuration(mark.atS),
    mark.endS === undefined ? 'to the end' : formatDuration(mark.endS - mark.atS),
    ...(several ? [mark.seeds.length === slice.seeds.length ? 'all' : mark.seeds.join(', ')] : []),
    ...slice.series.map((series) => restored.get([series.label, mark.seeds[0], mark.key].join('\n')) ?? ''),
  ]);
  const more = marks.length > FAILURE_ROWS ? html`<p class="note">${formatNumber(marks.length - FAILURE_ROWS)} more in recoveries.csv.</p>` : undefined;
  return html`<details><summary>${countOf(marks.length, 'failure')}, one by one</summary>${htmlTable('Failures, and how long until everything that they hit ran again', ['number', 'failure', 'at', 'lasted', ...(several ? ['seed'] : []), ...slice.series.map((series) => series.label)], rows)}${more}</details>`;
}

function reproduceSection(results: Results): Html {
  const { command, entries } = manifestFacts(results.manifest);
  const digests = results.runs.slice(0, DIGEST_ROWS).map((run): HtmlValue[] => [html`<code>${run['run']!}</code>`, labelOf(run), ...results.parameters.map((name) => run[name]!), run['seed']!, formatNumber(cellNumber(run, 'eventCount')), html`<code>${run['digest'] ?? ''}</code>`]);
  return html`<section aria-labelledby="reproduce"><h2 id="reproduce">How to reproduce</h2>
${command === undefined ? html`<p>The results hold no manifest with the command that made them.</p>` : html`<pre tabindex="0" aria-label="Command"><code>${command}</code></pre>`}
<p>The same command with the same versions and inputs gives the same digests, bit for bit.</p>
${entries.length === 0 ? undefined : html`<details><summary>Versions and hashes</summary>${htmlTable('From manifest.json', ['', 'value'], entries.map(([name, value]) => [name, html`<code>${value}</code>`]), [1])}</details>`}
<details><summary>Digests of ${countOf(results.runs.length, 'run')}</summary>${htmlTable('One digest over every state change of a run', ['run', 'cell', ...results.parameters, 'seed', 'events', 'digest'], digests)}${results.runs.length > DIGEST_ROWS ? html`<p class="note">The rest is in runs.csv.</p>` : undefined}</details></section>
`;
}
