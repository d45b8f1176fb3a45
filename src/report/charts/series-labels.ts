import { textWidth } from '../font.ts';
import { INK } from '../palette.ts';
import type { Series } from '../slices.ts';
import type { VegaLiteSpec } from './chart.ts';
import { FONT_SIZE } from './frame.ts';

/** Where the line of a series ends, in pixels of the plotting area. */
export interface LineEnd {
  readonly series: Series;
  readonly text: string;
  readonly x: number;
  readonly y: number;
}

const LINE_HEIGHT = 15;
const GAP = 20;
/** Up to this many series the label is tied to the end of its line; above, labels form a legend with a sample of each line, in the order of the ends. */
const DIRECT_LIMIT = 5;

/** Room that the labels need right of the plotting area, pixels. */
export function seriesLabelRoom(texts: readonly string[]): number {
  return GAP + 8 + Math.ceil(Math.max(0, ...texts.map((text) => textWidth(text, FONT_SIZE.seriesLabel)))) + 8;
}

/** Layers that name each series at the right edge. */
export function seriesLabelLayers(ends: readonly LineEnd[], plotWidth: number, plotHeight: number): readonly VegaLiteSpec[] {
  const sorted = ends.toSorted((a, b) => a.y - b.y);
  const positions = spread(sorted.map((end) => end.y), LINE_HEIGHT, plotHeight);
  const direct = ends.length <= DIRECT_LIMIT;
  const labels = sorted.map((end, i) => ({ series: end.series.label, text: end.text, x: direct ? plotWidth : plotWidth + 4, y: direct ? end.y : positions[i]!, x2: plotWidth + GAP, y2: positions[i]!, textX: plotWidth + GAP + 4 }));
  // The same domain, in the same order, as the lines: one scale for all layers.
  const channels = seriesChannels(ends.map((end) => end.series));
  const pixel = (field: string): VegaLiteSpec => ({ field, type: 'quantitative', scale: null, axis: null });
  // From a line that ends early, level to the edge: leaders that cross the chart aslant read as data.
  const early = direct ? sorted.filter((end) => end.x < plotWidth - 1).map((end) => ({ series: end.series.label, x: end.x, y: end.y, x2: plotWidth })) : [];
  return [
    ...(early.length === 0 ? [] : [{ data: { values: early }, mark: { type: 'rule', strokeWidth: 1, opacity: 0.8 }, encoding: { x: pixel('x'), x2: { field: 'x2' }, y: pixel('y'), color: channels.color, strokeDash: { value: [1, 0] } } }]),
    {
      data: { values: labels },
      mark: { type: 'rule', strokeWidth: direct ? 1 : 2, opacity: direct ? 0.8 : 1, clip: false },
      encoding: {
        x: pixel('x'),
        y: pixel('y'),
        x2: { field: 'x2' },
        y2: { field: 'y2' },
        color: channels.color,
        strokeDash: direct ? { value: [1, 0] } : channels.strokeDash,
      },
    },
    {
      data: { values: labels },
      mark: { type: 'text', align: 'left', baseline: 'middle', fontSize: FONT_SIZE.seriesLabel, color: INK.text, clip: false },
      encoding: { x: pixel('textX'), y: pixel('y2'), text: { field: 'text' } },
    },
  ];
}

/** Colour and dash channels by series label, domains explicit. */
export function seriesChannels(series: readonly Series[]): { readonly color: VegaLiteSpec; readonly strokeDash: VegaLiteSpec } {
  const domain = series.map((one) => one.label);
  return {
    color: { field: 'series', type: 'nominal', legend: null, scale: { domain, range: series.map((one) => one.style.colour) } },
    strokeDash: { field: 'series', type: 'nominal', legend: null, scale: { domain, range: series.map((one) => solid(one.style.dash)) } },
  };
}

/** A solid line as a dash pattern: an empty list is dropped from the range of a scale. */
export function solid(dash: readonly number[]): readonly number[] {
  return dash.length === 0 ? [1, 0] : dash;
}

/** Moves positions apart to at least `distance`, keeping their order, within 0..limit where they fit. */
export function spread(sorted: readonly number[], distance: number, limit: number): number[] {
  const positions = [...sorted];
  for (let i = 1; i < positions.length; i++) positions[i] = Math.max(positions[i]!, positions[i - 1]! + distance);
  const last = positions.length - 1;
  if (last >= 0 && positions[last]! > limit) positions[last] = limit;
  for (let i = last - 1; i >= 0; i--) positions[i] = Math.min(positions[i]!, positions[i + 1]! - distance);
  return positions;
}
