const BINARY = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
/** Power of ten per decimal suffix. */
const DECIMAL = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]);

/**
 * Reads a quantity of the Kubernetes API (`100m`, `1.5Gi`, `2e3`) exactly and rounds it up to a whole number of units.
 * @param unitsPerOne 1000 for CPU in milli-units, 1 for bytes and counts
 * @throws RangeError on anything that is not a quantity
 */
export function parseQuantity(text: string | number, unitsPerOne: number): number {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:([eE][+-]?\d+)|(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]?))$/.exec(String(text));
  if (match === null || (match[2] === '' && (match[3] ?? '') === '')) throw new RangeError(`"${text}" is not a Kubernetes quantity`);
  const fraction = match[3] ?? '';
  let numerator = BigInt((match[2] ?? '') + fraction) * BigInt(unitsPerOne);
  let tens = -fraction.length;
  const suffix = match[5] ?? '';
  if (match[4] !== undefined) tens += Number(match[4].slice(1));
  else if (BINARY.includes(suffix)) numerator <<= BigInt(10 * (BINARY.indexOf(suffix) + 1));
  else tens += DECIMAL.get(suffix)!;
  if (Math.abs(tens) > 60) throw new RangeError(`"${text}" is out of the range of Kubernetes quantities`);
  if (match[1] === '-') numerator = -numerator;
  if (tens >= 0) return Number(numerator * powerOfTen(tens));
  const denominator = powerOfTen(-tens);
  const floor = numerator / denominator;
  return Number(numerator > 0n && floor * denominator < numerator ? floor + 1n : floor);
}

function powerOfTen(exponent: number): bigint {
  return BigInt(`1${'0'.repeat(exponent)}`);
}
