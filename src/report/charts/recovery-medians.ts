import { textWidth } from '../font.ts';
import { INK } from '../palette.ts';
import { isOpen, medianEnds, recoveriesIn, type Recoveries } from '../recoveries.ts';
import { quantileOf } from '../recovery-phases.ts';
import { countOf } from '../text-format.ts';
import type { Chart } from './chart.ts';
import { FONT_SIZE, framedSpec, frameOf } from './frame.ts';
import { describeRecovery, idleFaultsNote, isBeyond, phaseFill, positionOf, recoveryTable, segmentsOf, sinceFailure } from './recovery-looks.ts';
import { titleOf } from './timeline-chart.ts';

const TITLE = 'Recovery after failures, median time to each phase';
const ROW = 32;

/** One bar per orchestrator: medians over all failures; a whisker from the tenth to the ninetieth per cent of restored. */
export function recoveryMedians(all: Recoveries): Chart {
  const found = { ...all, toS: endOf(all) };
  const { slice } = found;
  const labels = found.series.map((series) => series.label);
  const notes = found.series.map((series) => {
    const own = recoveriesIn(found, series);
    return { series: series.label, text: `${own.length - own.filter(isOpen).length} of ${own.length} restored` };
  });
  const bars = found.series.map((series) => ({ series, ends: medianEnds(found, series), own: recoveriesIn(found, series) }));
  const segments = bars.flatMap(({ series, ends, own }) => segmentsOf(ends, quantileOf(own.map((one) => one.watchedS), 0.5)).map(({ phase, from, to }) => ({ series: series.label, phase, from: positionOf(found, from), to: positionOf(found, to) })));
  const whiskers = bars.map(({ series, own }) => {
    const restored = own.map((one) => one.ends.at(-1)!);
    const high = quantileOf(restored, 0.9);
    return { series: series.label, low: positionOf(found, Math.min(quantileOf(restored, 0.1), found.toS)), high: positionOf(found, Math.min(high, found.toS)), open: isBeyond(found, high) };
  });
  const seeds = slice.seeds.length > 1 ? `All failures of ${countOf(slice.seeds.length, 'seed')}` : `One run, seed ${slice.seeds[0]!}`;
  const subtitle = [seeds, `whisker: fastest 10\u202F% to slowest 10\u202F%${whiskers.some((one) => one.open) ? ' (arrow: beyond the axis)' : ''}`, idleFaultsNote(found)].filter((part) => part !== '').join('; ');
  const frame = frameOf({
    title: titleOf(TITLE, slice),
    subtitle,
    left: 14 + Math.ceil(Math.max(...labels.map((label) => textWidth(label, FONT_SIZE.seriesLabel)))),
    right: 22 + Math.ceil(Math.max(...notes.map((note) => textWidth(note.text, FONT_SIZE.label)))),
    above: 18,
    height: Math.max(320, 150 + ROW * bars.length),
  });
  const description = `Bars on a linear time axis. ${titleOf(TITLE, slice)}: ${found.series.map((series) => describeRecovery(found, series)).join('; ')}. ${subtitle}.`;
  const y = { field: 'series', type: 'nominal', scale: { domain: labels, paddingInner: 0.4, paddingOuter: 0.2 }, axis: { title: null, labelFontSize: FONT_SIZE.seriesLabel, labelLimit: 400, labelOverlap: false, grid: false } };
  return {
    title: TITLE,
    description,
    spec: framedSpec(frame, description, [
      { data: { values: segments }, mark: { type: 'bar', stroke: INK.axis, strokeWidth: 0.5, clip: true }, encoding: { y, x: sinceFailure(found, 'from'), x2: { field: 'to' }, fill: phaseFill(found) } },
      { data: { values: whiskers }, mark: { type: 'rule', strokeWidth: 1.5, color: INK.text }, encoding: { y, x: sinceFailure(found, 'low'), x2: { field: 'high' } } },
      { data: { values: whiskers }, mark: { type: 'tick', thickness: 1.5, size: 9, orient: 'vertical', color: INK.text }, encoding: { y, x: sinceFailure(found, 'low') } },
      { data: { values: whiskers.filter((one) => !one.open) }, mark: { type: 'tick', thickness: 1.5, size: 9, orient: 'vertical', color: INK.text }, encoding: { y, x: sinceFailure(found, 'high') } },
      { data: { values: whiskers.filter((one) => one.open) }, mark: { type: 'point', shape: 'triangle-right', size: 60, filled: true, color: INK.text, opacity: 1 }, encoding: { y, x: sinceFailure(found, 'high') } },
      { data: { values: notes }, mark: { type: 'text', align: 'left', baseline: 'middle', clip: false }, encoding: { y, x: { value: frame.plotWidth + 10 }, text: { field: 'text' } } },
    ]),
    table: recoveryTable(found),
  };
}

/** The axis holds the bars and their whiskers, but for what stayed open. */
function endOf(found: Recoveries): number {
  const ends = found.series.flatMap((series) => [...medianEnds(found, series), quantileOf(recoveriesIn(found, series).map((one) => one.ends.at(-1)!), 0.9)]);
  const last = Math.max(0, ...ends.filter(Number.isFinite));
  return last === 0 ? found.toS : Math.min(found.toS, 1.05 * last);
}
