const SECOND_US = 1_000_000;

/**
 * Microseconds since 1970 of a time of the Kubernetes API (RFC 3339: `2024-05-01T12:00:00Z`, with fraction or offset).
 * @throws RangeError on anything else
 */
export function parseTimestamp(text: string): number {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))$/.exec(text);
  if (match === null) throw new RangeError(`"${text}" is not a time such as 2024-05-01T12:00:00Z`);
  const [year, month, day, hours, minutes, seconds] = match.slice(1, 7).map(Number) as [number, number, number, number, number, number];
  const offsetMinutes = match[8] === undefined ? 0 : (match[8] === '-' ? -1 : 1) * (60 * Number(match[9]) + Number(match[10]));
  const fractionUs = Number((match[7] ?? '').padEnd(6, '0').slice(0, 6));
  return (((daysSince1970(year, month, day) * 24 + hours) * 60 + minutes - offsetMinutes) * 60 + seconds) * SECOND_US + fractionUs;
}

/** Days of the Gregorian calendar, the year counted from March so that the leap day is its last. */
function daysSince1970(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const m = (month + 9) % 12;
  return 365 * y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + Math.floor((153 * m + 2) / 5) + day - 1 - 719_468;
}
