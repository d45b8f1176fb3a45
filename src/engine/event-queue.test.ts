import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CANCELLED, EventQueue, ROW } from './event-queue.ts';

type Step = { readonly do: 'push'; readonly timeUs: number } | { readonly do: 'pop' } | { readonly do: 'cancel'; readonly which: number };

// Many ties, near and far, and both sides of the borders of fine and coarse buckets and of their windows.
const around = (timeUs: number) => fc.integer({ min: timeUs - 3, max: timeUs + 3 });
const time = fc.oneof(fc.nat(20), around(65_536), around(1_048_576), around(3_000_000), around(2 ** 28), around(3 * 2 ** 28), around(2 ** 40), around(5 * 2 ** 40), around(2 ** 40 * 4096));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('push' as const), timeUs: time }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pop' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('cancel' as const), which: fc.nat(1000) }) },
);

interface Entry {
  readonly timeUs: number;
  readonly key: number;
  readonly handle: number;
}

/** Pops until an entry that was not cancelled comes up; its operand `a` is its key. */
function nextKey(queue: EventQueue): number | undefined {
  while (queue.headTimeUs < Infinity) {
    const slot = queue.pop();
    const operation = queue.operation[slot]!;
    const key = queue.row[slot * ROW]!;
    queue.release(slot);
    if (operation !== CANCELLED) return key;
  }
  return undefined;
}

function checkAgainstSortedList(steps: readonly Step[], initialCapacity: number): void {
  const queue = new EventQueue(initialCapacity);
  let pending: Entry[] = [];
  const handles: Entry[] = [];
  let sequence = 0;
  const expectNext = () => {
    pending.sort((a, b) => a.timeUs - b.timeUs || a.key - b.key);
    expect(nextKey(queue)).toBe(pending.shift()?.key);
  };
  for (const action of steps) {
    if (action.do === 'push') {
      // Keys are unique but not in order of pushing: that is what ticks and permuted ties look like.
      const key = (sequence++ * 7919) % 104_729;
      const entry = { timeUs: action.timeUs, key, handle: queue.push(action.timeUs, key, 3, key, 0, 0) };
      pending.push(entry);
      handles.push(entry);
    } else if (action.do === 'pop') expectNext();
    else if (handles.length > 0) {
      const entry = handles[action.which % handles.length]!;
      const wasPending = pending.includes(entry);
      expect(queue.cancel(entry.handle)).toBe(wasPending);
      pending = pending.filter((other) => other !== entry);
    }
  }
  while (pending.length > 0) expectNext();
  expect(nextKey(queue)).toBeUndefined();
}

describe('the event queue', () => {
  test('gives what a sorted list gives, whatever is pushed, popped and cancelled in between', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 400 }), fc.integer({ min: 0, max: 4 }), checkAgainstSortedList), { numRuns: 300 });
  });

  test('does so when cancelled entries are the majority and are taken out', () => {
    const mostlyCancelled = fc.oneof({ weight: 4, arbitrary: step }, { weight: 5, arbitrary: fc.record({ do: fc.constant('cancel' as const), which: fc.nat(100_000) }) });
    const steps = fc.tuple(fc.array(fc.record({ do: fc.constant('push' as const), timeUs: time }), { minLength: 600, maxLength: 900 }), fc.array(mostlyCancelled, { minLength: 1000, maxLength: 1500 }));
    fc.assert(fc.property(steps, ([pushes, rest]) => checkAgainstSortedList([...pushes, ...rest], 1)), { numRuns: 10 });
  });

  test('a timer that is moved a million times takes no more room than a few hundred', () => {
    const queue = new EventQueue();
    let handle = queue.push(1_000_000, 0, 0, 0, 0, 0);
    for (let key = 1; key <= 1_000_000; key++) {
      queue.cancel(handle);
      handle = queue.push(1_000_000 + key, key, 0, key, 0, 0);
    }
    expect(queue.size).toBeLessThan(600);
    expect(nextKey(queue)).toBe(1_000_000);
    expect(nextKey(queue)).toBeUndefined();
  });

  test('a handle of an event that has happened cancels nothing, also when its slot is in use again', () => {
    const queue = new EventQueue(1);
    const first = queue.push(1, 1, 0, 1, 0, 0);
    expect(nextKey(queue)).toBe(1);
    queue.push(2, 2, 0, 2, 0, 0);
    expect(queue.cancel(first)).toBe(false);
    expect(nextKey(queue)).toBe(2);
  });

  test('events centuries ahead come in order, however coarse numbers are there', () => {
    const queue = new EventQueue();
    const times = [1e30, 2 ** 53, 5, 2 ** 93, 2 ** 53 - 1, 1e300, 2 ** 69];
    times.forEach((timeUs, key) => queue.push(timeUs, key, 0, key, 0, 0));
    for (const timeUs of times.toSorted((a, b) => a - b)) {
      expect(queue.headTimeUs).toBe(timeUs);
      // What comes up meanwhile for the same instant, but before it.
      queue.push(timeUs, -1, 0, -1, 0, 0);
      expect([nextKey(queue), nextKey(queue)]).toEqual([-1, times.indexOf(timeUs)]);
    }
    expect(queue.headTimeUs).toBe(Infinity);
  });

  test('keeps operands through growth', () => {
    const queue = new EventQueue(2);
    for (let i = 0; i < 5000; i++) queue.push(5000 - i, i, i, i, i * 1e9, -i);
    for (let i = 4999; i >= 0; i--) {
      expect(queue.headTimeUs).toBe(5000 - i);
      expect(queue.headKey).toBe(i);
      const slot = queue.pop();
      expect([queue.operation[slot], ...queue.row.subarray(slot * ROW, slot * ROW + 3)]).toEqual([i, i, i * 1e9, -i]);
      queue.release(slot);
    }
    expect(queue.headTimeUs).toBe(Infinity);
  });
});
