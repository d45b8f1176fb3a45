/** What a text with a unit could not be read as; the message names the expected form. */
export class QuantityError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'QuantityError';
  }
}

const DURATION_UNITS_US: ReadonlyMap<string, number> = new Map([
  ['us', 1],
  ['ms', 1e3],
  ['s', 1e6],
  ['min', 60e6],
  ['h', 3600e6],
  ['d', 86_400e6],
]);

const BYTE_UNITS: ReadonlyMap<string, number> = new Map([
  ['B', 1],
  ['kB', 1e3],
  ['KB', 1e3],
  ['MB', 1e6],
  ['GB', 1e9],
  ['TB', 1e12],
  ['KiB', 1024],
  ['MiB', 1_048_576],
  ['GiB', 1_073_741_824],
  ['TiB', 1_099_511_627_776],
  ['Ki', 1024],
  ['Mi', 1_048_576],
  ['Gi', 1_073_741_824],
  ['Ti', 1_099_511_627_776],
]);

const NUMBER_AND_UNIT = /^(-?\d{1,16}(?:\.\d{1,12})?)\s*([A-Za-z]*)$/;
const DURATION_PARTS = /^(?:\d{1,16}(?:\.\d{1,12})?[a-z]+){2,6}$/;
const DURATION_PART = /(\d{1,16}(?:\.\d{1,12})?)([a-z]+)/g;

/**
 * A duration in whole microseconds from `500ms`, `10s`, `5min`, `1h`, `2d` or `1h30min`. Only zero may stand without a unit.
 * @throws QuantityError naming the expected form
 */
export function parseDurationUs(value: unknown): number {
  if (value === 0 || value === '0') return 0;
  if (typeof value === 'number') throw new QuantityError(`${value} has no unit; expected a duration such as 500ms, 10s, 5min, 1h or 2d`);
  if (typeof value !== 'string') throw new QuantityError('expected a duration such as 500ms, 10s, 5min, 1h or 2d');
  const text = value.trim();
  let us = 0;
  if (DURATION_PARTS.test(text)) {
    for (const [, number, unit] of text.matchAll(DURATION_PART)) us += Number(number) * durationUnit(text, unit!);
  } else {
    const match = NUMBER_AND_UNIT.exec(text);
    if (match === null) throw new QuantityError(`"${shown(text)}" is no duration; expected a form such as 500ms, 10s, 5min, 1h or 2d`);
    if (match[2] === '') throw new QuantityError(`${text} has no unit; expected a duration such as ${text}s or ${text}min`);
    us = Number(match[1]) * durationUnit(text, match[2]!);
  }
  if (us < 0) throw new QuantityError(`${text} is negative; a duration must not be`);
  return whole(us, text, 'microseconds');
}

/**
 * Bytes from `64GiB`, `16GB`, `512MiB`, `100B`. Only zero may stand without a unit.
 * @throws QuantityError naming the expected form
 */
export function parseBytes(value: unknown): number {
  if (value === 0 || value === '0') return 0;
  if (typeof value === 'number') throw new QuantityError(`${value} has no unit; expected an amount such as 512MiB, 64GiB or 16GB`);
  if (typeof value !== 'string') throw new QuantityError('expected an amount such as 512MiB, 64GiB or 16GB');
  const text = value.trim();
  const match = NUMBER_AND_UNIT.exec(text);
  if (match === null) throw new QuantityError(`"${shown(text)}" is no amount of bytes; expected a form such as 512MiB, 64GiB or 16GB`);
  if (match[2] === '') throw new QuantityError(`${text} has no unit; expected an amount such as ${text}MiB or ${text}GB`);
  const factor = BYTE_UNITS.get(match[2]!);
  if (factor === undefined) throw new QuantityError(`"${match[2]}" is no unit of bytes; expected B, kB, MB, GB, TB, KiB, MiB, GiB or TiB`);
  const bytes = Number(match[1]) * factor;
  if (bytes < 0) throw new QuantityError(`${text} is negative; an amount of bytes must not be`);
  return whole(bytes, text, 'bytes');
}

/**
 * Milli-cores from whole or decimal cores (`32`, `0.5`) or with the suffix m (`500m`).
 * @throws QuantityError naming the expected form
 */
export function parseCpuMilli(value: unknown): number {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : '';
  const match = NUMBER_AND_UNIT.exec(text);
  if (match === null || (match[2] !== '' && match[2] !== 'm')) {
    throw new QuantityError(`${text === '' ? 'this' : `"${shown(text)}"`} is no number of cores; expected a form such as 32, 0.5 or 500m`);
  }
  const milli = match[2] === 'm' ? Number(match[1]) : Number(match[1]) * 1000;
  if (milli < 0) throw new QuantityError(`${text} is negative; a number of cores must not be`);
  return whole(milli, text, 'milli-cores');
}

function durationUnit(text: string, unit: string): number {
  const factor = DURATION_UNITS_US.get(unit);
  if (factor !== undefined) return factor;
  const hint = unit === 'm' ? ' (minutes are written "min")' : '';
  throw new QuantityError(`"${unit}" in "${shown(text)}" is no unit of time${hint}; expected us, ms, s, min, h or d`);
}

function whole(value: number, text: string, unit: string): number {
  const rounded = Math.round(value);
  if (rounded > Number.MAX_SAFE_INTEGER) throw new QuantityError(`${text} is too large: more than 2^53 ${unit}`);
  if (Math.abs(value - rounded) > 1e-6 * Math.max(1, value)) throw new QuantityError(`${text} is no whole number of ${unit}`);
  return rounded;
}

function shown(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}
