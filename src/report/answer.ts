import { cellValue } from './cell-value.ts';
import { isReference } from './palette.ts';
import type { Series, Slice } from './slices.ts';
import { estimate, type Estimate } from './summary.ts';
import { formatDuration, formatShare, joinList } from './text-format.ts';

/** The result of a slice in one sentence with numbers. Names a winner only where the 95 % intervals allow it. */
export function answer(slice: Slice): string {
  const systems = slice.series.filter((series) => !isReference(series.orchestrator));
  const judged = systems.length > 0 ? systems : slice.series;
  const scope = slice.label === '' ? '' : `${slice.label}: `;
  const sentence = `${usefulClause(judged, slice)}${restoreClause(judged)}.`;
  return `${scope}${sentence}${slice.seeds.length === 1 ? ` One run, seed ${slice.seeds[0]!}: differences may be chance.` : ''}`;
}

function usefulClause(judged: readonly Series[], slice: Slice): string {
  const ranked = rank(judged, 'usefulCpuShare', -1);
  const texts = ranked.map(({ value }) => `${formatShare(value.mean)}${Number.isNaN(value.halfWidth) ? '' : ` (±\u202F${formatShare(value.halfWidth)})`}`);
  const [first, ...others] = ranked;
  if (first === undefined) return 'Useful CPU was not measured';
  const shares = `Of all CPU, ${joinList([`${first.series.label} put ${texts[0]!} to useful work`, ...others.map(({ series }, i) => `${series.label} ${texts[i + 1]!}`)])}`;
  return `${shares}${idealClause(slice, judged)}${slice.seeds.length > 1 && others.length > 0 ? leadClause(ranked) : ''}`;
}

function leadClause(ranked: readonly { series: Series; value: Estimate }[]): string {
  const rivals = overlapping(ranked);
  return rivals.length === 1 ? `, and the lead of ${rivals[0]!} is beyond the 95\u202F% intervals` : `, but the 95\u202F% intervals of ${joinList(rivals)} overlap`;
}

/** Names of those whose interval overlaps the leader's, the leader included. */
function overlapping(ranked: readonly { series: Series; value: Estimate }[]): readonly string[] {
  const low = ranked[0]!.value.mean - ranked[0]!.value.halfWidth;
  return ranked.filter(({ value }, i) => i === 0 || !(value.mean + value.halfWidth < low)).map(({ series }) => series.label);
}

function idealClause(slice: Slice, judged: readonly Series[]): string {
  const ideals = rank(slice.series.filter((series) => !judged.includes(series)), 'usefulCpuShare', -1);
  return ideals.length === 0 ? '' : ` (ideal: ${joinList(ideals.map(({ series, value }) => `${series.label} ${formatShare(value.mean)}`))})`;
}

function restoreClause(judged: readonly Series[]): string {
  const ranked = rank(judged, 'restoreP50S', 1);
  if (ranked.length === 0) return '';
  return `; after a failure, half of the recoveries were complete within ${joinList(ranked.map(({ series, value }) => `${value.atLeast ? 'more than ' : ''}${formatDuration(value.mean)} (${series.label})`))}`;
}

function rank(all: readonly Series[], column: string, sign: 1 | -1): readonly { series: Series; value: Estimate }[] {
  return all
    .flatMap((series) => {
      const value = estimate(series.runs, { value: (run) => cellValue(run, column) });
      return value === undefined ? [] : [{ series, value }];
    })
    .toSorted((a, b) => Number(a.value.atLeast) - Number(b.value.atLeast) || sign * (a.value.mean - b.value.mean));
}
