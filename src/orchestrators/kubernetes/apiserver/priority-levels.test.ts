import { expect, test } from 'vitest';
import { Component } from '../../../metrics/log.ts';
import { PriorityLevel, PrioritySeats } from './priority-levels.ts';

const SECOND = 1_000_000;

function seatsOf(inflight: number) {
  const books = new Map<string, Component>();
  const seats = new PrioritySeats(inflight, (name) => {
    books.set(name, new Component(name));
    return books.get(name)!;
  });
  return { seats, book: (level: string) => books.get(`kubernetes/apiserver ${level}`)! };
}

test('a request that takes long keeps one seat, not those of others', () => {
  const { seats } = seatsOf(600);
  for (let i = 0; i < 98; i++) expect(seats.seatedUs(PriorityLevel.workloadHigh, SECOND, 2 * SECOND)).toBe(SECOND);
});

test('requests below what the level has seats for do not wait', () => {
  const { seats, book } = seatsOf(600);
  // workload-high: 98 seats and 220 lent ones, 16 ms each: 19,875 requests a second.
  const sent = Array.from({ length: 19_000 }, (_, i) => Math.floor((i / 19_000) * SECOND));
  expect(sent.map((us) => seats.seatedUs(PriorityLevel.workloadHigh, us, 16_000))).toEqual(sent);
  expect(book('workload-high')).toMatchObject({ jobs: 19_000, waitUs: 0, abandoned: 0 });
  expect(book('workload-high').busyUs / SECOND).toBeCloseTo((19_000 * 0.016) / 98, 6);
});

test('a burst beyond the seats is worked off at their pace: the wait is that of a queue with as many servers', () => {
  const { seats } = seatsOf(60);
  // global-default: 5 seats of its own and 22 lent; 270 requests of 20 ms take 200 ms.
  const last = Math.max(...Array.from({ length: 270 }, () => seats.seatedUs(PriorityLevel.globalDefault, SECOND, 20_000))) - SECOND;
  expect(last).toBeGreaterThanOrEqual(170_000);
  expect(last).toBeLessThanOrEqual(200_000);
});

test('one level that is full keeps no other waiting: heartbeats and pods of kubelets survive a flood by users', () => {
  const { seats, book } = seatsOf(60);
  for (let i = 0; i < 2_000; i++) seats.seatedUs(PriorityLevel.globalDefault, SECOND, 20_000);
  expect(book('global-default').waitUs).toBeGreaterThan(0);
  for (let i = 0; i < 7; i++) expect(seats.seatedUs(PriorityLevel.system, SECOND, 10_000)).toBe(SECOND);
});

test('what finds too many waiting is answered 429 and sent again a second later', () => {
  const { seats, book } = seatsOf(24);
  const seated = Array.from({ length: 4_000 }, () => seats.seatedUs(PriorityLevel.globalDefault, 0, 20_000));
  const { abandoned, decisions, jobs } = book('global-default');
  expect(abandoned).toBeGreaterThan(0);
  expect(decisions).toBe(jobs + abandoned);
  // 2 seats and 8 lent ones: 500 a second, and never more.
  for (let second = 0; second < 8; second++) expect(seated.filter((us) => us >= second * SECOND && us < (second + 1) * SECOND).length).toBeLessThanOrEqual(500);
});

test('the order in which requests are asked about moves no request that does not wait', () => {
  const { seats } = seatsOf(60);
  for (let i = 0; i < 20; i++) seats.seatedUs(PriorityLevel.system, 50 * SECOND + i, 5_000);
  expect(seats.seatedUs(PriorityLevel.system, SECOND, 5_000)).toBe(SECOND);
});
