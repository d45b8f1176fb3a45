/** Thin space at which no line breaks: separates thousands, and a number from its unit. */
export const THIN_SPACE = '\u202F';

/** `fractionDigits` decimals, thousands separated by a thin space: `12 345.6`. */
export function formatNumber(value: number, fractionDigits = 0): string {
  const [whole = '', fraction] = Math.abs(value).toFixed(fractionDigits).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, THIN_SPACE);
  const isZero = Number(whole) === 0 && (fraction === undefined || Number(fraction) === 0);
  return `${value < 0 && !isZero ? '\u2212' : ''}${grouped}${fraction === undefined ? '' : `.${fraction}`}`;
}

/** A share 0..1 as per cent: `61.3 %`. Small ones keep a significant digit: `0.004 %`. */
export function formatShare(share: number): string {
  const percent = Math.abs(share * 100);
  const digits = percent === 0 || percent >= 0.95 ? 1 : percent >= 0.095 ? 2 : 3;
  return `${formatNumber(share * 100, digits)}${THIN_SPACE}%`;
}

const DURATION_UNITS: readonly (readonly [unit: string, seconds: number, next: string, nextPerUnit: number])[] = [
  ['d', 86400, 'h', 24],
  ['h', 3600, 'min', 60],
  ['min', 60, 's', 60],
];

/** A duration in at most two units: `12 ms`, `4.2 s`, `5 min 40 s`, `3 d 4 h`. */
export function formatDuration(seconds: number): string {
  if (seconds < 0) return `\u2212${formatDuration(-seconds)}`;
  if (seconds === 0) return `0${THIN_SPACE}s`;
  if (seconds < 0.0995) return `${formatNumber(seconds * 1000, seconds < 0.00095 ? 3 : seconds < 0.00995 ? 1 : 0)}${THIN_SPACE}ms`;
  if (seconds < 59.95) return `${formatNumber(seconds, seconds < 9.995 ? 2 : 1).replace(/\.?0+$/, '')}${THIN_SPACE}s`;
  for (const [unit, size, next, perUnit] of DURATION_UNITS) {
    const smaller = Math.round(seconds / (size / perUnit));
    if (smaller < perUnit) continue;
    const rest = smaller % perUnit;
    return `${formatNumber(Math.floor(smaller / perUnit))}${THIN_SPACE}${unit}${rest === 0 ? '' : ` ${rest}${THIN_SPACE}${next}`}`;
  }
  return `1${THIN_SPACE}min`;
}

/** `one`, `one and two`, `one, two and three`. */
export function joinList(parts: readonly string[]): string {
  if (parts.length < 2) return parts.join('');
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)!}`;
}

/** `1 seed`, `3 seeds`. */
export function countOf(count: number, noun: string): string {
  return `${formatNumber(count)} ${noun}${count === 1 ? '' : 's'}`;
}
