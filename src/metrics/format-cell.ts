import type { CellValue } from './cell-value.ts';

const ZERO = 48;
const POINT = 46;

/** Decimals of times in seconds: exact microseconds. */
export const TIME_DECIMALS = 6;

/**
 * A value as it stands in a CSV file: plain decimals without exponent, trailing zeros cut, never `-0`; what is not defined (or not finite) is empty.
 * @param decimals most decimals to print; `null` for columns of text
 */
export function formatCell(value: CellValue | undefined, decimals: number | null): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (!Number.isFinite(value)) return '';
  // Most figures are whole, and need none of what follows.
  if (Number.isSafeInteger(value)) return value === 0 ? '0' : String(value);
  const fixed = value.toFixed(decimals ?? TIME_DECIMALS);
  if (!fixed.includes('.')) return fixed === '-0' ? '0' : fixed;
  let end = fixed.length;
  while (fixed.charCodeAt(end - 1) === ZERO) end--;
  if (fixed.charCodeAt(end - 1) === POINT) end--;
  const cut = fixed.slice(0, end);
  return cut === '-0' ? '0' : cut;
}

/** A lower bound in seconds, for what is not determined. */
export function moreThan(seconds: number): string {
  return `>${formatCell(seconds, TIME_DECIMALS)}`;
}
