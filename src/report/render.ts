import { CHART_WIDTH } from './charts/frame.ts';
import type { VegaLiteSpec } from './charts/chart.ts';
import { FONT_FAMILY, FONT_FILE, textWidth } from './font.ts';

/** A rendered chart. Equal specifications give equal bytes. */
export interface Rendering {
  /** The bare drawing; names the font without carrying it. */
  readonly svg: string;
  /** Twice the nominal size; made on another thread, while further charts are drawn. */
  readonly png: Promise<Uint8Array>;
}

/** Renders a Vega-Lite specification. Imports Vega when first called: a third of a second that other commands need not pay. */
export async function render(spec: VegaLiteSpec): Promise<Rendering> {
  const [vega, vegaLite, { renderAsync }] = await Promise.all([import('vega'), import('vega-lite'), import('@resvg/resvg-js')]);
  // Without a canvas Vega guesses 0.8 em per character; the widths of the font that is drawn place labels and legends exactly.
  (vega as unknown as { textMetrics: { width: TextWidth } }).textMetrics.width = (item, text) => textWidth(String(text), item.fontSize ?? 11);
  // Identifiers of gradients and clips count up over the life of the process otherwise.
  vega.resetSVGDefIds();
  const compiled = vegaLite.compile(spec as unknown as Parameters<typeof vegaLite.compile>[0], { logger: STRICT_LOGGER }).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: 'none', logger: STRICT_LOGGER });
  let svg: string;
  try {
    svg = await view.toSVG();
  } finally {
    view.finalize();
  }
  const png = renderAsync(svg, { fitTo: { mode: 'width', value: 2 * CHART_WIDTH }, font: { loadSystemFonts: false, fontFiles: [FONT_FILE], defaultFontFamily: FONT_FAMILY } }).then((image) => image.asPng());
  return { svg, png };
}

type TextWidth = (item: { fontSize?: number }, text: unknown) => number;

/** A warning of Vega means a chart that does not show what it says. */
const STRICT_LOGGER = {
  level() {
    return this;
  },
  error(...messages: unknown[]): never {
    throw new Error(`chart: ${messages.map(String).join(' ')}`);
  },
  warn(...messages: unknown[]): never {
    throw new Error(`chart: ${messages.map(String).join(' ')}`);
  },
  info() {
    return this;
  },
  debug() {
    return this;
  },
};
