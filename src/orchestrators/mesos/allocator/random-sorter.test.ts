import { expect, test } from 'vitest';
import { SequentialRandom } from '../../../engine/random/sequential-random.ts';
import { RandomSorter } from './random-sorter.ts';

test('clients of a tree of roles are shuffled as one list by their part of the weight (RandomSorterTest, HierarchicalProbabilityDistribution)', () => {
  const stream = new SequentialRandom(1, 'random-sorter');
  const sorter = new RandomSorter(0, true, () => stream.u());
  const clients = ['a', 'a/b', 'c/d', 'c/e'];
  for (const client of clients) {
    sorter.add(client);
    sorter.activate(client);
  }
  for (const [path, weight] of [['a', 1], ['a/b', 2], ['c', 2], ['c/d', 1], ['c/e', 2]] as const) sorter.updateWeight(path, weight);
  const runs = 10_000;
  const counts = clients.map(() => [0, 0, 0, 0]);
  for (let run = 0; run < runs; run++) sorter.sort().forEach((client, position) => counts[clients.indexOf(client)]![position]!++);
  // Table of the upstream test (src/tests/sorter_tests.cpp), which allows 0.05.
  const table = [[0.11, 0.15, 0.23, 0.51], [0.22, 0.27, 0.3, 0.21], [0.22, 0.27, 0.3, 0.21], [0.44, 0.31, 0.18, 0.07]];
  table.forEach((row, client) => row.forEach((probability, position) => expect(Math.abs(counts[client]![position]! / runs - probability)).toBeLessThan(0.02)));
});

test('a client that is not active is left out, and so is its part of the weight', () => {
  const stream = new SequentialRandom(2, 'random-sorter');
  const sorter = new RandomSorter(0, true, () => stream.u());
  for (const client of ['a/x', 'a/y', 'b']) sorter.add(client);
  sorter.activate('a/x');
  sorter.activate('b');
  sorter.updateWeight('a/y', 100);
  let first = 0;
  for (let run = 0; run < 4000; run++) {
    const order = sorter.sort();
    expect([...order].sort()).toEqual(['a/x', 'b']);
    if (order[0] === 'b') first++;
  }
  expect(Math.abs(first / 4000 - 0.5)).toBeLessThan(0.03);
});
