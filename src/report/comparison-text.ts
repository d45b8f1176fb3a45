import type { ComparedSide, Comparison } from './comparison.ts';
import type { Contrast, Verdict } from './contrast.ts';
import type { CellValue } from './cell-value.ts';
import { markdownTable } from './markdown-table.ts';
import { countOf, formatShare, THIN_SPACE } from './text-format.ts';

/** Rows that a table shows: all, or those that say something. */
export interface ComparisonView {
  /** Also rows in which nothing differs. */
  readonly all: boolean;
}

const QUIET: ReadonlySet<Verdict> = new Set(['identical', 'no difference seen']);
const HEADER = ['cell', 'measure', 'before', 'after', 'difference (95 % interval)', 'change', 'p (Holm)', 'verdict'] as const;

/** A comparison for a terminal: a table per side, what is not shown counted. No newline at the end. */
export function comparisonText(comparison: Comparison, view: ComparisonView): string {
  const parts = [headOf(comparison).join('\n')];
  for (const side of comparison.sides) {
    const rows = shown(side, view).map(rowOf);
    parts.push(`${side.name} against ${comparison.baseline}`);
    if (rows.length > 0) parts.push(aligned([[...HEADER], ...rows]));
    parts.push(tallyOf(side, view, '--all shows every row').join('\n'));
  }
  parts.push(footOf(comparison).join('\n'));
  return parts.join('\n\n').replaceAll(THIN_SPACE, ' ');
}

/** The same as a Markdown document for a pull request. No newline at the end. */
export function comparisonMarkdown(comparison: Comparison, view: ComparisonView): string {
  const parts = [headOf(comparison).join('  \n')];
  for (const side of comparison.sides) {
    const rows = shown(side, view).map((row) => rowOf(row).map((text, i) => (i === 7 && !QUIET.has(row.verdict) && row.verdict !== 'not determined' ? `**${text}**` : text)));
    parts.push(`### ${side.name} against ${comparison.baseline}`);
    if (rows.length > 0) parts.push(markdownTable([...HEADER], rows, [2, 3, 4, 5, 6]));
    parts.push(tallyOf(side, view, '').join('  \n'));
  }
  parts.push(footOf(comparison).join('  \n'));
  return parts.join('\n\n');
}

/** The same as plain data: numbers unrounded, `null` where there is none. */
export function comparisonData(comparison: Comparison): unknown {
  return {
    baseline: comparison.baseline,
    folders: comparison.folders,
    notes: comparison.notes,
    sides: comparison.sides.map((side) => ({
      name: side.name,
      onlyInBaseline: side.onlyInBaseline,
      onlyHere: side.onlyHere,
      contrasts: side.contrasts.map((one) => ({
        cell: one.cell,
        column: one.measure.column,
        before: boundOf(one.before),
        after: boundOf(one.after),
        difference: finite(one.difference),
        low: finite(one.low),
        high: finite(one.high),
        change: finite(changeOf(one)),
        pairing: one.pairing,
        count: one.count,
        leftOut: one.leftOut,
        pValue: finite(one.pValue),
        pHolm: finite(one.adjusted),
        varianceReduction: finite(one.varianceReduction),
        verdict: one.verdict,
      })),
    })),
  };
}

/** Difference as a share of the baseline; NaN where there is none. */
function changeOf({ before, difference }: Pick<Contrast, 'before' | 'difference'>): number {
  return before === undefined || before.value === 0 ? (difference === 0 ? 0 : Number.NaN) : difference / Math.abs(before.value);
}

function shown(side: ComparedSide, view: ComparisonView): readonly Contrast[] {
  return view.all ? side.contrasts : side.contrasts.filter((one) => !QUIET.has(one.verdict));
}

function headOf({ folders }: Comparison): readonly string[] {
  return folders.map(({ folder, name, version, runs, seeds }) => `${folder}: ${[name, version === '' ? '' : `version ${version}`, countOf(runs, 'run'), countOf(seeds, 'seed')].filter((part) => part !== '').join(', ')}`);
}

function rowOf(one: Contrast): string[] {
  const { format, formatDifference: signed } = one.measure;
  const interval = Number.isNaN(one.low) ? '' : ` (${signed(one.low)} to ${signed(one.high)})`;
  const change = changeOf(one);
  return [
    one.cell,
    one.measure.title,
    valueText(one.before, format),
    valueText(one.after, format),
    Number.isNaN(one.difference) ? '' : `${signed(one.difference)}${one.difference === 0 && one.verdict === 'identical' ? '' : interval}`,
    Number.isNaN(change) ? '' : `${change > 0 ? '+' : ''}${formatShare(change)}`,
    Number.isNaN(one.adjusted) ? '' : one.adjusted < 0.0001 ? '<0.0001' : one.adjusted.toFixed(one.adjusted < 0.01 ? 4 : 2),
    one.verdict,
  ];
}

function valueText(value: CellValue | undefined, format: (value: number) => string): string {
  return value === undefined ? '' : `${value.atLeast ? '>' : ''}${format(value.value)}`;
}

const VERDICTS: readonly Verdict[] = ['better', 'worse', 'higher', 'lower', 'no difference seen', 'identical', 'not determined'];

/** How often each verdict was given, and what the table leaves out. */
function tallyOf(side: ComparedSide, view: ComparisonView, hint: string): string[] {
  const counts = VERDICTS.flatMap((verdict) => {
    const count = side.contrasts.filter((one) => one.verdict === verdict).length;
    return count === 0 ? [] : [`${verdict} ${count}`];
  });
  const hidden = side.contrasts.length - shown(side, view).length;
  const lines = [`${countOf(side.contrasts.length, 'comparison')}: ${counts.join(', ')}.${hidden > 0 ? ` Not shown: ${hidden} without a difference${hint === '' ? '' : ` (${hint})`}.` : ''}`];
  const pairing = new Set(side.contrasts.map((one) => one.pairing));
  if (pairing.has('same inputs')) lines.push(`Paired by seed: both sides met the same work, machines and faults.${reductionText(side)}`);
  if (pairing.has('same seeds')) lines.push('Paired by seed, but workload, machines, faults or window differ between the sides (or the plan does not tell): no gain from common random numbers is claimed.');
  if (pairing.has('independent')) lines.push('Some cells have no seed in common: compared as independent runs (Welch).');
  const leftOut = Math.max(0, ...side.contrasts.map((one) => one.leftOut));
  if (leftOut > 0) lines.push(`Up to ${countOf(leftOut, 'run')} of a cell without partner or without a value, left out.`);
  if (side.onlyInBaseline.length > 0) lines.push(`Only in the baseline: ${side.onlyInBaseline.join('; ')}.`);
  if (side.onlyHere.length > 0) lines.push(`Only in ${side.name}: ${side.onlyHere.join('; ')}.`);
  return lines;
}

function reductionText(side: ComparedSide): string {
  const found = side.contrasts.map((one) => one.varianceReduction).filter((value) => !Number.isNaN(value)).toSorted((a, b) => a - b);
  if (found.length === 0) return '';
  return ` That took away ${formatShare(found[found.length >> 1]!)} of the variance of the differences in the middle comparison (${formatShare(found[0]!)} to ${formatShare(found.at(-1)!)}).`;
}

function footOf(comparison: Comparison): string[] {
  const seeds = Math.min(...comparison.folders.map((folder) => folder.seeds));
  return [
    ...comparison.notes,
    seeds < 2 ? 'One seed: differences may be chance, and only equality can be told.' : 'Intervals are 95 % Student t over seeds, one by one; verdicts are at 5 % after the correction of Holm for all comparisons together. "No difference seen" does not say that there is none: the interval says how large one may be.',
  ];
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => row.map((text, column) => (column >= 2 && column <= 6 ? text.padStart(widths[column]!) : text.padEnd(widths[column]!))).join('  ').trimEnd()).join('\n');
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function boundOf(value: CellValue | undefined): unknown {
  return value === undefined ? null : value.atLeast ? { atLeast: value.value } : value.value;
}
