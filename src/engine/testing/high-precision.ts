/*
 * Logarithm and exponential in fixed-point BigInt arithmetic with 200 binary places: the yardstick for numeric.ts. Slow and simple on purpose.
 */

const PLACES = 200n;
const ONE = 1n << PLACES;

/** A double as a fixed-point number, exactly (truncated below 2^-200). */
function fixed(x: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const exponentField = (bits >> 52n) & 0x7ffn;
  const fraction = bits & 0xfffffffffffffn;
  const mantissa = exponentField === 0n ? fraction : fraction | (1n << 52n);
  const shift = (exponentField === 0n ? 1n : exponentField) - 1075n + PLACES;
  const magnitude = shift >= 0n ? mantissa << shift : mantissa >> -shift;
  return bits >> 63n === 1n ? -magnitude : magnitude;
}

/** 2 atanh(y) = ln((1 + y) / (1 - y)) for |y| <= 1/3. */
function twiceAtanh(y: bigint): bigint {
  const square = (y * y) >> PLACES;
  let power = y;
  let sum = 0n;
  for (let k = 1n; power !== 0n && power !== -1n; k += 2n) {
    sum += power / k;
    power = (power * square) >> PLACES;
  }
  return 2n * sum;
}

const LN2 = twiceAtanh(ONE / 3n);

/** value * 2^-exponent as a double would be `ulps` away from `approximation`: the distance in units of the last place of the approximation. */
function ulpsBetween(approximation: number, mantissa: bigint, exponent: bigint): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(approximation));
  const bits = view.getBigUint64(0);
  const field = bits >> 52n;
  // Last place of the approximation is 2^place.
  const place = (field === 0n ? 1n : field) - 1075n;
  const units = field === 0n ? bits : (bits & 0xfffffffffffffn) | (1n << 52n);
  // Compare in units of 2^(place - 40).
  const scale = place - 40n + exponent;
  const wanted = scale >= 0n ? (mantissa < 0n ? -mantissa : mantissa) >> scale : (mantissa < 0n ? -mantissa : mantissa) << -scale;
  const distance = (units << 40n) - wanted;
  if (approximation !== 0 && mantissa < 0n !== approximation < 0) return Infinity;
  return Number(distance < 0n ? -distance : distance) / 1_099_511_627_776;
}

/** How many units in the last place `approximation` is away from ln(x), x > 0. */
export function lnErrorUlps(x: number, approximation: number): number {
  let mantissa = x;
  let k = 0n;
  while (mantissa >= 1.5) {
    mantissa /= 2;
    k++;
  }
  while (mantissa < 0.75) {
    mantissa *= 2;
    k--;
  }
  const m = fixed(mantissa);
  return ulpsBetween(approximation, k * LN2 + twiceAtanh(((m - ONE) << PLACES) / (m + ONE)), PLACES);
}

/** How many units in the last place `approximation` is away from e^x. */
export function expErrorUlps(x: number, approximation: number): number {
  const value = fixed(x);
  const k = value / LN2;
  const rest = value - k * LN2;
  let term = ONE;
  let sum = 0n;
  for (let n = 1n; term !== 0n && term !== -1n; n++) {
    sum += term;
    term = ((term * rest) >> PLACES) / n;
  }
  return ulpsBetween(approximation, sum, PLACES - k);
}
