import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PodHeap } from './pod-heap.ts';

const key = fc.integer({ min: -2, max: 2 });

test('the head is always the least by its keys and then its ticket, however pushes and pops follow each other', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.tuple(key, key, key), fc.tuple(key, key, key), fc.constant(null)), { maxLength: 300 }), (steps) => {
      const heap = new PodHeap();
      const kept: { pod: number; ticket: number; keys: readonly number[] }[] = [];
      const order = (x: (typeof kept)[number], y: (typeof kept)[number]) => x.keys[0]! - y.keys[0]! || x.keys[1]! - y.keys[1]! || x.keys[2]! - y.keys[2]! || x.ticket - y.ticket;
      steps.forEach((keys, i) => {
        if (keys !== null) {
          heap.push(1000 + i, i, ...keys);
          kept.push({ pod: 1000 + i, ticket: i, keys });
        } else if (kept.length > 0) {
          heap.pop();
          kept.shift();
        }
        kept.sort(order);
        expect(heap.size).toBe(kept.length);
        if (kept.length > 0) expect([heap.headPod, heap.headTicket]).toEqual([kept[0]!.pod, kept[0]!.ticket]);
      });
    }),
    { numRuns: 100 },
  );
});
