import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Log, RecordKind } from '../metrics/log.ts';
import { Recorder } from '../orchestrators/testing/recorder.ts';
import { WorldBench } from '../world/testing/world-bench.ts';
import type { Fault } from './fault-plan.ts';
import { inject } from './inject.ts';

const NAMES = ['a', 'b', 'c'];

function fault(kind: Fault['kind'], atUs: number, durationUs: number, machines: readonly number[] = [0], factor = 1): Fault {
  return { kind, atUs, durationUs, machines, factor, label: '' };
}

/** Injects a plan (sorted here) and tells what happened to machines and what was drained. */
function happen(plan: readonly Fault[]) {
  const bench = new WorldBench(NAMES.map((name) => ({ name })), []);
  const recorder = new Recorder();
  const log = new Log(bench.simulation, [recorder]);
  const sorted = [...plan].sort((x, y) => x.atUs - y.atUs);
  inject(bench.simulation, bench.world, log, sorted, (machine, drained) => bench.seen.push(`${bench.simulation.nowUs}: ${NAMES[machine]} ${drained ? 'drained' : 'back'}`));
  return { seen: bench.finish(), bench, recorder };
}

describe('overlapping faults on one machine', () => {
  const cases: [string, Fault[], string[]][] = [
    ['of one kind hold until the last has ended', [fault('crash', 10, 100), fault('crash', 50, 100)], ['10: a down', '150: a up']],
    ['a hang within a crash is void', [fault('crash', 10, 100), fault('hang', 50, 20)], ['10: a down', '110: a up']],
    ['a hang that outlasts a crash is void, too: nothing was running to freeze', [fault('crash', 10, 100), fault('hang', 50, 200)], ['10: a down', '110: a up']],
    ['a crash within a hang cures it', [fault('hang', 10, 200), fault('crash', 50, 50)], ['10: a hung', '50: a down', '100: a up']],
    ['a second hang after the cure holds', [fault('hang', 10, 200), fault('crash', 50, 50), fault('hang', 150, 100)], ['10: a hung', '50: a down', '100: a up', '150: a hung', '250: a up']],
    ['a partition that outlasts a crash still cuts off', [fault('partition', 10, 200), fault('crash', 50, 50)], ['10: a cut off', '50: a down', '100: a cut off', '210: a up']],
    ['a partition that began while the machine was down shows at boot', [fault('crash', 10, 50), fault('partition', 20, 100)], ['10: a down', '60: a cut off', '120: a up']],
    ['the end of a crash does not end a drain', [fault('drain', 10, 200), fault('crash', 50, 50)], ['10: a drained', '50: a down', '100: a up', '210: a back']],
    ['two drains are one', [fault('drain', 10, 100), fault('drain', 50, 100)], ['10: a drained', '150: a back']],
    ['a dead daemon leaves its machine at work', [fault('daemon', 10, 500), fault('crash', 200, 50)], ['200: a down', '250: a up']],
    ['a fault without end stays', [fault('crash', 10, Infinity), fault('crash', 20, 5)], ['10: a down']],
  ];
  test.each(cases)('%s', (_, plan, expected) => {
    expect(happen(plan).seen).toEqual(expected);
  });

  test('the strongest slowness counts, and the end of one leaves the other', () => {
    const bench = new WorldBench([{ name: 'a' }], [{ workUs: 1000 }]);
    inject(bench.simulation, bench.world, new Log(bench.simulation, []), [fault('slow', 0, 1000, [0], 2), fault('slow', 100, 400, [0], 4)], () => {});
    bench.at(0, () => void bench.run(0));
    // 50 done by 100, 150 by 500, 400 by 1,000, the rest at full pace.
    expect(bench.finish()).toEqual(['0: 0 runs', '1600: 0 finished']);
    const weakerLater = new WorldBench([{ name: 'a' }], [{ workUs: 1000 }]);
    inject(weakerLater.simulation, weakerLater.world, new Log(weakerLater.simulation, []), [fault('slow', 0, 400, [0], 4), fault('slow', 100, 1000, [0], 2)], () => {});
    weakerLater.at(0, () => void weakerLater.run(0));
    // 100 done by 400, 450 by 1,100.
    expect(weakerLater.finish()).toEqual(['0: 0 runs', '1650: 0 finished']);
  });

  test('partitions of different groups end group by group', () => {
    const { bench } = happen([fault('partition', 10, Infinity, [0, 1]), fault('partition', 20, 30, [1, 2])]);
    const reach = (x: number, y: number) => bench.world.network.reachable(x, y);
    expect([reach(0, 1), reach(1, 2), reach(0, 2)]).toEqual([true, false, false]);
  });
});

test('every begin and end is recorded per machine before it takes effect', () => {
  const { recorder } = happen([fault('crash', 10, 20, [0, 2]), fault('slow', 15, Infinity, [1], 3)]);
  expect(recorder.of(RecordKind.fault).map(({ timeUs, a, b, c }) => [timeUs, a, b, c])).toEqual([
    [10, 0, 0, 0],
    [10, 0, 0, 2],
    [15, 1, 0, 1],
    [30, 0, 1, 0],
    [30, 0, 1, 2],
  ]);
});

test('whatever overlaps, when all has ended all is well again', () => {
  const any = fc.record({
    kind: fc.constantFrom('crash' as const, 'hang' as const, 'partition' as const, 'slow' as const, 'drain' as const),
    atUs: fc.nat(100),
    durationUs: fc.integer({ min: 1, max: 80 }),
    machines: fc.uniqueArray(fc.nat(2), { minLength: 1, maxLength: 3 }).map((list) => list.sort((x, y) => x - y)),
  });
  fc.assert(
    fc.property(fc.array(any, { maxLength: 25 }), (list) => {
      const { bench, seen } = happen(list.map((entry) => ({ ...entry, factor: entry.kind === 'slow' ? 2 : 1, label: '' })));
      const state = new Map<string, string>();
      for (const line of seen) {
        const [, name, ...words] = line.split(' ');
        const drain = words[0] === 'drained' || words[0] === 'back';
        const key = `${name}${drain ? ' service' : ''}`;
        // Every line is a change.
        expect(state.get(key) ?? (drain ? 'back' : 'up')).not.toBe(words.join(' '));
        state.set(key, words.join(' '));
      }
      for (const [key, value] of state) expect(value).toBe(key.endsWith('service') ? 'back' : 'up');
      for (const x of [0, 1, 2]) {
        expect(bench.world.processes.serving(x)).toBe(true);
        for (const y of [0, 1, 2]) expect(bench.world.network.reachable(x, y)).toBe(true);
      }
      expect(bench.world.network.delayUs(0, 1)).toBeLessThanOrEqual(300);
    }),
    { numRuns: 500 },
  );
});

test('processes of a machine are dead for as long as the last fault of kind daemon holds, or until a boot; those of others go on', () => {
  const bench = new WorldBench(NAMES.map((name) => ({ name })), []);
  const [a, b] = [0, 1].map((machine) => bench.world.processes.spawn({ role: `agent-${machine}`, machine, program: {}, startupUs: 0 })) as [number, number];
  const plan = [fault('daemon', 10, 100), fault('daemon', 50, 100), fault('daemon', 1000, 500), fault('crash', 1100, 100)];
  inject(bench.simulation, bench.world, new Log(bench.simulation, []), plan, () => {});
  const serving = [5, 20, 120, 160, 1050, 1250].map((timeUs) => {
    bench.simulation.run(timeUs);
    return [bench.world.processes.serving(a), bench.world.processes.serving(b)];
  });
  expect(serving).toEqual([[true, true], [false, true], [false, true], [true, true], [false, true], [true, true]]);
});
