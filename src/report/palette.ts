/** How one series is drawn: colour, and dash and shape as second channels, so that it can be told apart in grey. */
export interface SeriesStyle {
  readonly colour: string;
  /** Lengths of strokes and gaps in pixels; empty = solid. */
  readonly dash: readonly number[];
  /** Name of a Vega symbol. */
  readonly shape: string;
}

/**
 * The one table of colours by orchestrator name: Okabe-Ito (Okabe and Ito, "Color Universal Design", 2008), grey for reference ideals.
 * The same system has the same colour in every chart of every report.
 */
const STYLES: ReadonlyMap<string, SeriesStyle> = new Map([
  ['kubernetes', { colour: '#0072B2', dash: [], shape: 'circle' }],
  ['mesos', { colour: '#D55E00', dash: [7, 3], shape: 'square' }],
  ['swarm-classic', { colour: '#009E73', dash: [2, 2], shape: 'triangle-up' }],
  ['swarmkit', { colour: '#CC79A7', dash: [8, 3, 2, 3], shape: 'diamond' }],
  ['docker-compose', { colour: '#E69F00', dash: [4, 2, 1, 2, 1, 2], shape: 'triangle-down' }],
  ['reference/fifo', { colour: '#767676', dash: [5, 4], shape: 'cross' }],
  ['reference/loss', { colour: '#9A9A9A', dash: [1, 3], shape: 'cross' }],
]);

/** For orchestrators from outside: the rest of the palette, in the order of their names. */
const OTHER_STYLES: readonly SeriesStyle[] = [
  { colour: '#56B4E9', dash: [10, 3], shape: 'triangle-right' },
  { colour: '#000000', dash: [3, 3, 8, 3], shape: 'triangle-left' },
  { colour: '#B8A500', dash: [1, 2], shape: 'stroke' },
];

const OTHER_REFERENCE: SeriesStyle = { colour: '#858585', dash: [8, 2], shape: 'cross' };

/** Is this one of the named ideals (`reference/...`) rather than a system that could be chosen? */
export function isReference(orchestrator: string): boolean {
  return orchestrator.startsWith('reference/');
}

/** The style of each series, in the order given. Several series of one orchestrator share its hue and differ in lightness, dash and shape. */
export function seriesStyles(orchestrators: readonly string[]): readonly SeriesStyle[] {
  const others = [...new Set(orchestrators)].filter((name) => !STYLES.has(name) && !isReference(name)).toSorted(byCodeUnits);
  const seen = new Map<string, number>();
  return orchestrators.map((name) => {
    const base = STYLES.get(name) ?? (isReference(name) ? OTHER_REFERENCE : OTHER_STYLES[others.indexOf(name) % OTHER_STYLES.length]!);
    const variant = seen.get(name) ?? 0;
    seen.set(name, variant + 1);
    return variantOf(base, variant);
  });
}

const VARIANT_SHADES: readonly (readonly [towards: number, amount: number])[] = [
  [0, 0],
  [0, 0.45],
  [255, 0.4],
  [0, 0.7],
  [255, 0.6],
];
const VARIANT_DASHES: readonly (readonly number[])[] = [[], [3, 2], [9, 2, 2, 2], [1, 1], [12, 4]];
const VARIANT_SHAPES = ['circle', 'square', 'triangle-up', 'diamond', 'cross'];

function variantOf(base: SeriesStyle, variant: number): SeriesStyle {
  if (variant === 0) return base;
  const [towards, amount] = VARIANT_SHADES[variant % VARIANT_SHADES.length]!;
  const channels = [1, 3, 5].map((at) => Number.parseInt(base.colour.slice(at, at + 2), 16));
  const colour = `#${channels.map((channel) => Math.round(channel + (towards - channel) * amount).toString(16).padStart(2, '0')).join('')}`;
  const shift = (variant + Math.max(0, VARIANT_SHAPES.indexOf(base.shape))) % VARIANT_SHAPES.length;
  return { colour: colour.toUpperCase(), dash: VARIANT_DASHES[(variant + (base.dash.length === 0 ? 0 : 1)) % VARIANT_DASHES.length]!, shape: VARIANT_SHAPES[shift]! };
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Phases of a recovery, dark to light in the order in which they happen: tell apart in grey by lightness, in no system's colour. */
export const PHASE_COLOURS = [
  ['detect', '#3B3B58'],
  ['decide', '#7A5195'],
  ['replace', '#C98BB9'],
  ['restore', '#F0D3B8'],
] as const;

/** Where capacity went; neighbours in stacking order differ in lightness. */
export const CAPACITY_COLOURS = { useful: '#2F5D7C', duplicate: '#F2C14E', lost: '#A8431F', fragmented: '#BFCBD3', down: '#3A3A3A', idle: '#EFEFEF' } as const;

/** Neutral inks of charts. Pages replace them in dark mode, so nothing else may use these values. */
export const INK = { text: '#1C1C1C', muted: '#5A5A5A', grid: '#E4E4E4', axis: '#8C8C8C', shade: '#B0B0B0', paper: '#FFFFFF' } as const;
