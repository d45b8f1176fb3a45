/** Minutes of a year-independent calendar walk: at most this far ahead is searched for the next time. */
const SEARCHED_DAYS = 366 * 5;
const DAY_MINUTES = 1440;

/** A field that restricts nothing; with a step above one it does. */
const EVERY = /(^|,)[*?](\/1)?(,|$)/;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const NAMED: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
]);

/**
 * A cron expression as the CronJob controller reads it (robfig/cron v3 ParseStandard): five fields with lists, ranges and steps, names of months and weekdays,
 * and the `@` words. A day must match both day fields, or either of them where both are restricted. Times are minutes since 1970-01-01 00:00 UTC.
 */
export class CronSchedule {
  readonly #minutes: ReadonlySet<number>;
  readonly #hours: ReadonlySet<number>;
  readonly #days: ReadonlySet<number>;
  readonly #months: ReadonlySet<number>;
  readonly #weekdays: ReadonlySet<number>;
  readonly #anyDay: boolean;
  readonly #anyWeekday: boolean;

  /** @throws RangeError on anything that is no cron expression */
  constructor(expression: string) {
    const text = NAMED.get(expression.trim()) ?? expression.trim();
    const fields = text.split(/\s+/);
    if (fields.length !== 5) throw new RangeError(`"${expression}" is no cron schedule; expected five fields (minute hour day month weekday) or ${[...NAMED.keys()].join(', ')}`);
    const [minute, hour, day, month, weekday] = fields as [string, string, string, string, string];
    this.#minutes = fieldOf(minute, 0, 59, [], expression);
    this.#hours = fieldOf(hour, 0, 23, [], expression);
    this.#days = fieldOf(day, 1, 31, [], expression);
    this.#months = fieldOf(month, 1, 12, MONTHS, expression);
    this.#weekdays = fieldOf(weekday, 0, 6, WEEKDAYS, expression);
    this.#anyDay = EVERY.test(day);
    this.#anyWeekday = EVERY.test(weekday);
  }

  /** First time at or after a minute; `Infinity` if there is none within five years. */
  next(fromMinute: number): number {
    const firstDay = Math.floor(fromMinute / DAY_MINUTES);
    for (let day = firstDay; day <= firstDay + SEARCHED_DAYS; day++) {
      if (!this.#matchesDay(day)) continue;
      for (let minute = day === firstDay ? fromMinute - day * DAY_MINUTES : 0; minute < DAY_MINUTES; minute++) {
        const hour = Math.floor(minute / 60);
        if (!this.#hours.has(hour)) minute = hour * 60 + 59;
        else if (this.#minutes.has(minute % 60)) return day * DAY_MINUTES + minute;
      }
    }
    return Infinity;
  }

  #matchesDay(day: number): boolean {
    const { month, dayOfMonth } = civil(day);
    if (!this.#months.has(month)) return false;
    const byDay = this.#days.has(dayOfMonth);
    // 1970-01-01 was a Thursday.
    const byWeekday = this.#weekdays.has((((day + 4) % 7) + 7) % 7);
    return this.#anyDay || this.#anyWeekday ? byDay && byWeekday : byDay || byWeekday;
  }
}

/** Month and day of a day since 1970-01-01 in the Gregorian calendar (the days_from_civil algorithm run backwards). */
function civil(day: number): { month: number; dayOfMonth: number } {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const year = Math.floor((dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365);
  const dayOfYear = dayOfEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  return { month: shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9, dayOfMonth: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1 };
}

function fieldOf(text: string, min: number, max: number, names: readonly string[], expression: string): ReadonlySet<number> {
  const fail = (): never => {
    throw new RangeError(`"${text}" in the cron schedule "${expression}" is no list of numbers from ${min} to ${max}, ranges or steps`);
  };
  const value = (word: string): number => {
    const named = names.indexOf(word.toLowerCase());
    const number = named >= 0 ? named + min : /^\d{1,2}$/.test(word) ? Number(word) : NaN;
    return number >= min && number <= max ? number : fail();
  };
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const [range, step, ...rest] = part.split('/');
    const every = step === undefined ? 1 : /^[1-9]\d?$/.test(step) ? Number(step) : fail();
    if (rest.length > 0) fail();
    let from = min;
    let to = max;
    if (range !== '*' && range !== '?') {
      const [first, last, ...more] = range!.split('-');
      if (more.length > 0) fail();
      from = value(first!);
      // `5/15` means from 5 to the end.
      to = last !== undefined ? value(last) : step === undefined ? from : max;
    }
    if (to < from) fail();
    for (let i = from; i <= to; i += every) values.add(i);
  }
  return values;
}
