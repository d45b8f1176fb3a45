import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LoadLevels } from './load-levels.ts';

const KINDS = 3;

test('levels know how many nodes take a kind of task, the lowest level of them, and the r-th there', () => {
  const change = fc.record({ node: fc.nat(2_999), level: fc.integer({ min: -1, max: 4 }), unfit: fc.nat(2 ** KINDS - 1) });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
      const levels = new LoadLevels(3_000);
      const nodes = new Map<number, { level: number; unfit: number }>();
      for (const { node, level, unfit } of changes) {
        levels.put(node, level, unfit);
        if (level < 0) nodes.delete(node);
        else nodes.set(node, { level, unfit });
      }
      for (let kind = 0; kind < KINDS; kind++) {
        const fit = [...nodes].filter(([, { unfit }]) => ((unfit >> kind) & 1) === 0);
        const best = Math.min(...fit.map(([, { level }]) => level));
        const expected = fit.filter(([, { level }]) => level === best).map(([node]) => node).sort((a, b) => a - b);
        expect(levels.fit(kind)).toBe(fit.length);
        expect(levels.best(kind)).toBe(fit.length === 0 ? -1 : best);
        if (fit.length === 0) continue;
        expect(levels.size(best, kind)).toBe(expected.length);
        expect(expected.map((_, r) => levels.pick(best, kind, r))).toEqual(expected);
        expect([...nodes.keys()].filter((node) => levels.has(node, best, kind)).sort((a, b) => a - b)).toEqual(expected);
      }
    }),
  );
});

test('a node with too many tasks ends what can be said', () => {
  const levels = new LoadLevels(2);
  levels.put(0, 4_095, 0);
  expect([levels.complete, levels.best(0)]).toEqual([true, 4_095]);
  levels.put(1, 4_096, 0);
  expect(levels.complete).toBe(false);
});
