import { formatDuration, formatNumber } from './text-format.ts';

/** A linear time axis in the unit that people would use for its length. */
export interface TimeAxis {
  readonly unit: string;
  readonly secondsPerUnit: number;
  /** Tick positions in units, from 0 to at most the end. */
  readonly ticks: readonly number[];
}

const UNITS: readonly (readonly [unit: string, seconds: number, steps: readonly number[]])[] = [
  ['s', 1, [1, 2, 5, 10, 15, 20, 30, 60, 120]],
  ['min', 60, [1, 2, 5, 10, 15, 20, 30]],
  ['h', 3600, [0.5, 1, 2, 3, 6, 12, 24]],
  ['d', 86400, [1, 2, 5, 7, 14, 30, 60, 90, 180, 365]],
];

/** Unit and four to ten ticks for an axis from 0 to `endS` seconds. */
export function timeAxis(endS: number): TimeAxis {
  const [unit, secondsPerUnit, steps] = endS <= 600 ? UNITS[0]! : endS <= 3 * 3600 ? UNITS[1]! : endS <= 4 * 86400 ? UNITS[2]! : UNITS[3]!;
  const end = endS / secondsPerUnit;
  const step = steps.find((candidate) => end / candidate <= 9) ?? steps.at(-1)! * Math.ceil(end / steps.at(-1)! / 9);
  const ticks: number[] = [];
  for (let i = 0; i * step <= end * (1 + 1e-9); i++) ticks.push(i * step);
  return { unit, secondsPerUnit, ticks };
}

/** Positions on a logarithmic time axis that people read, in seconds. */
const LOG_TICKS = [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 60, 300, 3600, 6 * 3600, 86400, 7 * 86400, 30 * 86400, 365 * 86400];

/** Ticks within the domain, with their labels (`1 s`, `10 s`, `1 min`, `5 min`, `1 h`). */
export function logTimeTicks(fromS: number, toS: number): readonly { readonly value: number; readonly label: string }[] {
  return LOG_TICKS.filter((value) => value >= fromS * (1 - 1e-9) && value <= toS * (1 + 1e-9)).map((value) => ({ value, label: value < 1e-3 ? `${formatNumber(value * 1e6)}\u202Fµs` : value < 0.1 ? `${formatNumber(value * 1000)}\u202Fms` : formatDuration(value) }));
}

/** An expression that labels exactly the given ticks. */
export function labelExpression(ticks: readonly { readonly value: number; readonly label: string }[]): string {
  return `({${ticks.map((tick) => `${JSON.stringify(String(tick.value))}:${JSON.stringify(tick.label)}`).join(',')}})[toString(datum.value)] || ''`;
}
