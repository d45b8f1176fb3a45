import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Loop } from './loop.ts';
import { KeyedRandom } from './random/keyed-random.ts';
import { Simulation } from './simulation.ts';
import { FixedSchedule, RedrawnSchedule } from './tick-schedule.ts';

const random = new KeyedRandom(1, 'loops');

interface LoopSpec {
  readonly fixed: boolean;
  readonly phaseUs: number;
  readonly intervalUs: number;
}
interface Deed {
  readonly timeUs: number;
  readonly loop: number;
  readonly what: 'work' | 'restart' | 'stop' | 'look';
}

/**
 * Loops that each have a heap of work: a tick takes one piece off, hands a piece to the next loop now and then by an event at the same instant, and parks when
 * nothing is left. Work comes from outside at random times. What can be observed is written down.
 */
function story(loops: readonly LoopSpec[], deeds: readonly Deed[], explicitTicks: boolean): { seen: string[]; events: number } {
  const simulation = new Simulation({ explicitTicks });
  const seen: string[] = [];
  const work = loops.map(() => 0);
  const made: Loop[] = [];
  const scheduleOf = (spec: LoopSpec, originUs: number, entity: number) =>
    spec.fixed
      ? new FixedSchedule(originUs + spec.phaseUs, spec.intervalUs)
      : new RedrawnSchedule({ random, entity, originUs, minUs: spec.intervalUs, widthUs: spec.phaseUs, stationary: true, epochUs: 97 });
  const give = simulation.on('outside', (loop) => {
    work[loop]!++;
    seen.push(`${simulation.nowUs}: work for ${loop}, last tick ${made[loop]!.lastTickUs()}`);
    made[loop]!.wake();
  });
  const look = simulation.on('outside', (loop) => void seen.push(`${simulation.nowUs}: last tick of ${loop} at ${made[loop]!.lastTickUs()}`));
  loops.forEach((_, i) => {
    const loop = new Loop(simulation, `loop-${i}`, (timeUs) => {
      if (work[i] === 0) return false;
      work[i]!--;
      seen.push(`${timeUs}: loop ${i} works, ${work[i]} left`);
      if (work[i]! % 2 === 0) simulation.after(0, look, (i + 1) % loops.length);
      if (work[i]! % 3 === 2) simulation.after(0, give, (i + 1) % loops.length);
      return work[i]! > 0;
    });
    made.push(loop);
  });
  const restart = simulation.on('outside', (loop, round) => made[loop]!.start(scheduleOf(loops[loop]!, simulation.nowUs, loop * 1000 + round), work[loop]! > 0));
  const stop = simulation.on('outside', (loop) => made[loop]!.stop());
  loops.forEach((spec, i) => made[i]!.start(scheduleOf(spec, 0, i), false));
  deeds.forEach(({ timeUs, loop, what }, round) => {
    const target = loop % loops.length;
    if (what === 'work') simulation.at(timeUs, give, target);
    else if (what === 'restart') simulation.at(timeUs, restart, target, round + 1);
    else if (what === 'stop') simulation.at(timeUs, stop, target);
    else simulation.at(timeUs, look, target);
  });
  simulation.run(400);
  // From outside, after the run: the instant is over.
  loops.forEach((_, i) => seen.push(`end: last tick of ${i} at ${made[i]!.lastTickUs()}`));
  work[0]!++;
  made[0]!.wake();
  simulation.run(600);
  return { seen, events: simulation.eventCount };
}

const loopSpec: fc.Arbitrary<LoopSpec> = fc.record({ fixed: fc.boolean(), phaseUs: fc.nat(12), intervalUs: fc.integer({ min: 1, max: 15 }) });
const deed: fc.Arbitrary<Deed> = fc.record({
  timeUs: fc.nat(420),
  loop: fc.nat(3),
  what: fc.constantFrom('work' as const, 'work' as const, 'work' as const, 'restart' as const, 'stop' as const, 'look' as const),
});

describe('a lazy loop', () => {
  test('behaves like one of which every tick is executed', () => {
    fc.assert(
      fc.property(fc.array(loopSpec, { minLength: 1, maxLength: 4 }), fc.array(deed, { maxLength: 40 }), (loops, deeds) => {
        expect(story(loops, deeds, false).seen).toEqual(story(loops, deeds, true).seen);
      }),
      { numRuns: 1000 },
    );
  });

  test('costs nothing while it has nothing to do', () => {
    const loops = [{ fixed: true, phaseUs: 3, intervalUs: 1 }];
    expect(story(loops, [], false).events).toBe(2);
    expect(story(loops, [], true).events).toBeGreaterThan(590);
  });

  test('that is woken by what a later tick of the same instant caused waits for its next turn', () => {
    const simulation = new Simulation();
    const seen: string[] = [];
    const first: Loop = new Loop(simulation, 'first', (timeUs) => (seen.push(`first at ${timeUs}`), false));
    const wakeFirst = simulation.on('first', () => first.wake());
    const second = new Loop(simulation, 'second', (timeUs) => {
      seen.push(`second at ${timeUs}`);
      simulation.after(0, wakeFirst);
      return false;
    });
    first.start(new FixedSchedule(10, 10), true);
    second.start(new FixedSchedule(10, 10), true);
    simulation.run(30);
    expect(seen).toEqual(['first at 10', 'second at 10', 'first at 20']);
  });

  test('may be woken for later, and an earlier wake stays in force', () => {
    const simulation = new Simulation();
    const seen: number[] = [];
    const loop = new Loop(simulation, 'l', (timeUs) => (seen.push(timeUs), false));
    loop.start(new FixedSchedule(0, 10), false);
    loop.wakeAt(55);
    loop.wakeAt(31);
    loop.wakeAt(70);
    simulation.run(200);
    expect(seen).toEqual([40]);
    expect(loop.running).toBe(true);
    loop.stop();
    loop.wake();
    simulation.run(300);
    expect([seen, loop.running, loop.lastTickUs()]).toEqual([[40], false, -Infinity]);
  });
});
