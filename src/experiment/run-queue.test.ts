import { describe, expect, it } from 'vitest';
import type { RunSpec } from '../scenario/run-spec.ts';
import { RunQueue } from './run-queue.ts';
import { tinyPlan } from './testing/tiny-run.ts';

const [sample] = tinyPlan().plan.runs;

/** Runs of some orchestrators, with what each is thought to take. */
function runsOf(costs: Readonly<Record<string, readonly number[]>>): { readonly runs: RunSpec[]; readonly cost: (spec: RunSpec) => number } {
  const known = new Map<string, number>();
  const runs = Object.entries(costs).flatMap(([orchestrator, seconds]) =>
    seconds.map((costS, i) => {
      const id = `${orchestrator}-${i}`;
      known.set(id, costS);
      return { ...sample!, id, orchestrator };
    }),
  );
  return { runs, cost: ({ id }) => known.get(id)! };
}

/** Takes everything in turns. */
function taken(queue: RunQueue, lanes: number): string[][] {
  const orders: string[][] = Array.from({ length: lanes }, () => []);
  for (let lane = 0; ; lane = (lane + 1) % lanes) {
    const runs = queue.take(lane);
    if (runs === undefined) return orders;
    orders[lane]!.push(runs.map(({ id }) => id).join('+'));
  }
}

describe('the order of runs', () => {
  it('keeps a lane with one orchestrator, and has it help where most is left when there are none left of it', () => {
    const { runs, cost } = runsOf({ a: [1, 1, 1, 1], b: [1, 1], c: [1] });
    expect(taken(new RunQueue(runs, { lanes: 2, mostGrouped: 1, cost }), 2)).toEqual([
      ['a-0', 'a-1', 'a-2', 'a-3'],
      ['b-0', 'b-1', 'c-0'],
    ]);
  });

  it('begins a run for which all would wait at the end before anything else', () => {
    const { runs, cost } = runsOf({ many: Array.from({ length: 30 }, () => 1), one: [20] });
    const [first, second] = taken(new RunQueue(runs, { lanes: 2, mostGrouped: 1, cost }), 2);
    expect(first![0]).toBe('many-0');
    expect(second![0]).toBe('one-0');
    const alone = runsOf({ many: Array.from({ length: 10 }, () => 1), more: Array.from({ length: 8 }, () => 1), one: [40] });
    expect(new RunQueue(alone.runs, { lanes: 2, mostGrouped: 1, cost: alone.cost }).take(0)!.map(({ id }) => id)).toEqual(['one-0']);
  });

  it('groups short runs, long ones first, but keeps messages short where there is little work in all', () => {
    const many = runsOf({ a: Array.from({ length: 400 }, (_, i) => (i === 7 ? 0.03 : 0.01)) });
    const first = new RunQueue(many.runs, { lanes: 2, mostGrouped: 16, cost: many.cost }).take(0)!;
    expect(first[0]!.id).toBe('a-7');
    expect(first).toHaveLength(8);
    const few = runsOf({ a: Array.from({ length: 16 }, () => 0.01) });
    expect(new RunQueue(few.runs, { lanes: 2, mostGrouped: 16, cost: few.cost }).take(0)).toHaveLength(1);
  });

  it('hands every run out once, and once more what is given back, alone', () => {
    const { runs, cost } = runsOf({ a: Array.from({ length: 50 }, () => 0.004), b: [0.2, 0.01] });
    const queue = new RunQueue(runs, { lanes: 3, mostGrouped: 16, cost });
    const given = queue.take(0)!;
    queue.giveBack(given);
    const orders = taken(queue, 3).flat();
    expect(orders.slice(0, given.length).every((text) => !text.includes('+'))).toBe(true);
    expect(orders.flatMap((text) => text.split('+')).sort()).toEqual(runs.map(({ id }) => id).sort());
  });
});
