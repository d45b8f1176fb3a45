const SECOND_US = 1_000_000;
const DAY_US = 86_400 * SECOND_US;

/** A period: calendar months, and a fixed time beside them. */
export interface Period {
  readonly months: number;
  readonly us: number;
}

/** `R[n]/start/period` of ISO 8601. */
export interface Repetition {
  /** `Infinity` = for ever. */
  readonly times: number;
  /** Microseconds since 1970 UTC; undefined = not given. */
  readonly startUs: number | undefined;
  readonly period: Period;
}

/** Reads a schedule; undefined if it is none. A bare `R` repeats for ever, an empty start is left to the scheduler (Chronos, docs/docs/api.md). */
export function readRepetition(text: string): Repetition | undefined {
  const match = /^R(\d*)\/([^/]*)\/([^/]+)$/.exec(text);
  if (match === null) return undefined;
  const period = readPeriod(match[3]!);
  const startUs = match[2] === '' ? undefined : readInstant(match[2]!);
  if (period === undefined || (match[2] !== '' && startUs === undefined)) return undefined;
  const times = match[1] === '' ? Infinity : Number(match[1]);
  if (period.months === 0 && period.us === 0 && times > 1) return undefined;
  return { times, startUs, period };
}

/** `2026-01-31T12:00:00.5Z`, `2026-01-31T12:00+02:00`, `2026-01-31`: microseconds since 1970 UTC; without a zone it is UTC. */
export function readInstant(text: string): number | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6}))?)?(Z|[+-]\d{2}:?\d{2})?)?$/.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [number, number, number, number, number, number];
  if (month < 1 || month > 12 || day < 1 || day > monthLength(year, month) || hour > 24 || minute > 59 || second > 60) return undefined;
  const zone = match[8];
  const offsetMinutes = zone === undefined || zone === 'Z' ? 0 : (zone.startsWith('-') ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2)));
  const fraction = Number((match[7] ?? '').padEnd(6, '0'));
  return daysFromCivil(year, month, day) * DAY_US + ((hour * 60 + minute - offsetMinutes) * 60 + second) * SECOND_US + fraction;
}

/** `P1Y2M3W4DT5H6M7.5S`. */
export function readPeriod(text: string): Period | undefined {
  const match = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d{1,6})?)S)?)?$/.exec(text);
  if (match === null || text === 'P' || text.endsWith('T')) return undefined;
  const [years, months, weeks, days, hours, minutes] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [number, number, number, number, number, number];
  const seconds = Number((match[7] ?? '0').replace(',', '.'));
  return { months: years * 12 + months, us: (weeks * 7 + days) * DAY_US + ((hours * 60 + minutes) * 60) * SECOND_US + Math.round(seconds * SECOND_US) };
}

/** An instant so many periods later. A day that the month does not have becomes its last. */
export function later(startUs: number, period: Period, times: number): number {
  if (period.months === 0) return startUs + times * period.us;
  const day = Math.floor(startUs / DAY_US);
  const [year, month, date] = civilFromDays(day);
  const months = year * 12 + month - 1 + times * period.months;
  const newYear = Math.floor(months / 12);
  const newMonth = months - newYear * 12 + 1;
  return daysFromCivil(newYear, newMonth, Math.min(date, monthLength(newYear, newMonth))) * DAY_US + (startUs - day * DAY_US) + times * period.us;
}

/** How many periods lead from `startUs` to the first instant after `nowUs`; `nowUs` is not before it. */
export function periodsPast(startUs: number, period: Period, nowUs: number): number {
  if (period.months === 0) return period.us === 0 ? 1 : Math.floor((nowUs - startUs) / period.us) + 1;
  // A month has at most 31 days: the count is not above this, and a few steps below at most.
  let times = Math.max(1, Math.floor((nowUs - startUs) / (period.months * 31 * DAY_US + period.us)));
  while (later(startUs, period, times) <= nowUs) times++;
  return times;
}

function monthLength(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days since 1970-01-01 of the proleptic Gregorian calendar; years count from March, so that the leap day is the last. */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function civilFromDays(days: number): [year: number, month: number, day: number] {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor((dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const m = Math.floor((5 * dayOfYear + 2) / 153);
  const month = m < 10 ? m + 3 : m - 9;
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - Math.floor((153 * m + 2) / 5) + 1];
}
