import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Loop } from './loop.ts';
import { BoundExceeded, Simulation } from './simulation.ts';
import { FixedSchedule } from './tick-schedule.ts';

describe('the order of events', () => {
  test('is time, then sources in the order they were added, then events as scheduled, then ticks by loop', () => {
    const simulation = new Simulation();
    const seen: string[] = [];
    const note = simulation.on('a', (id) => void seen.push(`event ${id} at ${simulation.nowUs}`));
    const second = new Loop(simulation, 'l', () => (seen.push(`loop 0 at ${simulation.nowUs}`), true));
    const third = new Loop(simulation, 'l', () => (seen.push(`loop 1 at ${simulation.nowUs}`), true));
    third.start(new FixedSchedule(10, 100), true);
    second.start(new FixedSchedule(10, 100), true);
    simulation.at(10, note, 1);
    simulation.at(5, note, 2);
    simulation.at(10, note, 3);
    const fromSource = (name: string) => simulation.on('s', (i) => void seen.push(`${name} ${i} at ${simulation.nowUs}`));
    simulation.addSource(Float64Array.of(10, 10), fromSource('first source'));
    simulation.addSource(Float64Array.of(5, 10), fromSource('second source'));
    simulation.run(10);
    expect(seen).toEqual([
      'second source 0 at 5',
      'event 2 at 5',
      'first source 0 at 10',
      'first source 1 at 10',
      'second source 1 at 10',
      'event 1 at 10',
      'event 3 at 10',
      'loop 0 at 10',
      'loop 1 at 10',
    ]);
    expect(simulation.eventCount).toBe(9);
  });

  test('an event scheduled for this very instant comes after those that were there before', () => {
    const simulation = new Simulation();
    const seen: number[] = [];
    const note = simulation.on('a', (id) => void seen.push(id));
    const spawn = simulation.on('a', () => {
      seen.push(0);
      simulation.after(0, note, 2);
    });
    simulation.at(7, spawn);
    simulation.at(7, note, 1);
    simulation.run(7);
    expect(seen).toEqual([0, 1, 2]);
  });

  test('time runs to the end asked for, and a later run goes on from there', () => {
    const simulation = new Simulation();
    const seen: number[] = [];
    const note = simulation.on('a', () => void seen.push(simulation.nowUs));
    simulation.at(50, note);
    simulation.at(51, note);
    simulation.run(50);
    expect([seen, simulation.nowUs]).toEqual([[50], 50]);
    simulation.run(100);
    expect([seen, simulation.nowUs]).toEqual([[50, 51], 100]);
  });

  test('a cancelled event neither happens nor moves the clock', () => {
    const simulation = new Simulation();
    const note = simulation.on('a', () => simulation.stop());
    const handle = simulation.at(10, note);
    expect(simulation.cancel(handle)).toBe(true);
    expect(simulation.cancel(handle)).toBe(false);
    simulation.run(Infinity);
    expect([simulation.nowUs, simulation.eventCount]).toEqual([0, 0]);
  });

  test.each([-1, 4.5, NaN, Infinity])('refuses an event at %f us', (timeUs) => {
    const simulation = new Simulation();
    const note = simulation.on('a', () => {});
    expect(() => simulation.at(timeUs, note)).toThrow('event scheduled at');
    expect(() => simulation.addSource(Float64Array.of(timeUs), note)).toThrow('source scheduled at');
  });

  test('refuses sources that are not sorted or lie in the past', () => {
    const simulation = new Simulation();
    const note = simulation.on('a', () => {});
    expect(() => simulation.addSource(Float64Array.of(1, 3, 2), note)).toThrow('source is not sorted at element 2');
    simulation.run(5);
    expect(() => simulation.addSource(Float64Array.of(4), note)).toThrow('before now');
  });
});

describe('bounds', () => {
  test('a loop of events without delay ends with the number of events at one instant', () => {
    const simulation = new Simulation({ bounds: { eventsPerInstant: 1000 } });
    const again = simulation.on('a', () => void simulation.after(0, again));
    simulation.at(3, again);
    expect(() => simulation.run(10)).toThrow(new BoundExceeded('eventsPerInstant', 1000, 3));
    expect(simulation.eventCount).toBe(1001);
  });

  test('an endless run ends with the number of events', () => {
    const simulation = new Simulation({ bounds: { events: 1000 } });
    const again = simulation.on('a', () => void simulation.after(1, again));
    simulation.at(0, again);
    expect(() => simulation.run(Infinity)).toThrow('the run passed its bound of 1000 events at simulated time 1000 us');
  });

  test('many events at different instants do not count as one instant', () => {
    const simulation = new Simulation({ bounds: { eventsPerInstant: 3 } });
    const again = simulation.on('a', (left) => void (left > 0 && simulation.after(1, again, left - 1)));
    simulation.at(0, again, 500);
    simulation.run(Infinity);
    expect(simulation.eventCount).toBe(501);
  });
});

describe('permuted ties', () => {
  const run = (seed: number | undefined, events: readonly { readonly timeUs: number; readonly component: number }[]) => {
    const simulation = new Simulation({ permuteTiesSeed: seed });
    const seen: { timeUs: number; component: number; id: number }[] = [];
    const operations = [0, 1, 2, 3].map((component) => simulation.on(`component-${component}`, (id) => void seen.push({ timeUs: simulation.nowUs, component, id })));
    events.forEach(({ timeUs, component }, id) => simulation.at(timeUs, operations[component]!, id));
    simulation.run(Infinity);
    return seen;
  };

  test('keep time order, the order within a component, and every event', () => {
    const event = fc.record({ timeUs: fc.nat(5), component: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 100 }), fc.integer(), (events, seed) => {
        const permuted = run(seed, events);
        expect(permuted.map(({ id }) => id).sort((a, b) => a - b)).toEqual(events.map((_, id) => id));
        for (let i = 1; i < permuted.length; i++) expect(permuted[i]!.timeUs).toBeGreaterThanOrEqual(permuted[i - 1]!.timeUs);
        for (const component of [0, 1, 2, 3]) {
          const of = (all: ReturnType<typeof run>) => all.filter((entry) => entry.component === component).map(({ id }) => id);
          expect(of(permuted)).toEqual(of(run(undefined, events)));
        }
        expect(run(seed, events)).toEqual(permuted);
      }),
    );
  });

  test('do change the order of unrelated components', () => {
    const events = Array.from({ length: 200 }, (_, i) => ({ timeUs: i >> 2, component: i % 4 }));
    const first = run(1, events).map(({ id }) => id);
    expect(first).not.toEqual(events.map((_, id) => id));
    expect(first).not.toEqual(run(2, events).map(({ id }) => id));
  });
});
