/**
 * The text that an agent attribute is compared as. Mesos reads a value by its look (Apache Mesos 1.12, src/common/attributes.cpp, src/common/values.cpp): a number is a scalar, `[..]` are
 * ranges, `{..}` is a set, all else is text; Marathon then writes each kind in one way (mesosphere/marathon 1.11, src/main/scala/mesosphere/mesos/Constraints.scala, getValueString).
 */
export function attributeText(value: string): string {
  if (SCALAR.test(value)) return scalarText(Number(value));
  if (value.startsWith('[') && value.endsWith(']')) return rangesText(value);
  if (value.startsWith('{') && value.endsWith('}')) return `{${items(value).sort(byText).join(',')}}`;
  return value;
}

/** A scalar with at most three decimals, rounded half to even, without trailing zeros. */
export function scalarText(value: number): string {
  if (!Number.isFinite(value) || Math.abs(value) >= 1e21) return String(value);
  // All digits of the binary number: 1.0005 is a little less than it looks.
  const exact = Math.abs(value).toFixed(100);
  const point = exact.indexOf('.');
  const tail = exact.slice(point + 4);
  let thousandths = BigInt(exact.slice(0, point) + exact.slice(point + 1, point + 4));
  const half = `5${'0'.repeat(tail.length - 1)}`;
  if (tail > half || (tail === half && thousandths % 2n === 1n)) thousandths += 1n;
  const decimals = String(thousandths % 1000n).padStart(3, '0').replace(/0+$/, '');
  const whole = String(thousandths / 1000n);
  return `${value < 0 && thousandths > 0n ? '-' : ''}${whole}${decimals === '' ? '' : `.${decimals}`}`;
}

const SCALAR = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

function rangesText(value: string): string {
  const ranges = items(value).map((item) => {
    const dash = item.indexOf('-', 1);
    return dash < 0 ? { begin: Number(item), text: item } : { begin: Number(item.slice(0, dash)), text: `${item.slice(0, dash).trim()}-${item.slice(dash + 1).trim()}` };
  });
  if (ranges.some(({ begin }) => !Number.isFinite(begin))) return value;
  return `[${ranges
    .sort((a, b) => a.begin - b.begin || byText(a.text, b.text))
    .map(({ text }) => text)
    .join(',')}]`;
}

function items(value: string): string[] {
  return value
    .slice(1, -1)
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
