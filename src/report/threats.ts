import { cellNumber } from './cell-value.ts';
import { labelOf } from './cells.ts';
import { html, htmlTable, type Html, type HtmlValue } from './html.ts';
import { meanInterval } from '../statistics/mean-interval.ts';
import { planFacts } from './plan-facts.ts';
import type { CsvRow, Results } from './results.ts';
import type { Slice } from './slices.ts';
import { offeredTasks } from './summary.ts';
import { countOf, formatNumber, formatShare } from './text-format.ts';

/** Parts of the capacity may add up to this much more than the whole before the report says so: rounding of the table. */
const ROUNDING = 0.001;

/** More failed runs than this are left to failures.csv. */
const FAILED_ROWS = 60;

/** What a reader must know before believing the numbers. `fidelityPage` is where docs/fidelity.md is, seen from the page. */
export function threats(results: Results, slices: readonly Slice[], fidelityPage: string | undefined): Html {
  const items: HtmlValue[] = [seedsItem(slices), traceItem(results), loadItem(results), perSeriesTable(slices), translationsItem(results), profileItem(results), failedItem(results), sumItem(slices)];
  const page = fidelityPage === undefined ? html`<code>docs/fidelity.md</code> of Seatrial's source` : html`<a href="${fidelityPage}">docs/fidelity.md</a>`;
  const { models } = planFacts(results.plan);
  items.push(html`<p><strong>Models.</strong> Each orchestrator is a model of the real system${models.length === 0 ? '' : ` (${models.map(([label, system]) => `${label}: ${system}`).join('; ')})`}. What was left out, and how large the effect of that may be, is listed in ${page}, system by system.</p>`);
  return html`<section class="box" aria-labelledby="threats"><h2 id="threats">Threats to validity</h2>\n${items}</section>\n`;
}

function seedsItem(slices: readonly Slice[]): Html {
  const fewest = Math.min(...slices.map((slice) => slice.seeds.length));
  if (fewest > 1) return html`<p><strong>Seeds.</strong> ${countOf(fewest, 'seed')} per cell; intervals are 95\u202F% Student t over seeds and say nothing about other traces or clusters.</p>`;
  return html`<p><strong>One run.</strong> There is one seed, so there are no intervals and no value is marked as best: differences may be chance.</p>`;
}

function traceItem(results: Results): Html | undefined {
  const { readings } = planFacts(results.plan);
  const changed = (['rejected', 'repaired', 'clamped'] as const).flatMap((key) => {
    const most = Math.max(0, ...readings.map((reading) => reading[key]));
    return most === 0 ? [] : [`${formatNumber(most)} ${ROW_WORDS[key]}`];
  });
  const factors = [...new Set(readings.map(({ arrivalFactor }) => arrivalFactor))].filter((factor) => factor !== 1);
  if (changed.length === 0 && factors.length === 0) return undefined;
  const rows = formatNumber(Math.max(...readings.map((reading) => reading.rows)));
  const used = changed.length === 0 ? '' : `Of ${rows} rows of the trace ${changed.join(', ')}; plan.json has the lines and the reasons. `;
  const shown = [Math.min(...factors), Math.max(...factors)].map((factor) => factor.toPrecision(3));
  return html`<p><strong>Workload.</strong> ${used}${factors.length === 0 ? '' : `Times between arrivals are ${[...new Set(shown)].join(' to ')} of the workload's own, so that the offered load is met; how long tasks run was left as it is.`}</p>`;
}

/** What became of rows. */
const ROW_WORDS = { rejected: 'were left out', repaired: 'were mended', clamped: 'were cut to what can be' };

function loadItem(results: Results): Html | undefined {
  const loads = (['Cpu', 'Memory', 'Gpu'] as const).flatMap((resource) => {
    const values = results.runs.map((run) => cellNumber(run, `offeredLoad${resource}`)).filter((value) => !Number.isNaN(value));
    if (values.length === 0) return [];
    const low = Math.min(...values);
    const high = Math.max(...values);
    const name = resource === 'Memory' ? 'memory' : resource.toUpperCase();
    return [{ text: `${name} ${formatShare(low)}${high - low > 0.0005 ? ` to ${formatShare(high)}` : ''}`, high }];
  });
  if (loads.length === 0) return undefined;
  const above = loads.some((load) => load.high > 1);
  return html`<p><strong>Offered load</strong> (work asked for, as a share of all capacity over the window): ${loads.map((load) => load.text).join(', ')}.${above ? ' Above 100\u202F% queues grow as long as the run lasts: waits and shares then depend on the length of the window.' : ''}</p>`;
}

function perSeriesTable(slices: readonly Slice[]): HtmlValue {
  const rows = slices.flatMap((slice) =>
    slice.series.map((series): HtmlValue[] => [
      slice.label === '' ? series.label : `${series.label}, ${slice.label}`,
      meanText(series.runs, (run) => cellNumber(run, 'translated') / offeredTasks(run)),
      meanText(series.runs, (run) => cellNumber(run, 'rejected') / offeredTasks(run)),
      meanText(series.runs, (run) => cellNumber(run, 'gaveUp') / offeredTasks(run)),
      meanText(series.runs, (run) => cellNumber(run, 'censoredShare')),
      meanText(series.runs, (run) => cellNumber(run, 'restoreCensoredShare')),
    ]),
  );
  return [
    html`<p><strong>What was not measured in full.</strong> Tasks that an orchestrator cannot express are translated or rejected; tasks that never started and failures that were not made good are <em>censored</em>: they count in every share and quantile, and show as “&gt;” where those are not determined.</p>`,
    htmlTable('Shares of all tasks of the trace (last column: of failures that hit a task)', ['', 'translated', 'rejected', 'client gave up', 'never started', 'not restored'], rows),
  ];
}

function meanText(runs: readonly CsvRow[], value: (run: CsvRow) => number): string {
  const values = runs.map(value).filter((one) => !Number.isNaN(one));
  return values.length === 0 ? '' : formatShare(meanInterval(values).mean);
}

function translationsItem(results: Results): HtmlValue {
  if (results.translations.length === 0) return html`<p><strong>Translations.</strong> None: every orchestrator took every task as the trace states it.</p>`;
  const labels = new Map(results.runs.map((run) => [run['run']!, labelOf(run)]));
  const label = (row: CsvRow): string => labels.get(row['run']!) ?? row['cell'] ?? '';
  const byRule = Map.groupBy(results.translations, (row) => [label(row), row['rule']].join('\n'));
  const rows = [...byRule.values()].map((group): HtmlValue[] => [label(group[0]!), group[0]!['rule']!, group[0]!['meaning'] ?? '', rangeText(group, 'tasks'), rangeText(group, 'rejectedTasks')]);
  return html`<details><summary>Translations, rule by rule (${rows.length})</summary>${htmlTable('What was changed in tasks that an orchestrator cannot express as they are', ['', 'rule', 'meaning', 'tasks', 'rejected'], rows, [1, 2])}</details>`;
}

function rangeText(rows: readonly CsvRow[], column: string): string {
  const values = rows.map((row) => cellNumber(row, column)).filter((value) => !Number.isNaN(value));
  if (values.length === 0) return '';
  const low = Math.min(...values);
  const high = Math.max(...values);
  return low === high ? formatNumber(low) : `${formatNumber(low)} to ${formatNumber(high)}`;
}

function profileItem(results: Results): Html {
  const { profiles } = planFacts(results.plan);
  if (profiles.length === 0) return html`<p><strong>API profile.</strong> The plan states none: every model used the defaults of its system.</p>`;
  return html`<p><strong>API profile.</strong> ${profiles.map(([path, value], i) => html`${i > 0 ? ', ' : ''}<code>${path} = ${value}</code>`)}. Limits on requests per second bound how fast an orchestrator can act.</p>`;
}

function failedItem(results: Results): HtmlValue {
  if (results.failures.length === 0) return undefined;
  return [
    html`<p><strong>Failed runs.</strong> ${countOf(results.failures.length, 'run')} failed and ${results.failures.length === 1 ? 'is' : 'are'} in no number of this page.</p>`,
    htmlTable('Failed runs and how to repeat them', ['run', 'cell', 'seed', 'error', 'command'], results.failures.slice(0, FAILED_ROWS).map((row) => [row['run'] ?? '', row['cell'] ?? '', row['seed'] ?? '', row['error'] ?? '', html`<code>${row['command'] ?? ''}</code>`]), [3, 4]),
    results.failures.length > FAILED_ROWS ? html`<p class="note">${countOf(results.failures.length - FAILED_ROWS, 'more run')} in failures.csv.</p>` : undefined,
  ];
}

/** Parts of the capacity that overlap would make the stacked bars lie. */
function sumItem(slices: readonly Slice[]): Html | undefined {
  const over = slices.flatMap((slice) => slice.series.flatMap((series) => series.runs.filter((run) => ['useful', 'duplicate', 'lost', 'fragmented', 'down'].reduce((sum, part) => sum + cellNumber(run, `${part}CpuShare`), 0) > 1 + ROUNDING).map((run) => `${series.label} (seed ${run['seed']!})`)));
  if (over.length === 0) return undefined;
  return html`<p><strong>Capacity.</strong> The parts of the capacity add up to more than the whole for ${over.join(', ')}; the stacked bars overstate them.</p>`;
}
