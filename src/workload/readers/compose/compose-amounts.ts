const BYTE_UNITS: ReadonlyMap<string, number> = new Map([['', 1], ['b', 1], ['k', 1024], ['kb', 1024], ['m', 1_048_576], ['mb', 1_048_576], ['g', 1_073_741_824], ['gb', 1_073_741_824]]);

/** An amount of bytes as Compose writes it (`64M`, `1.5gb`, `1048576`; units are binary: Compose Specification, "Specifying byte values"); `null` = it is none. */
export function composeBytes(written: unknown): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(String(written));
  const unit = match === null ? undefined : BYTE_UNITS.get(match[2]!.toLowerCase());
  return unit === undefined ? null : Math.round(Number(match![1]) * unit);
}

const US_PER_UNIT: ReadonlyMap<string, number> = new Map([['us', 1], ['ms', 1_000], ['s', 1_000_000], ['m', 60_000_000], ['h', 3_600_000_000]]);

/** A duration as Compose writes it (`5s`, `1m30s`: Compose Specification, "Specifying durations") in microseconds; `null` = it is none. */
export function composeDurationUs(written: unknown): number | null {
  const text = String(written);
  if (text === '0') return 0;
  if (!/^(\d+(\.\d+)?(us|ms|s|m|h))+$/.test(text)) return null;
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h)/g)) sum += Number(amount) * US_PER_UNIT.get(unit!)!;
  return Math.round(sum);
}

/** A number that may stand in quotes, as Compose allows; `null` = it is none. */
export function composeNumber(written: unknown): number | null {
  const read = typeof written === 'string' && /^\d+(\.\d+)?$/.test(written) ? Number(written) : written;
  return typeof read === 'number' && read >= 0 && read !== Infinity ? read : null;
}
