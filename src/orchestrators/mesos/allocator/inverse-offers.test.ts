import { expect, test } from 'vitest';
import { Simulation } from '../../../engine/simulation.ts';
import { HierarchicalAllocator } from './hierarchical-allocator.ts';
import { plainColumn, ResourceColumns } from './resource-columns.ts';

const SECOND = 1_000_000;

/** Seconds at which a framework that keeps the one agent is asked for it. */
function asked(simulation = new Simulation()) {
  const times: number[] = [];
  const allocator: HierarchicalAllocator = new HierarchicalAllocator({
    simulation,
    columns: new ResourceColumns([plainColumn('cpus')]),
    agentCapacity: 1,
    options: { allocationIntervalUs: SECOND, minAllocatable: [], fairnessExcluded: [], staleInternalWeights: true, roleSorter: 'drf', filterGpuResources: true },
    orderSeed: 1,
    draw: () => 0,
    deliver: () => {},
    cycled: () => {},
    ask: () => times.push(simulation.nowUs / SECOND),
  });
  allocator.agents.add(0, 'a', [4000]);
  const framework = allocator.frameworks.add({ name: 'f', roles: ['r'] });
  simulation.run(1.5 * SECOND);
  allocator.planUnavailability(0, { startUs: 100 * SECOND, durationUs: SECOND });
  const at = (seconds: number, action: () => void) => {
    simulation.run(seconds * SECOND);
    action();
  };
  return { times, allocator, framework, simulation, at };
}

test('an answer ends the question: the next cycle asks again, unless the framework has refused for a while', () => {
  const { times, allocator, framework, simulation, at } = asked();
  at(10.5, () => allocator.answerInverse(framework, 0, 'accepted', 0));
  expect([...allocator.inverse.answers(0).values()]).toEqual(['accepted']);
  at(20.5, () => allocator.answerInverse(framework, 0, 'declined'));
  simulation.run(40 * SECOND);
  // At once, at the next batch, and at the first batch after five seconds of refusal.
  expect(times).toEqual([1.5, 11, 26]);
});

test('revive ends a refusal, a framework that is disconnected is not asked, and a window that was taken back asks nobody', () => {
  const { times, allocator, framework, simulation, at } = asked();
  at(10.5, () => allocator.answerInverse(framework, 0, 'declined', 1000 * SECOND));
  at(20.5, () => allocator.frameworks.revive(framework));
  at(30.5, () => allocator.frameworks.deactivate(framework));
  simulation.run(40 * SECOND);
  expect(times).toEqual([1.5, 20.5]);
  at(41.5, () => allocator.frameworks.activate(framework));
  at(42.5, () => allocator.planUnavailability(0, undefined));
  simulation.run(60 * SECOND);
  expect(times).toEqual([1.5, 20.5, 41.5]);
});

test('cycles that would ask nobody are not events', () => {
  const { simulation } = asked();
  const before = simulation.eventCount;
  simulation.run(100_000 * SECOND);
  expect(simulation.eventCount - before).toBeLessThan(5);
  const explicit = asked(new Simulation({ explicitTicks: true }));
  explicit.at(10.5, () => explicit.allocator.answerInverse(explicit.framework, 0, 'declined'));
  explicit.simulation.run(40 * SECOND);
  expect(explicit.times).toEqual([1.5, 16]);
});
