const ZERO = 0x30;
const EXACT_DIGITS = 15;
const TENS = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/**
 * Decimal number in `bytes[start, end)`, times 10^shift; blanks around it are allowed. `NaN` when it is no number.
 * Correctly rounded: up to 15 digits the mantissa is an exact integer and one multiplication or division by an exact power of ten follows; anything longer goes through `Number`.
 */
export function decimal(bytes: Uint8Array, start: number, end: number, shift = 0): number {
  let from = start;
  let to = end;
  while (from < to && bytes[from]! <= 0x20) from++;
  while (to > from && bytes[to - 1]! <= 0x20) to--;
  let i = from;
  const negative = bytes[i] === 0x2d && i < to;
  if (negative || (bytes[i] === 0x2b && i < to)) i++;
  const first = i;
  let mantissa = 0;
  let fraction = -1;
  for (; i < to; i++) {
    const digit = bytes[i]! - ZERO;
    if (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit;
      if (fraction >= 0) fraction++;
    } else if (bytes[i] === 0x2e && fraction < 0) fraction = 0;
    else break;
  }
  const digits = i - first - (fraction >= 0 ? 1 : 0);
  if (i < to || digits > EXACT_DIGITS) return long(bytes, from, to, shift);
  if (digits === 0) return NaN;
  const exponent = shift - Math.max(fraction, 0);
  const value = exponent >= 0 ? mantissa * TENS[exponent]! : mantissa / TENS[-exponent]!;
  return negative ? -value : value;
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

function long(bytes: Uint8Array, from: number, to: number, shift: number): number {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1');
  if (!NUMBER.test(text)) return NaN;
  const [mantissa, exponent] = text.toLowerCase().split('e');
  return Number(`${mantissa}e${Number(exponent ?? 0) + shift}`);
}
