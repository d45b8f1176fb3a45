import { baselineOf, type Cell } from './cells.ts';
import { sameInputsIn } from './comparison.ts';
import { contrasts } from './contrast.ts';
import { measureOf } from './measures.ts';
import { isReference } from './palette.ts';
import { sensitivities } from './sweep-charts/sensitivity.ts';
import { sweptMeasures } from './sweep-charts/effects.ts';
import type { SweepView } from './sweep-view.ts';
import { countOf, joinList } from './text-format.ts';

/** Measures that the answer speaks of, those that there are. */
const ASKED = ['usefulCpuShare', 'waitP99S', 'restoreP50S'] as const;

/** The result of a sweep in two sentences with numbers: what moves the first measure most, and how often each system was better than the first of the plan beyond chance. */
export function sweepAnswer(view: SweepView): string {
  const measures = ASKED.map(measureOf).filter((measure) => sweptMeasures(view).some((one) => one.column === measure.column));
  return [measures[0] === undefined ? '' : movers(view, measures[0].column), versus(view, measures.map((measure) => measure.column))].filter((part) => part !== '').join(' ');
}

function movers(view: SweepView, column: string): string {
  const measure = measureOf(column);
  const found = sensitivities(view, measure);
  if (found.length < 2) return '';
  const clauses = found.map(({ factor, from, to, difference, low }) => `${factor === 'orchestrator' ? 'the orchestrator' : factor} (${from} to ${to}: ${measure.formatDifference(difference)}${low <= 0 ? ', not beyond chance' : ''})`);
  return `What moves ${measure.title} most is ${clauses[0]!}${clauses.length > 1 ? `, then ${joinList(clauses.slice(1))}` : ''}.`;
}

function versus(view: SweepView, columns: readonly string[]): string {
  // An ideal is no rival: systems are compared with the first system.
  const systems = view.series.filter((one) => !isReference(one.orchestrator)).map((one) => one.label);
  const baseline = systems.includes(view.baseline) ? view.baseline : view.labels.find((label) => systems.includes(label));
  if (baseline === undefined || systems.length < 2 || view.seeds < 2) return '';
  const sameInputs = sameInputsIn(view.results, view.results);
  const others = systems.filter((label) => label !== baseline);
  const groups = others.map((label) => ({
    sameInputs,
    pairs: view.cells.flatMap((cell): (readonly [Cell, Cell])[] => {
      const other = cell.label === label ? baselineOf(view, cell, baseline) : undefined;
      return other === undefined ? [] : [[other, cell]];
    }),
  }));
  const all = contrasts(groups, columns.map(measureOf));
  const clauses = others.map((label, i) => {
    const parts = columns.flatMap((column) => {
      const own = all[i]!.filter((one) => one.measure.column === column);
      const tally = (['better', 'worse'] as const).flatMap((verdict) => {
        const count = own.filter((one) => one.verdict === verdict).length;
        return count === 0 ? [] : [`${verdict} in ${count}`];
      });
      return own.length === 0 ? [] : [`${measureOf(column).title} ${tally.length === 0 ? 'nowhere seen to differ' : tally.join(' and ')}`];
    });
    return `${label}: ${parts.join(', ')}`;
  });
  const settings = Math.max(...groups.map((group) => group.pairs.length));
  return `Against ${baseline}, paired by seed, of ${countOf(settings, 'setting')}: ${clauses.join('; ')} (beyond chance at 5\u202F% after correction for all comparisons).`;
}
