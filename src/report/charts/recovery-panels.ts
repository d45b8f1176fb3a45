import { textWidth, wrapText } from '../font.ts';
import { INK } from '../palette.ts';
import { recoveriesIn, type Recoveries } from '../recoveries.ts';
import { countOf } from '../text-format.ts';
import type { Chart } from './chart.ts';
import { CHART_CONFIG, CHART_WIDTH, FONT_SIZE } from './frame.ts';
import { describeRecovery, idleFaultsNote, OPEN, phaseFill, recoveryTable, segmentsOf, sinceFailure } from './recovery-looks.ts';
import { titleOf } from './timeline-chart.ts';

const TITLE = 'Recovery after each failure';
/** Height of a row for many and for few failures, pixels. */
const ROW_HEIGHT = { least: 15, most: 30 } as const;
const SPACING = 16;
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
  const segments = found.series.flatMap((series) => recoveriesIn(found, series).flatMap((one) => segmentsOf(one.ends, one.watchedS, found.fromS).map((segment) => ({ series: series.label, failure: rowNames.get(`${one.seed}/${one.fault}`)!, ...segment }))));
  const labelWidth = Math.min(170, Math.ceil(Math.max(...rows.map((row) => textWidth(row, FONT_SIZE.label)))));
  const panels = found.series.length;
  const width = Math.floor((CHART_WIDTH - labelWidth - FRAME_SLACK - 2 * EDGE - SPACING * (panels - 1)) / panels);
  const subtitle = [several ? `All failures of ${countOf(slice.seeds.length, 'seed')}` : `One run, seed ${slice.seeds[0]!}`, 'bars end when everything hit runs again', idleFaultsNote(found)].filter((part) => part !== '').join('; ');
  const description = `Bars on a logarithmic time axis, one panel per orchestrator, one row per failure. ${titleOf(TITLE, slice)}: ${found.series.map((series) => describeRecovery(found, series)).join('; ')}. ${subtitle}.`;
  const y = { field: 'failure', type: 'nominal', scale: { domain: rows, paddingInner: 0.25, paddingOuter: 0.1 }, axis: { title: null, labelLimit: labelWidth, labelOverlap: false, grid: false } };
  const encoding = { y, x: sinceFailure(found, 'from', 'Since failure (log)'), x2: { field: 'to' } };
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
          { mark: { type: 'bar', stroke: INK.axis, strokeWidth: 0.5, clip: true }, encoding: { ...encoding, fill: phaseFill(found) } },
          { transform: [{ filter: `datum.phase === '${OPEN}'` }], mark: { type: 'point', shape: 'triangle-right', size: 50, filled: true, color: INK.text, opacity: 1 }, encoding: { y, x: sinceFailure(found, 'to', 'Since failure (log)') } },
        ],
      },
    },
    table: recoveryTable(found),
  };
}
