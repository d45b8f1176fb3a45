import { textWidth } from '../font.ts';
import type { FaultMark } from '../fault-marks.ts';
import { INK } from '../palette.ts';
import { countOf } from '../text-format.ts';
import type { TimeAxis } from '../time-axis.ts';
import type { VegaLiteSpec } from './chart.ts';
import { FONT_SIZE } from './frame.ts';

/** More faults than this are ticks at the upper edge only, as are faults that differ between seeds: shades would cover everything and belong to no line. */
const SHADE_LIMIT = 40;
const TICK_DISTANCE = 2;
const ROW_HEIGHT = 12;
const MAX_ROWS = 2;

/** How the faults of a chart are shown. */
export interface FaultDrawing {
  /** Room for labels above the plotting area, pixels. */
  readonly above: number;
  /** Explanation for the subtitle; empty without faults. */
  readonly note: string;
  readonly layers: readonly VegaLiteSpec[];
}

/** Rules where faults begin, shades while they are in force, labels where they fit (else their number in order of time). */
export function faultDrawing(marks: readonly FaultMark[], axis: TimeAxis, endS: number, plotWidth: number, seedCount: number): FaultDrawing {
  if (marks.length === 0) return { above: 0, note: '', layers: [] };
  const x = { field: 'at', type: 'quantitative' };
  const values = marks.map((mark) => ({ at: mark.atS / axis.secondsPerUnit, until: Math.min(mark.endS ?? endS, endS) / axis.secondsPerUnit }));
  if (marks.length > SHADE_LIMIT || marks.some((mark) => mark.seeds.length < seedCount)) {
    return { above: 6, note: `ticks at the top: ${countOf(marks.length, 'failure')}${seedCount > 1 ? ' of all seeds' : ''}`, layers: [{ data: { values: onePerTick(values, plotWidth / (endS / axis.secondsPerUnit)) }, mark: { type: 'rule', color: INK.muted, strokeWidth: 1, opacity: 0.6 }, encoding: { x, y: { value: -6 }, y2: { value: 0 } } }] };
  }
  const names = marks.map((mark) => [mark.kind, mark.label].filter((part) => part !== '').join(' '));
  const positions = marks.map((mark) => (mark.atS / endS) * plotWidth);
  const full = place(names, positions, plotWidth);
  const named = full.every((row) => row !== undefined);
  const texts = named ? names : marks.map((mark) => String(mark.number));
  const rows = named ? full : place(texts, positions, plotWidth);
  const labels = texts.flatMap((text, i) => (rows[i] === undefined ? [] : [{ text, x: labelX(text, positions[i]!, plotWidth), y: -3 - ROW_HEIGHT * rows[i]! }]));
  const usedRows = 1 + Math.max(0, ...rows.map((row) => row ?? 0));
  const opacity = marks.length <= 3 ? 0.28 : marks.length <= 10 ? 0.18 : 0.1;
  const pixel = (field: string): VegaLiteSpec => ({ field, type: 'quantitative', scale: null, axis: null });
  return {
    above: usedRows * ROW_HEIGHT + 4,
    note: named ? 'grey: failures in force' : 'grey: failures in force, numbered by time',
    layers: [
      { data: { values }, mark: { type: 'rect', color: INK.shade, opacity }, encoding: { x, x2: { field: 'until' }, y: { value: 0 }, y2: { value: 'height' } } },
      { data: { values }, mark: { type: 'rule', color: INK.muted, strokeWidth: 1, strokeDash: [1, 2] }, encoding: { x, y: { value: -2 }, y2: { value: 'height' } } },
      { data: { values: labels }, mark: { type: 'text', align: 'left', baseline: 'bottom', color: INK.muted, fontSize: FONT_SIZE.label, clip: false }, encoding: { x: pixel('x'), y: pixel('y'), text: { field: 'text' } } },
    ],
  };
}

/** Leaves out ticks that would stand on another one. */
function onePerTick<T extends { readonly at: number }>(values: readonly T[], pixelsPerUnit: number): readonly T[] {
  const seen = new Set<number>();
  return values.filter(({ at }) => {
    const place = Math.floor((at * pixelsPerUnit) / TICK_DISTANCE);
    return !seen.has(place) && seen.add(place);
  });
}

/** The row of each label from the bottom, or undefined where none is free. */
function place(texts: readonly string[], positions: readonly number[], plotWidth: number): readonly (number | undefined)[] {
  const freeFrom: number[] = Array.from({ length: MAX_ROWS }, () => Number.NEGATIVE_INFINITY);
  return texts.map((text, i) => {
    const from = labelX(text, positions[i]!, plotWidth);
    const row = freeFrom.findIndex((free) => free <= from);
    if (row < 0) return undefined;
    freeFrom[row] = from + textWidth(text, FONT_SIZE.label) + 5;
    return row;
  });
}

function labelX(text: string, position: number, plotWidth: number): number {
  const width = textWidth(text, FONT_SIZE.label);
  return Math.max(0, Math.min(position - (text.length <= 3 ? width / 2 : 2), plotWidth - width));
}
