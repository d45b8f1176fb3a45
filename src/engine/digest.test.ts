import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHECKPOINT_RECORDS, Digest } from './digest.ts';

type Row = readonly [number, number, number, number, number];

function digestOf(rows: readonly Row[]): Digest {
  const digest = new Digest();
  for (const row of rows) digest.add(...row);
  return digest;
}

const whole = fc.oneof(fc.nat(10), fc.maxSafeNat());
const row: fc.Arbitrary<Row> = fc.tuple(whole, fc.integer({ min: 1, max: 16 }), whole, whole, whole);

describe('the digest', () => {
  test('is pinned: the same records give the same sixteen digits for ever', () => {
    expect(new Digest().toString()).toBe('13198a2e243f6a88');
    expect(digestOf([[0, 1, 0, 0, 0]]).toString()).toMatchInlineSnapshot(`"6f3d4ba0b20ad1ac"`);
    expect(digestOf([[1_000_000, 6, 17, 3, 2], [9_007_199_254_740_991, 16, 5_000_000_000, -1, 1]]).toString()).toMatchInlineSnapshot(`"c0900cbcc11c5b33"`);
  });

  test('differs when any field of any record differs, upper words included', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 20 }), fc.nat(), fc.nat(4), whole, (rows, which, field, value) => {
        const index = which % rows.length;
        const changed = rows.map((entry, i) => (i === index ? (entry.map((old, f) => (f === field ? (f === 1 ? (old % 16) + 1 : value) : old)) as unknown as Row) : entry));
        const same = JSON.stringify(changed) === JSON.stringify(rows);
        expect(digestOf(changed).toString() === digestOf(rows).toString()).toBe(same);
      }),
      { numRuns: 2000 },
    );
  });

  test('differs when two records change places', () => {
    const a: Row = [1, 2, 3, 4, 5];
    const b: Row = [1, 2, 3, 4, 6];
    expect(digestOf([a, b]).toString()).not.toBe(digestOf([b, a]).toString());
  });

  test('the first checkpoint that differs brackets the first record that differs', () => {
    const rows = (broken: number) => Array.from({ length: 3 * CHECKPOINT_RECORDS }, (_, i): Row => [i, 6, i % 1000, i === broken ? 1 : 0, 0]);
    const broken = CHECKPOINT_RECORDS + 12_345;
    const a = digestOf(rows(-1));
    const b = digestOf(rows(broken));
    expect(a.checkpoints).toHaveLength(3);
    expect(a.recordCount).toBe(3 * CHECKPOINT_RECORDS);
    const first = a.checkpoints.findIndex((checkpoint, i) => checkpoint !== b.checkpoints[i]);
    expect(first).toBe(Math.floor(broken / CHECKPOINT_RECORDS));
    expect(a.checkpoints[2]).toBe(a.toString());
  });
});
