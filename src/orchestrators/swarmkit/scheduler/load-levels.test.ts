import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LoadLevels } from './load-levels.ts';

test('levels list and pick their nodes in ascending order, know the lowest of them, and promise no more than their nodes have', () => {
  const change = fc.record({ node: fc.nat(2_999), level: fc.integer({ min: -1, max: 4 }), nanoCpus: fc.nat(9) });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
      const levels = new LoadLevels(3_000);
      const nodes = new Map<number, { level: number; nanoCpus: number }>();
      for (const { node, level, nanoCpus } of changes) {
        levels.put(node, level, nanoCpus, 1);
        if (level < 0) nodes.delete(node);
        else nodes.set(node, { level, nanoCpus });
      }
      const found: number[] = [];
      for (let level = levels.next(0); level >= 0; level = levels.next(level + 1)) {
        found.push(level);
        const expected = [...nodes].filter(([, of]) => of.level === level).map(([node]) => node).sort((a, b) => a - b);
        const listed = new Int32Array(levels.size(level));
        levels.list(level, listed);
        expect([...listed]).toEqual(expected);
        expect(expected.map((_, r) => levels.pick(level, r))).toEqual(expected);
        for (let cpus = 0; cpus < 10; cpus++) if (levels.allHave(level, cpus, 1)) expect(expected.every((node) => nodes.get(node)!.nanoCpus >= cpus)).toBe(true);
      }
      expect(found).toEqual([...new Set([...nodes.values()].map(({ level }) => level))].sort((a, b) => a - b));
    }),
  );
});

test('a node with too many tasks ends what can be said, and so does none of the others', () => {
  const levels = new LoadLevels(2);
  levels.put(0, 4_095, 1, 1);
  expect(levels.complete).toBe(true);
  levels.put(1, 4_096, 1, 1);
  expect([levels.complete, levels.next(0)]).toEqual([false, 4_095]);
});
