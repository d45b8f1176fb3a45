/**
 * The text that an agent attribute is compared as. Mesos drops all blanks and reads what is left by its look (Apache Mesos 1.12, src/common/values.cpp, `parse`): `[..]` are ranges, merged
 * where they touch, `{..}` is a set, a number that is not negative is a scalar, all else is text; Marathon then writes each kind in one way (mesosphere/marathon 1.11,
 * src/main/scala/mesosphere/mesos/Constraints.scala, `getValueString`). What makes a real agent refuse to start, such as `[5]`, stays as it is.
 */
export function attributeText(value: string): string {
  const text = value.replaceAll(' ', '');
  if (text.startsWith('[')) return rangesText(text) ?? value;
  if (text.startsWith('{')) return `{${text.split(/[{},\n]+/).filter(Boolean).sort(byText).join(',')}}`;
  return isScalar(text) ? scalarText(Number(text)) : text;
}

/** Whether an attribute is read as a number. */
export function isScalar(value: string): boolean {
  const text = value.replaceAll(' ', '');
  const number = SCALAR.test(text) ? Number(text) : NaN;
  return number >= 0 && Number.isFinite(number);
}

/** A scalar with at most three decimals, rounded half to even, without trailing zeros (java.text.DecimalFormat, `0.###`). */
export function scalarText(value: number): string {
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const size = Math.abs(value);
  // From here on Java writes the shortest digits that tell the number from others, and zeros.
  if (size > Number.MAX_SAFE_INTEGER) return sign + wholeText(size);
  // All digits of the binary number: 1.0005 is a little less than it looks.
  const exact = size.toFixed(100);
  const point = exact.indexOf('.');
  const tail = exact.slice(point + 4);
  let thousandths = BigInt(exact.slice(0, point) + exact.slice(point + 1, point + 4));
  const half = `5${'0'.repeat(tail.length - 1)}`;
  if (tail > half || (tail === half && thousandths % 2n === 1n)) thousandths += 1n;
  const decimals = String(thousandths % 1000n).padStart(3, '0').replace(/0+$/, '');
  const whole = String(thousandths / 1000n);
  return `${sign}${whole}${decimals === '' ? '' : `.${decimals}`}`;
}

const SCALAR = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** A whole number without an exponent. */
function wholeText(size: number): string {
  const [digits, exponent] = size.toExponential().split('e') as [string, string];
  return digits.replace('.', '').padEnd(Number(exponent) + 1, '0');
}

/** Undefined where the text is no list of ranges. */
function rangesText(text: string): string | undefined {
  const bounds = text.split(/[[\],\n-]+/).filter(Boolean);
  if (bounds.length % 2 !== 0 || bounds.some((bound) => !/^\d+$/.test(bound))) return undefined;
  const ranges: { begin: bigint; end: bigint }[] = [];
  for (let i = 0; i < bounds.length; i += 2) ranges.push({ begin: BigInt(bounds[i]!), end: BigInt(bounds[i + 1]!) });
  ranges.sort((a, b) => (a.begin < b.begin ? -1 : a.begin > b.begin ? 1 : a.end < b.end ? -1 : a.end > b.end ? 1 : 0));
  const merged: { begin: bigint; end: bigint }[] = [];
  for (const range of ranges) {
    const last = merged.at(-1);
    if (last === undefined || range.begin > last.end + 1n) merged.push({ ...range });
    else if (range.end > last.end) last.end = range.end;
  }
  return `[${merged.map(({ begin, end }) => `${begin}-${end}`).join(',')}]`;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
