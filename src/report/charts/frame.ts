import { FONT_FAMILY, wrapText } from '../font.ts';
import { INK } from '../palette.ts';
import type { VegaLiteSpec } from './chart.ts';

/** Outer size of a chart in pixels: half the width of a page at twice the resolution. */
export const CHART_WIDTH = 640;
export const CHART_HEIGHT = 320;

/** Font sizes in pixels at that size. */
export const FONT_SIZE = { title: 15, subtitle: 12, axisTitle: 12, label: 11, seriesLabel: 12 } as const;

const EDGE = 10;
const BOTTOM = 46;

/** The plotting area inside a chart, in pixels. */
export interface Frame {
  readonly plotWidth: number;
  readonly plotHeight: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly title: readonly string[];
  readonly subtitle: readonly string[];
}

export interface FrameOptions {
  readonly title: string;
  readonly subtitle: string;
  /** Room for what stands left, right and above the plotting area (between it and the subtitle), pixels. */
  readonly left: number;
  readonly right: number;
  readonly above?: number;
  readonly height?: number;
  readonly bottom?: number;
}

/** Divides the area of a chart; the outer size is exactly {@link CHART_WIDTH} x `height`. */
export function frameOf(options: FrameOptions): Frame {
  const title = wrapText(options.title, FONT_SIZE.title, CHART_WIDTH - 2 * EDGE);
  const subtitle = wrapText(options.subtitle, FONT_SIZE.subtitle, CHART_WIDTH - 2 * EDGE);
  const above = options.above ?? 0;
  const bottom = options.bottom ?? BOTTOM;
  const top = EDGE + title.length * (FONT_SIZE.title + 3) + subtitle.length * (FONT_SIZE.subtitle + 3) + 10 + above;
  return { plotWidth: CHART_WIDTH - options.left - options.right, plotHeight: (options.height ?? CHART_HEIGHT) - top - bottom, left: options.left, right: options.right, top, bottom, title, subtitle };
}

/** A whole specification around layers that were laid out for the frame. */
export function framedSpec(frame: Frame, description: string, layer: readonly VegaLiteSpec[], resolve: VegaLiteSpec = {}): VegaLiteSpec {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    description,
    width: frame.plotWidth,
    height: frame.plotHeight,
    autosize: { type: 'none' },
    padding: { left: frame.left, right: frame.right, top: frame.top, bottom: frame.bottom },
    title: { text: frame.title, subtitle: frame.subtitle, dx: EDGE - frame.left, offset: 8 },
    config: CHART_CONFIG,
    resolve,
    layer,
  };
}

/** Looks shared by all charts. */
export const CHART_CONFIG: VegaLiteSpec = {
  background: INK.paper,
  font: `${FONT_FAMILY}, sans-serif`,
  aria: false,
  view: { stroke: null },
  title: { anchor: 'start', frame: 'group', fontSize: FONT_SIZE.title, fontWeight: 'normal', color: INK.text, subtitleFontSize: FONT_SIZE.subtitle, subtitleColor: INK.muted, subtitlePadding: 4, lineHeight: FONT_SIZE.title + 3, subtitleLineHeight: FONT_SIZE.subtitle + 3 },
  axis: { labelFontSize: FONT_SIZE.label, titleFontSize: FONT_SIZE.axisTitle, titleFontWeight: 'normal', labelColor: INK.text, titleColor: INK.text, gridColor: INK.grid, domainColor: INK.axis, tickColor: INK.axis, tickSize: 4, labelPadding: 3, titlePadding: 6, labelOverlap: 'greedy', labelSeparation: 4, labelFlush: false },
  axisY: { domain: false, ticks: false },
  axisX: { grid: false },
  text: { fontSize: FONT_SIZE.label, color: INK.text },
  header: { labelFontSize: FONT_SIZE.seriesLabel, labelColor: INK.text, titleColor: INK.text, titleFontWeight: 'normal' },
  legend: { labelFontSize: FONT_SIZE.label, titleFontSize: FONT_SIZE.axisTitle, titleFontWeight: 'normal', labelColor: INK.text, titleColor: INK.text },
};
