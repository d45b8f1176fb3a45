import { describe, expect, it } from 'vitest';
import { CronSchedule } from './cron-schedule.ts';

const minute = (text: string) => new Date(`${text}Z`).getTime() / 60_000;
const times = (expression: string, from: string, count: number) => {
  const schedule = new CronSchedule(expression);
  const found: string[] = [];
  for (let at = schedule.next(minute(from)); found.length < count; at = schedule.next(at + 1)) found.push(new Date(at * 60_000).toISOString().slice(0, 16));
  return found;
};

describe('a cron schedule', () => {
  it.each([
    ['*/15 * * * *', '2026-01-01T00:01', ['2026-01-01T00:15', '2026-01-01T00:30', '2026-01-01T00:45', '2026-01-01T01:00']],
    ['0 3 * * mon', '2026-01-01T00:00', ['2026-01-05T03:00', '2026-01-12T03:00']],
    ['30 5 1,15 * *', '2026-01-02T00:00', ['2026-01-15T05:30', '2026-02-01T05:30']],
    ['0 0 29 feb *', '2026-01-01T00:00', ['2028-02-29T00:00']],
    ['5/20 8-9 * * *', '2026-01-01T08:06', ['2026-01-01T08:25', '2026-01-01T08:45', '2026-01-01T09:05']],
    ['@hourly', '2026-12-31T23:01', ['2027-01-01T00:00', '2027-01-01T01:00']],
    // Both day fields restricted: either will do.
    ['0 0 13 * fri', '2026-02-01T00:00', ['2026-02-06T00:00', '2026-02-13T00:00', '2026-02-20T00:00']],
  ])('%s after %s', (expression, from, expected) => {
    expect(times(expression, from, expected.length)).toEqual(expected);
  });

  it.each(['* * * *', '60 * * * *', '* * * * mo', '*/0 * * * *', '5-2 * * * *', '1-2-3 * * * *', 'every day'])('"%s" is refused', (expression) => {
    expect(() => new CronSchedule(expression)).toThrow(RangeError);
  });

  it('that never comes is never', () => {
    expect(new CronSchedule('0 0 31 2 *').next(0)).toBe(Infinity);
  });
});
