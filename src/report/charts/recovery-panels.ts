import { textWidth, wrapText } from '../font.ts';
import { INK } from '../palette.ts';
import { recoveriesIn, type Recoveries } from '../recoveries.ts';
import { countOf } from '../text-format.ts';
import type { Chart } from './chart.ts';
import { CHART_CONFIG, CHART_WIDTH, FONT_SIZE } from './frame.ts';
import { describeRecovery, idleFaultsNote, OPEN, phaseFill, positionOf, recoveryTable, segmentsOf, sinceFailure } from './recovery-looks.ts';
import { titleOf } from './timeline-chart.ts';

const TITLE = 'Recovery after each failure';
/** Height of a row for many and for few failures, pixels. */
const ROW_HEIGHT = { least: 15, most: 30 } as const;
const SPACING = 16;
/** Labels on the time axis of a panel. */
const PANEL_TICKS = 4;
const EDGE = 10;
/** Gap between row labels and bars, and what labels of the time axis reach beyond the last panel, pixels. */
const FRAME_SLACK = 14;

/** One panel per orchestrator, one row per failure, the same failure at the same height everywhere. */
export function recoveryPanels(found: Recoveries): Chart {
  const { slice } = found;
  const several = slice.seeds.length > 1;
  const faults = new Map(found.all.toSorted((a, b) => a.fault - b.fault).map((one) => [`${one.seed}/${one.fault}`, one]));
  const rowNames = new Map([...faults].map(([key, one]) => [key, `${one.fault} ${one.name}${several ? `, seed ${one.seed}` : ''}`]));
  const rows = [...rowNames.values()];
  const end = positionOf(found, found.toS);
  const segments = found.series.flatMap((series) =>
    recoveriesIn(found, series).flatMap((one) => {
      const failure = rowNames.get(`${one.seed}/${one.fault}`)!;
      const own = segmentsOf(one.ends, one.watchedS).map(({ phase, from, to }) => ({ series: series.label, failure, phase, from: positionOf(found, from), to: positionOf(found, to) }));
      const last = own.at(-1);
      const goesOn = last !== undefined && (last.phase === OPEN || last.to > end);
      return goesOn ? [...own, { series: series.label, failure, arrow: Math.min(last.to, end) }] : own;
    }),
  );
  const arrows = segments.some((segment) => 'arrow' in segment);
  const labelWidth = Math.min(170, Math.ceil(Math.max(...rows.map((row) => textWidth(row, FONT_SIZE.label)))));
  const panels = found.series.length;
  const width = Math.floor((CHART_WIDTH - labelWidth - FRAME_SLACK - 2 * EDGE - SPACING * (panels - 1)) / panels);
  const subtitle = [several ? `All failures of ${countOf(slice.seeds.length, 'seed')}` : `One run, seed ${slice.seeds[0]!}`, `bars end when everything hit runs again${arrows ? ' (arrow: beyond the axis, or the run)' : ''}`, idleFaultsNote(found)].filter((part) => part !== '').join('; ');
  const description = `Bars on a linear time axis, one panel per orchestrator, one row per failure. ${titleOf(TITLE, slice)}: ${found.series.map((series) => describeRecovery(found, series)).join('; ')}. ${subtitle}.`;
  const y = { field: 'failure', type: 'nominal', scale: { domain: rows, paddingInner: 0.25, paddingOuter: 0.1 }, axis: { title: null, labelLimit: labelWidth, labelOverlap: false, grid: false } };
  const encoding = { y, x: sinceFailure(found, 'from', PANEL_TICKS), x2: { field: 'to' } };
  return {
    title: TITLE,
    description,
    spec: {
      $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
      description,
      padding: EDGE,
      config: CHART_CONFIG,
      title: { text: wrapText(titleOf(TITLE, slice), FONT_SIZE.title, CHART_WIDTH - 2 * EDGE), subtitle: wrapText(subtitle, FONT_SIZE.subtitle, CHART_WIDTH - 2 * EDGE), frame: 'bounds', offset: 10 },
      data: { values: segments },
      facet: { column: { field: 'series', type: 'nominal', sort: found.series.map((series) => series.label), header: { title: null, labelAnchor: 'start', labelPadding: 4, labelLimit: width + SPACING } } },
      spacing: SPACING,
      spec: {
        width,
        height: rows.length * Math.round(Math.min(ROW_HEIGHT.most, Math.max(ROW_HEIGHT.least, 170 / rows.length))),
        layer: [
          { transform: [{ filter: 'isValid(datum.phase)' }], mark: { type: 'bar', stroke: INK.axis, strokeWidth: 0.5, clip: true }, encoding: { ...encoding, fill: phaseFill(found) } },
          { transform: [{ filter: 'isValid(datum.arrow)' }], mark: { type: 'point', shape: 'triangle-right', size: 50, filled: true, color: INK.text, opacity: 1 }, encoding: { y, x: sinceFailure(found, 'arrow', PANEL_TICKS) } },
        ],
      },
    },
    table: recoveryTable(found),
  };
}
