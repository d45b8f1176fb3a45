/**
 * `ln`, `exp` and `pow` from the four operations and exact scaling alone: the language leaves Math.log, Math.exp and Math.pow implementation-defined, and they do
 * differ between releases. Polynomials and argument reduction after FreeBSD msun (e_log.c, e_exp.c, Sun Microsystems 1993), error below 1 ulp.
 * Constants are the shortest decimals of the published values.
 */

const bits = new DataView(new ArrayBuffer(8));
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const LOG2_E = 1.4426950408889634;
const TWO_54 = 18014398509481984;

/** Natural logarithm. `ln(0)` is `-Infinity`, of a negative number `NaN`. */
export function ln(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return Infinity;
  let k = 0;
  let value = x;
  if (value < 2.2250738585072014e-308) {
    value *= TWO_54;
    k = -54;
  }
  bits.setFloat64(0, value);
  let high = bits.getInt32(0);
  k += (high >> 20) - 1023;
  high &= 0x000fffff;
  // Scale into [sqrt(2)/2, sqrt(2)).
  const i = (high + 0x95f64) & 0x100000;
  bits.setInt32(0, high | (i ^ 0x3ff00000));
  k += i >> 20;
  const f = bits.getFloat64(0) - 1;
  if (f === 0) return k === 0 ? 0 : k * LN2_HIGH + k * LN2_LOW;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const t1 = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const t2 = z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  const r = t1 + t2;
  const halfSquare = 0.5 * f * f;
  return k * LN2_HIGH - (halfSquare - (s * (halfSquare + r) + k * LN2_LOW) - f);
}

/** e to the power of x. Overflows to `Infinity`, underflows to 0. */
export function exp(x: number): number {
  if (x !== x) return NaN;
  if (x > 709.782712893384) return Infinity;
  if (x < -745.1332191019411) return 0;
  let high = x;
  let low = 0;
  let k = 0;
  let reduced = x;
  if (x > 0.34657359027997264 || x < -0.34657359027997264) {
    k = Math.trunc(LOG2_E * x + (x < 0 ? -0.5 : 0.5));
    high = x - k * LN2_HIGH;
    low = k * LN2_LOW;
    reduced = high - low;
  }
  const t = reduced * reduced;
  const c =
    reduced -
    t *
      (0.16666666666666602 +
        t * (-0.0027777777777015593 + t * (0.00006613756321437934 + t * (-0.0000016533902205465252 + t * 4.1381367970572385e-8))));
  if (k === 0) return 1 - ((reduced * c) / (c - 2) - reduced);
  const y = 1 - (low - (reduced * c) / (2 - c) - high);
  return scaled(y, k);
}

/**
 * x to the power of y for x >= 0 (`NaN` below). Whole exponents up to 64 by repeated multiplication, others as exp(y ln x): relative error about
 * |y ln x| * 2^-52.
 */
export function pow(x: number, y: number): number {
  if (y === 0) return 1;
  if (x === 1) return 1;
  if (x < 0 || x !== x || y !== y) return NaN;
  if (x === 0) return y > 0 ? 0 : Infinity;
  if (Number.isInteger(y) && y >= -64 && y <= 64) {
    let result = 1;
    let base = x;
    for (let n = Math.abs(y); n > 0; n >>>= 1) {
      if (n & 1) result *= base;
      base *= base;
    }
    return y < 0 ? 1 / result : result;
  }
  return exp(y * ln(x));
}

/** value * 2^k, exact but for underflow. */
function scaled(value: number, k: number): number {
  if (k > 1023) return value * 2 * powerOfTwo(k - 1);
  if (k < -1021) return value * powerOfTwo(k + 54) / TWO_54;
  return value * powerOfTwo(k);
}

function powerOfTwo(k: number): number {
  bits.setInt32(0, (k + 1023) << 20);
  bits.setInt32(4, 0);
  return bits.getFloat64(0);
}
