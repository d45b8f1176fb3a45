import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Simulation } from '../../../engine/simulation.ts';
import { HierarchicalAllocator } from './hierarchical-allocator.ts';
import type { Offers } from './offers.ts';
import { RowOffers } from './offers.ts';
import { plainColumn, ResourceColumns } from './resource-columns.ts';

/** One thing that happens to an allocator; numbers are taken modulo what there is. */
interface Step {
  readonly kind: 'agent' | 'lost' | 'suppress' | 'revive' | 'deactivate' | 'activate' | 'weight' | 'wait' | 'end' | 'whitelist' | 'takeBack' | 'owners';
  readonly which: number;
  readonly amount: number;
  /** How the framework answers: how many tasks it launches, and how long it refuses the rest, seconds. */
  readonly use: number;
  readonly refuseS: number;
}

const AGENTS = 12;

/** Offers per step as text, from an allocator over plain columns or over the same with a reservation that nobody has, which is run as the real loop nest. */
function offered(steps: readonly Step[], roles: readonly string[], plain: boolean): string[] {
  const simulation = new Simulation();
  const names = ['cpus', 'mem'].map(plainColumn);
  const columns = new ResourceColumns(plain ? names : [...names, { name: 'cpus', reservedTo: 'nobody', revocable: false, indivisible: false, scalar: true }]);
  const log: string[] = [];
  const used: { framework: number; role: string; agent: number; resources: Float64Array }[] = [];
  let answer: Step = steps[0]!;
  const inbox: Offers[] = [];
  const allocator = new HierarchicalAllocator({
    simulation,
    columns,
    agentCapacity: AGENTS,
    options: { allocationIntervalUs: 1e6, minAllocatable: [new Map([['cpus', 10]]), new Map([['mem', 32_000]])], fairnessExcluded: [], staleInternalWeights: true, roleSorter: 'drf', filterGpuResources: true },
    orderSeed: 7,
    draw: () => 0,
    deliver: (offers) => inbox.push(offers),
    cycled: () => {},
  });
  const answerOp = simulation.on('test', () => {
    for (const offers of inbox.splice(0)) {
      const launched = new Map<number, Float64Array>();
      const agents = offers.agents();
      for (const agent of agents) {
        const whole = offers instanceof RowOffers ? offers.resources(agent)! : Float64Array.from({ length: columns.count }, (_, c) => offers.left(agent, c));
        log.push(`${simulation.nowUs}: ${offers.framework} ${offers.role} agent ${agent} ${whole[0]}/${whole[1]}`);
      }
      const request = new Float64Array(columns.count);
      request[0] = 500 + 500 * (answer.amount % 3);
      let from = 0;
      for (let i = 0; i < answer.use; i++) {
        const agent = offers.find(request, from, (candidate) => (candidate * 7 + answer.which) % 3 > 0);
        if (agent < 0) break;
        from = offers.foundAt;
        offers.take(agent, request);
        log.push(`${simulation.nowUs}: ${offers.framework} launches on ${agent}`);
        used.push({ framework: offers.framework, role: offers.role, agent, resources: request });
        launched.set(agent, (launched.get(agent) ?? new Float64Array(columns.count)).map((amount, c) => amount + request[c]!));
      }
      const refuse = answer.refuseS * 1e6;
      allocator.answer(offers, launched, { used: refuse, unused: refuse });
    }
  });
  roles.forEach((role, i) => allocator.frameworks.add({ name: `f${i}`, roles: [role] }));
  const known = new Set<number>();
  const inactive = new Set<number>();
  for (const step of steps) {
    answer = step;
    const agent = step.which % AGENTS;
    const framework = step.which % roles.length;
    const total = Float64Array.from({ length: columns.count }, (_, c) => (c === 0 ? 1000 * (1 + (step.amount % 4)) : c === 1 ? 1_024_000 : 0));
    if (step.kind === 'agent' && !known.has(agent)) {
      known.add(agent);
      allocator.agents.add(agent, `a${agent}`, total);
    } else if (step.kind === 'lost' && known.has(agent)) {
      known.delete(agent);
      inactive.delete(agent);
      const gone = used.filter((entry) => entry.agent === agent);
      for (const entry of gone) used.splice(used.indexOf(entry), 1);
      allocator.agents.remove(agent, gone);
    } else if (step.kind === 'suppress') allocator.frameworks.suppress(framework);
    else if (step.kind === 'revive') allocator.frameworks.revive(framework);
    else if (step.kind === 'deactivate' && known.has(agent)) allocator.agents.deactivate(agent);
    else if (step.kind === 'activate' && known.has(agent)) allocator.agents.activate(agent);
    else if (step.kind === 'whitelist') allocator.agents.setWhitelist(step.amount === 0 ? null : new Set(Array.from({ length: AGENTS }, (_, i) => `a${i}`).filter((_, i) => (i * 5 + step.which) % 4 > 0)));
    else if (step.kind === 'takeBack' && inbox.length > 0) {
      const offers = inbox.splice(step.which % inbox.length, 1)[0]!;
      log.push(`${simulation.nowUs}: ${offers.framework} ${offers.role} taken back`);
      allocator.takeBack(offers);
      expect(offers.find(new Float64Array(columns.count), 0, () => true)).toBe(-1);
    } else if (step.kind === 'owners') allocator.setOwners(Int32Array.from({ length: AGENTS }, (_, i) => (i * 5 + step.which) % roles.length));
    else if (step.kind === 'weight') allocator.setWeight(roles[framework]!, 1 + (step.amount % 3));
    else if (step.kind === 'end' && used.length > 0) {
      const [entry] = used.splice(step.which % used.length, 1);
      allocator.recover(entry!.framework, entry!.role, entry!.agent, entry!.resources);
    }
    simulation.run(simulation.nowUs);
    // Frameworks answer at once, or after the next cycle.
    simulation.after(step.amount % 2 === 0 ? 0 : 1_500_000, answerOp);
    simulation.run(simulation.nowUs + (step.kind === 'wait' ? 1000 * step.amount * 400 : 0));
    expect(allocator.invariants()).toEqual([]);
  }
  simulation.after(0, answerOp);
  simulation.run(simulation.nowUs + 30e6);
  return log;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom<Step['kind']>('agent', 'agent', 'agent', 'lost', 'suppress', 'revive', 'deactivate', 'activate', 'weight', 'whitelist', 'takeBack', 'owners', 'wait', 'wait', 'wait', 'end', 'end'),
  which: fc.nat(1000),
  amount: fc.nat(10),
  use: fc.nat(5),
  refuseS: fc.constantFrom(0, 1, 5, 20),
});

test('bulk cycles offer the same agents to the same frameworks at the same times as the loop nest of the real allocator', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), fc.constantFrom(['x'], ['x', 'y'], ['x', 'y', 'z'], ['x', 'x'], ['x', 'x/a', 'y'], ['a', 'b', 'c', 'd', 'e', 'f'], ['x', 'x/a', 'y', 'y/b', 'y/b', 'z']), (steps, roles) => {
      expect(offered(steps, roles, true).sort()).toEqual(offered(steps, roles, false).sort());
    }),
    { numRuns: 1500 },
  );
}, 60_000);
