/** Below this many values the built-in sort is the faster one. */
const FEW = 4096;
const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;
/** Digits of a word of 32 bits; two words make a double. */
const DIGITS_PER_WORD = 3;
/** Place of the low word of a double: a matter of the processor. */
const LOW = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1;

/**
 * A sorted copy of values that are zero or positive (and not `NaN`, nor minus zero): their bits sort like whole numbers, digit by digit from the lowest, in time
 * proportional to their number. Digits that all values share cost nothing.
 */
export function sortedDoubles(values: Float64Array): Float64Array {
  const copy = values.slice();
  const { length } = values;
  if (length < FEW) return copy.sort();
  let from = new Uint32Array(copy.buffer);
  let to = new Uint32Array(2 * length);
  const starts = countDigits(from);
  for (let digit = 0; digit < 2 * DIGITS_PER_WORD; digit++) {
    const word = digit < DIGITS_PER_WORD ? LOW : 1 - LOW;
    const shift = (digit % DIGITS_PER_WORD) * DIGIT_BITS;
    const table = digit * DIGITS;
    if (starts[table + ((from[word]! >>> shift) & (DIGITS - 1))] === length) continue;
    let before = 0;
    for (let i = table; i < table + DIGITS; i++) {
      const count = starts[i]!;
      starts[i] = before;
      before += count;
    }
    distribute(from, to, starts, table, word, shift);
    [from, to] = [to, from];
  }
  return new Float64Array(from.buffer);
}

/** How often each digit has each value. */
function countDigits(words: Uint32Array): Uint32Array {
  const counts = new Uint32Array(2 * DIGITS_PER_WORD * DIGITS);
  for (let i = 0; i < words.length; i += 2) {
    const low = words[i + LOW]!;
    const high = words[i + 1 - LOW]!;
    counts[low & (DIGITS - 1)]!++;
    counts[DIGITS + ((low >>> DIGIT_BITS) & (DIGITS - 1))]!++;
    counts[2 * DIGITS + (low >>> (2 * DIGIT_BITS))]!++;
    counts[3 * DIGITS + (high & (DIGITS - 1))]!++;
    counts[4 * DIGITS + ((high >>> DIGIT_BITS) & (DIGITS - 1))]!++;
    counts[5 * DIGITS + (high >>> (2 * DIGIT_BITS))]!++;
  }
  return counts;
}

/** Puts each value behind those with a lower digit and those with the same that came before it. */
function distribute(from: Uint32Array, to: Uint32Array, starts: Uint32Array, table: number, word: number, shift: number): void {
  for (let i = 0; i < from.length; i += 2) {
    const at = 2 * starts[table + ((from[i + word]! >>> shift) & (DIGITS - 1))]!++;
    to[at] = from[i]!;
    to[at + 1] = from[i + 1]!;
  }
}
