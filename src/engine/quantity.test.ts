import { describe, expect, it } from 'vitest';
import { parseBytes, parseCpuMilli, parseDurationUs } from './quantity.ts';

describe('durations', () => {
  it.each([
    ['500ms', 500_000],
    ['10s', 10_000_000],
    ['5min', 300_000_000],
    ['1h', 3_600_000_000],
    ['2d', 172_800_000_000],
    ['1.5s', 1_500_000],
    ['0.1s', 100_000],
    ['1h30min', 5_400_000_000],
    ['7us', 7],
    [0, 0],
    ['0', 0],
  ])('reads %s', (text, us) => {
    expect(parseDurationUs(text)).toBe(us);
  });

  it.each([
    [10, /10 has no unit; expected a duration such as/],
    ['10', /10 has no unit; expected a duration such as 10s/],
    ['5GiB', /"GiB" in "5GiB" is no unit of time/],
    ['5m', /minutes are written "min"/],
    ['-3s', /negative/],
    ['0.1us', /no whole number of microseconds/],
    ['9999999999d', /too large/],
    ['soon', /is no duration/],
    [Number.NaN, /no unit/],
    [null, /expected a duration/],
    [{}, /expected a duration/],
  ])('refuses %s', (text, message) => {
    expect(() => parseDurationUs(text)).toThrow(message);
  });
});

describe('bytes', () => {
  it.each([
    ['64GiB', 68_719_476_736],
    ['16GB', 16e9],
    ['512Mi', 536_870_912],
    ['1.5kB', 1500],
    [0, 0],
  ])('reads %s', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it.each([
    [64, /64 has no unit/],
    ['64', /64 has no unit; expected an amount such as 64MiB/],
    ['64s', /"s" is no unit of bytes/],
    ['-1GB', /negative/],
    ['99999999TiB', /too large/],
  ])('refuses %s', (text, message) => {
    expect(() => parseBytes(text)).toThrow(message);
  });
});

describe('cores', () => {
  it.each([
    [32, 32_000],
    ['0.5', 500],
    ['500m', 500],
  ])('reads %s', (text, milli) => {
    expect(parseCpuMilli(text)).toBe(milli);
  });

  it.each([
    ['4GiB', /no number of cores/],
    [-1, /negative/],
    ['0.0001', /no whole number of milli-cores/],
    [Infinity, /no number of cores/],
    [true, /no number of cores/],
  ])('refuses %s', (text, message) => {
    expect(() => parseCpuMilli(text)).toThrow(message);
  });
});
