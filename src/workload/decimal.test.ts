import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimal } from './decimal.ts';

const read = (text: string, shift = 0): number => decimal(Buffer.from(text), 0, Buffer.byteLength(text), shift);

describe('decimal numbers in bytes', () => {
  it('are what Number makes of them', () => {
    fc.assert(
      fc.property(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }).map(String), fc.integer().map(String), fc.stringMatching(/^-?\d{1,18}(\.\d{1,18})?$/)), (text) => {
        expect(read(text)).toBe(Number(text));
      }),
    );
  });

  it('become exact microseconds from seconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: 0, max: 999_999 }), (whole, micros) => {
        expect(read(`${whole}.${String(micros).padStart(6, '0')}`, 6)).toBe(whole * 1e6 + micros);
      }),
    );
    expect(read('12537496', 6)).toBe(12_537_496_000_000);
    expect(read('1e3', 6)).toBe(1e9);
  });

  it('are NaN when they are none', () => {
    for (const text of ['', ' ', '-', '.', '1.2.3', '0x10', '1 2', 'abc', 'Infinity', '1e', '--1']) expect(read(text), text).toBeNaN();
    expect(read(' 5 ')).toBe(5);
  });
});
