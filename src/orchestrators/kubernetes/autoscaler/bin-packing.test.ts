import fc from 'fast-check';
import { expect, test } from 'vitest';
import { estimateNodes, place } from './bin-packing.ts';

const room = { cpuMilli: 4000, memoryBytes: 16, gpus: 1, pods: 3 };
const pod = (cpuMilli: number, gpus = 0) => ({ cpuMilli, memoryBytes: 1, gpus });

test.each([
  ['as many as fit share a node', [1000, 1000, 2000], 1],
  ['the largest go first', [1000, 3000, 3000, 1000], 2],
  ['the number of pods counts', [1, 1, 1, 1], 2],
])('%s', (_, sizes, nodes) => {
  expect(estimateNodes(sizes.map((size) => pod(size)), [room, room, room])).toMatchObject({ nodes, placed: expect.toSatisfy((placed: number[]) => placed.length === sizes.length) });
});

test('what fits no new node asks for none', () => {
  expect(estimateNodes([pod(5000), pod(100, 2)], [room])).toEqual({ nodes: 0, placed: [] });
  expect(estimateNodes([pod(1)], [])).toEqual({ nodes: 0, placed: [] });
});

test('what is said to fit does fit, and without the last node something would be left out', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5000 }), { maxLength: 20 }), (sizes) => {
      const pods = sizes.map((size) => pod(size));
      const { nodes, placed } = estimateNodes(pods, Array.from({ length: 20 }, () => room));
      expect(placed).toHaveLength(sizes.filter((size) => size <= 4000).length);
      const total = placed.reduce((sum, index) => sum + sizes[index]!, 0);
      expect(nodes * room.cpuMilli).toBeGreaterThanOrEqual(total);
      expect(nodes === 0).toBe(placed.length === 0);
      const one = { ...room };
      for (const index of placed) expect(place({ ...one }, pods[index]!)).toBe(true);
    }),
  );
});
