import { expect, test } from 'vitest';
import { Simulation } from '../../../engine/simulation.ts';
import { Counter, Log } from '../../../metrics/log.ts';
import { ConditionalUpdates, WriteTimes } from './conditional-updates.ts';

/** One object that is written at some times; a client that reads it at 0 and whose update comes to the store at 100. */
function race(writtenUs: readonly number[], steps: number) {
  const simulation = new Simulation();
  const log = new Log(simulation, []);
  const updates = new ConditionalUpdates(simulation, log, 'client', { steps, delayUs: (u) => 50 * (1 + u) });
  const seen: string[] = [];
  updates.send({
    readUs: 0,
    storedUs: 100,
    changedSince: (timeUs) => writtenUs.some((written) => written > timeUs && written <= simulation.nowUs),
    request: (sentUs) => sentUs + 10,
    draw: () => 0,
    apply: (tries) => void seen.push(`${simulation.nowUs}: stored after ${tries}`),
    givenUp: () => void seen.push(`${simulation.nowUs}: given up`),
  });
  simulation.run(10_000);
  const { decisions, commits, conflicts } = log.component('client');
  return { seen, decisions, commits, conflicts, counted: log.counters[Counter.conflicts] };
}

test('an update of an object that nobody else has written is stored', () => {
  expect(race([0, 101], 5)).toEqual({ seen: ['100: stored after 0'], decisions: 1, commits: 1, conflicts: 0, counted: 0 });
});

test('one that somebody has written meanwhile is refused; the client reads again and comes back', () => {
  // 100 refused, 150 sent, 160 read, 170 stored.
  expect(race([40], 5)).toEqual({ seen: ['170: stored after 1'], decisions: 2, commits: 1, conflicts: 1, counted: 1 });
  // Written again between the second read and its update.
  expect(race([40, 165], 5).seen).toEqual(['240: stored after 2']);
});

test('after its last try the client gives up', () => {
  expect(race([40], 1)).toEqual({ seen: ['100: given up'], decisions: 1, commits: 0, conflicts: 1, counted: 1 });
});

test('times of writes are remembered for as long as any request may be under way', () => {
  const times = new WriteTimes();
  for (let us = 0; us < 100; us++) times.add(us * 1000, us * 1000);
  expect(times.anyWithin(98_500, 99_000)).toBe(true);
  expect(times.anyWithin(99_000, 200_000)).toBe(false);
  expect(times.anyWithin(98_100, 98_900)).toBe(false);
});
