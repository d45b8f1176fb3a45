import { expect, test } from 'vitest';
import { TaintQueue } from './taint-queue.ts';
import { DEFAULT_ZONES, taintRate, zoneState, ZoneState } from './zone-state.ts';

const SECOND = 1_000_000;

test('the first node passes at once, further ones every 10 s, in order', () => {
  const queue = new TaintQueue(0.1);
  for (const node of [5, 3, 4]) expect(queue.add(node)).toBe(true);
  expect([queue.next(0), queue.next(0), queue.readyUs(), queue.next(9.9 * SECOND), queue.next(10 * SECOND), queue.next(25 * SECOND)]).toEqual([5, -1, 10 * SECOND, -1, 3, 4]);
});

test('a node that was let through is not queued again until it was healthy', () => {
  const queue = new TaintQueue(0.1);
  queue.add(1);
  queue.next(0);
  expect(queue.add(1)).toBe(false);
  queue.remove(1);
  expect(queue.add(1)).toBe(true);
});

test('a new rate starts with an empty bucket if the old one was empty; rate 0 lets nothing through', () => {
  const queue = new TaintQueue(0.1);
  queue.add(1);
  queue.add(2);
  queue.next(0);
  queue.setRate(0, SECOND);
  expect([queue.next(100 * SECOND), queue.readyUs()]).toEqual([-1, Infinity]);
  queue.setRate(0.01, 200 * SECOND);
  expect([queue.next(299 * SECOND), queue.next(300 * SECOND)]).toEqual([-1, 2]);
});

test.each([
  [10, 0, ZoneState.normal, 0.1],
  [10, 5, ZoneState.normal, 0.1],
  [10, 6, ZoneState.partialDisruption, 0],
  [100, 55, ZoneState.partialDisruption, 0.01],
  [3, 2, ZoneState.normal, 0.1],
  [3, 3, ZoneState.fullDisruption, 0.1],
])('a zone of %i nodes with %i not ready is in state %i and taints %f nodes per second', (nodes, notReady, state, rate) => {
  expect(zoneState(nodes, notReady, DEFAULT_ZONES)).toBe(state);
  expect(taintRate(state, nodes, DEFAULT_ZONES)).toBe(rate);
});
