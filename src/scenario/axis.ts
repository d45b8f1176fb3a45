import { canonicalJson } from './canonical.ts';
import { MOST_VALUES } from './sweep-schema.ts';
import { isForbiddenKey, type PathSegment } from './yaml-document.ts';

/** One value of an axis. */
export interface AxisValue {
  readonly value: unknown;
  /** As it stands in the axis's column of runs.csv. */
  readonly text: string;
  /** Where it was written: a path in the scenario, or the option of the command line. */
  readonly source: readonly PathSegment[] | string;
}

/** Something that a sweep varies: values that are put at one or several paths of the scenario. */
export interface Axis {
  /** Name of its column in runs.csv: its path, or the name that the scenario gives it. */
  readonly column: string;
  readonly paths: readonly (readonly string[])[];
  readonly values: readonly AxisValue[];
}

/** What is wrong with an axis, without saying where. */
export class AxisError extends Error {}

/** Column of the axis of orchestrators: their labels. */
export const LABEL_COLUMN = 'label';

/** Makes an axis from what a scenario or the command line says. @param source of the values as a whole; elements of a list follow it by their number @throws AxisError */
export function axisOf(name: string, written: unknown, source: readonly PathSegment[] | string): Axis {
  const named = isNamed(written);
  const targets = named ? (Array.isArray(written.set) ? (written.set as string[]) : [written.set as string]) : [name];
  const values = valuesOf(named ? written.values : written, named && typeof source !== 'string' ? [...source, 'values'] : source);
  const texts = new Set<string>();
  for (const { text } of values) {
    // In tables an empty cell says that the axis is not about this run.
    if (text.trim() === '') throw new AxisError('a value without a name; expected a label of its own, as in { label: none, value: "" }');
    if (texts.has(text)) throw new AxisError(`the value ${text} is given twice`);
    texts.add(text);
  }
  return { column: name === 'orchestrators' ? LABEL_COLUMN : name, paths: targets.map(axisPath), values };
}

/** Keys of a scenario that say what it is called, or how it is judged, and are no part of a run; and seeds, which have a place of their own. */
const NO_AXES: ReadonlySet<string> = new Set(['name', 'question', 'parameters', 'seed', 'seeds', 'sweep', 'output', 'expect']);

/** Reads a path of keys. @throws AxisError */
export function axisPath(text: string): readonly string[] {
  const path = text.split('.');
  for (const segment of path) {
    if (segment === '') throw new AxisError(`the path "${text}" has an empty key`);
    if (isForbiddenKey(segment)) throw new AxisError(`the key "${segment}" is not allowed`);
  }
  if (path.length > 16) throw new AxisError(`the path "${text.slice(0, 60)}..." has more than 16 keys`);
  if (NO_AXES.has(path[0]!)) throw new AxisError(`${path[0]} cannot be an axis${path[0]!.startsWith('seed') ? '; expected sweep.seeds' : ''}`);
  return path;
}

/** Values from a list (whose elements may be ranges), a range, or one value. @throws AxisError */
export function valuesOf(written: unknown, source: readonly PathSegment[] | string): AxisValue[] {
  if (!Array.isArray(written)) return elements(written, source);
  const values = written.flatMap((element: unknown, i) => elements(element, typeof source === 'string' ? source : [...source, i]));
  if (values.length > MOST_VALUES) throw new AxisError(`more than ${MOST_VALUES} values`);
  return values;
}

function elements(element: unknown, source: AxisValue['source']): AxisValue[] {
  const range = typeof element === 'string' ? rangeOf(element) : null;
  if (range !== null) return range.map((value) => ({ value, text: textOf(value), source }));
  if (isLabelled(element)) return [{ value: element.value, text: textOf(element.label), source: typeof source === 'string' ? source : [...source, 'value'] }];
  return [{ value: element, text: textOf(element), source }];
}

const RANGE = /^(-?\d{1,12}(?:\.\d{1,9})?)([A-Za-z]{0,3})\s*\.\.\s*(-?\d{1,12}(?:\.\d{1,9})?)([A-Za-z]{0,3})(?:\s+step\s+(\d{1,12}(?:\.\d{1,9})?)([A-Za-z]{0,3}))?$/;

/** Whether a text is a range: `1..30`, `0.5..0.9 step 0.1`, `1h..3h`. */
export function isRange(text: string): boolean {
  return RANGE.test(text.trim());
}

/** Values of a range, exact in its own decimals; `null` when the text is none. Both ends belong to it. */
function rangeOf(text: string): (number | string)[] | null {
  const match = RANGE.exec(text.trim());
  if (match === null) return null;
  const [, from, fromUnit, to, toUnit, step = '1', stepUnit] = match as unknown as [string, string, string, string, string, string?, string?];
  const unit = toUnit;
  if ((fromUnit !== '' && fromUnit !== unit) || (stepUnit !== undefined && stepUnit !== unit)) throw new AxisError(`the range ${text.trim()} mixes units; expected one, as in 10min..30min step 10min`);
  const decimals = Math.max(...[from, to, step].map((number) => number.split('.')[1]?.length ?? 0));
  const scale = Number(`1e${decimals}`);
  const scaled = (number: string): number => Math.round(Number(number) * scale);
  const [first, last, distance] = [scaled(from), scaled(to), scaled(step)];
  if (distance <= 0) throw new AxisError(`the range ${text.trim()} has a step of zero`);
  if (last < first) throw new AxisError(`the range ${text.trim()} ends before it begins`);
  const count = Math.floor((last - first) / distance) + 1;
  if (count > MOST_VALUES) throw new AxisError(`the range ${text.trim()} has ${count} values; at most ${MOST_VALUES}`);
  return Array.from({ length: count }, (_, i) => {
    const value = (first + i * distance) / scale;
    return unit === '' ? value : `${value}${unit}`;
  });
}

const LONGEST_TEXT = 120;

/** A value in words, on one line. */
export function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : canonicalJson(value);
  // oxlint-disable-next-line no-control-regex -- a name in a table must not break its line
  return text.replaceAll(/[\u0000-\u001F\u007F]+/g, ' ').slice(0, LONGEST_TEXT);
}

function isNamed(written: unknown): written is { set: unknown; values: unknown } {
  return isMapping(written) && Object.hasOwn(written, 'set') && Object.hasOwn(written, 'values');
}

function isLabelled(element: unknown): element is { label: unknown; value: unknown } {
  return isMapping(element) && Object.hasOwn(element, 'label') && Object.hasOwn(element, 'value') && Object.keys(element).length === 2;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
