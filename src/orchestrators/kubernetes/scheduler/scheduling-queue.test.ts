import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFAULT_QUEUE, QueuePlace, SchedulingQueue } from './scheduling-queue.ts';

const SECOND = 1_000_000;

/** Pops the pod and has plugins reject it, as a scheduling cycle at `nowUs` does. */
function reject(queue: SchedulingQueue, pod: number, nowUs: number, eventMissed = false): void {
  expect(queue.pop()).toBe(pod);
  queue.rejected(pod, nowUs, eventMissed);
}

test('back-off is 1, 2, 4, 8, 10, 10 s from the rejection, and its end is truncated to whole seconds', () => {
  const queue = new SchedulingQueue();
  queue.add(0, 0, 0, 0);
  const seconds: number[] = [];
  for (let attempt = 1; attempt <= 6; attempt++) {
    const nowUs = attempt * 100 * SECOND + 700_000;
    reject(queue, 0, nowUs, true);
    seconds.push((queue.backoffExpiryUs(0) - attempt * 100 * SECOND) / SECOND);
  }
  expect(seconds).toEqual([1, 2, 4, 8, 10, 10]);
});

test('a pod backs off until the second after the truncated end', () => {
  const queue = new SchedulingQueue();
  queue.add(0, 0, 0, 0);
  reject(queue, 0, 5_700_000, true);
  expect(queue.isBackingOff(0, 6_999_999)).toBe(true);
  expect(queue.isBackingOff(0, 7_000_000)).toBe(false);
  expect(queue.nextFlushUs()).toBe(7_000_000);
  queue.flushBackoff(6 * SECOND);
  expect(queue.place[0]).toBe(QueuePlace.backoff);
  queue.flushBackoff(7 * SECOND);
  expect(queue.place[0]).toBe(QueuePlace.active);
});

test('with nothing active, the head of the back-off queue is popped before its time; pods that failed by an error are not', () => {
  const queue = new SchedulingQueue();
  queue.add(0, 0, 0, 0);
  queue.add(1, 0, 0, 0);
  reject(queue, 0, SECOND, true);
  expect(queue.pop()).toBe(1);
  queue.failed(1, SECOND);
  expect(queue.pop()).toBe(0);
  queue.done(0);
  expect(queue.pop()).toBe(-1);
  queue.flushBackoff(3 * SECOND);
  expect(queue.pop()).toBe(1);
});

test('rejected pods wait for an event; an event moves all pods of the template, to activeQ if their back-off is over', () => {
  const queue = new SchedulingQueue();
  for (const pod of [0, 1, 2]) queue.add(pod, pod === 2 ? 8 : 7, 0, 0);
  for (const pod of [0, 1, 2]) reject(queue, pod, SECOND);
  expect(queue.pop()).toBe(-1);
  expect(queue.unschedulablePods).toBe(3);
  expect(queue.requeueTemplate(7, 60 * SECOND)).toBe(2);
  expect([queue.place[0], queue.place[1], queue.place[2]]).toEqual([QueuePlace.active, QueuePlace.active, QueuePlace.unschedulable]);
  expect(queue.pending).toBe(3);
});

test('an event that came while the pod was in flight sends it to back-off instead of unschedulablePods', () => {
  const queue = new SchedulingQueue();
  queue.add(0, 0, 0, 0);
  reject(queue, 0, SECOND, true);
  expect(queue.place[0]).toBe(QueuePlace.backoff);
});

test('after 5 min in unschedulablePods a pod is due at the first 30 s tick, then every 330 s, and its back-off counts from the last retry', () => {
  const queue = new SchedulingQueue();
  queue.add(0, 0, 0, 0);
  reject(queue, 0, 10 * SECOND);
  const due: number[] = [];
  for (let tick = 30; tick <= 1000; tick += 30) if (queue.retriesAt(tick * SECOND) === 1) due.push(tick);
  expect(due).toEqual([330, 660, 990]);
  queue.requeueTemplate(0, 665 * SECOND);
  // Rejected once, retried at 330 s and 660 s: third count, 4 s of back-off from 660 s.
  expect(queue.unschedulableCount[0]).toBe(3);
  expect(queue.backoffExpiryUs(0)).toBe(664 * SECOND);
  expect(queue.retriesAt(990 * SECOND)).toBe(0);
});

test('activeQ serves the highest priority first, then the longest waiting; removed pods never come', () => {
  const pod = fc.record({ priority: fc.integer({ min: 0, max: 3 }), atUs: fc.integer({ min: 0, max: 5 }), removed: fc.boolean() });
  fc.assert(
    fc.property(fc.array(pod, { maxLength: 60 }), (pods) => {
      const queue = new SchedulingQueue();
      pods.forEach(({ priority, atUs }, i) => queue.add(i, 0, priority, atUs));
      pods.forEach(({ removed }, i) => removed && queue.remove(i));
      const expected = pods.map((_, i) => i).filter((i) => !pods[i]!.removed);
      expected.sort((a, b) => pods[b]!.priority - pods[a]!.priority || pods[a]!.atUs - pods[b]!.atUs || a - b);
      expect(queue.pending).toBe(expected.length);
      expect(expected.map(() => queue.pop())).toEqual(expected);
      expect(queue.pop()).toBe(-1);
    }),
  );
});

test('a gated pod counts as pending, is never popped, and is a new pod once its gates are gone', () => {
  const queue = new SchedulingQueue();
  queue.gate(0);
  expect([queue.pending, queue.pop()]).toEqual([1, -1]);
  queue.add(0, 0, 0, SECOND);
  expect([queue.pending, queue.pop(), queue.pending]).toEqual([1, 0, 0]);
  queue.gate(1);
  queue.remove(1);
  expect(queue.pending).toBe(0);
});

test('versions before early pop leave a pod in back-off until the timer has moved it', () => {
  const queue = new SchedulingQueue({ ...DEFAULT_QUEUE, popsFromBackoff: false });
  queue.add(0, 0, 0, 0);
  // Nothing is cut off then: a back-off from 1.3 s ends at 2.3 s.
  reject(queue, 0, 1.3 * SECOND, true);
  expect(queue.pop()).toBe(-1);
  expect(queue.nextFlushUs()).toBe(3 * SECOND);
  queue.flushBackoff(2 * SECOND);
  expect(queue.pop()).toBe(-1);
  queue.flushBackoff(3 * SECOND);
  expect(queue.pop()).toBe(0);
});

test('waits between tries are 1, 2, 4, 8, 10, 10 s cut to whole seconds, whatever the times of rejection', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 5 * SECOND }), { minLength: 8, maxLength: 8 }), (delays) => {
      const queue = new SchedulingQueue();
      queue.add(0, 0, 0, 0);
      let nowUs = 0;
      delays.forEach((delay, i) => {
        nowUs += delay;
        reject(queue, 0, nowUs, true);
        const wait = Math.min(10, 2 ** i) * SECOND;
        expect(queue.backoffExpiryUs(0)).toBe(Math.floor((nowUs + wait) / SECOND) * SECOND);
        // Real waits: at least the back-off less what is cut off, at most a second more.
        const movedUs = queue.nextFlushUs();
        expect(movedUs - nowUs).toBeGreaterThan(wait - 1);
        expect(movedUs - nowUs).toBeLessThanOrEqual(wait + SECOND);
        queue.flushBackoff(movedUs);
        expect(queue.place[0]).toBe(QueuePlace.active);
        nowUs = movedUs;
      });
    }),
  );
});
