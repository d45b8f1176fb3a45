import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AgentOrder } from './agent-order.ts';

test('every key gives each agent a position of its own, and the way back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3000 }), fc.integer(), fc.nat(), (agents, seed, timeUs) => {
      const order = new AgentOrder(agents);
      order.rekey(seed, timeUs, 0);
      const positions = new Set<number>();
      for (let agent = 0; agent < agents; agent++) {
        const position = order.positionOf(agent);
        expect(order.agentAt(position)).toBe(agent);
        positions.add(position);
      }
      expect(positions.size).toBe(agents);
    }),
  );
});

test('each of five agents comes first in a fifth of the cycles, and each pair is in either order in half of them', () => {
  const order = new AgentOrder(5);
  const first = [0, 0, 0, 0, 0];
  let inOrder = 0;
  const cycles = 20_000;
  for (let cycle = 0; cycle < cycles; cycle++) {
    order.rekey(1, cycle * 1_000_000, 0);
    const positions = [0, 1, 2, 3, 4].map((agent) => order.positionOf(agent));
    first[positions.indexOf(Math.min(...positions))]!++;
    if (positions[1]! < positions[3]!) inOrder++;
  }
  // Five standard deviations of a binomial count.
  for (const count of first) expect(Math.abs(count - cycles / 5)).toBeLessThan(5 * Math.sqrt(cycles * 0.2 * 0.8));
  expect(Math.abs(inOrder - cycles / 2)).toBeLessThan(5 * Math.sqrt(cycles / 4));
});
