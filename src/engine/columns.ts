/** Column growth: the same values in an array of twice the length (or `length`). */
export function grown64(from: Float64Array, length = from.length * 2): Float64Array<ArrayBuffer> {
  const to = new Float64Array(length);
  to.set(from);
  return to;
}

export function grown32(from: Int32Array, length = from.length * 2): Int32Array<ArrayBuffer> {
  const to = new Int32Array(length);
  to.set(from);
  return to;
}

export function grown16(from: Uint16Array, length = from.length * 2): Uint16Array<ArrayBuffer> {
  const to = new Uint16Array(length);
  to.set(from);
  return to;
}

export function grown8(from: Uint8Array, length = from.length * 2): Uint8Array<ArrayBuffer> {
  const to = new Uint8Array(length);
  to.set(from);
  return to;
}
