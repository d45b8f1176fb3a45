import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SequentialRandom } from '../../../engine/random/sequential-random.ts';
import { parseConstraint } from '../../../workload/readers/compose/placement-constraint.ts';
import { GroupPlacement } from './group-placement.ts';
import { MemoRanking } from './memo-ranking.ts';
import { ScanRanking } from './node-ranking.ts';
import { Availability, type NodeDescription, NodeSet, NodeStatus } from './node-set.ts';
import { Pipeline } from './pipeline.ts';
import { SpreadPlacement } from './spread-placement.ts';
import { EMPTY_TASK_SPEC, type TaskSpec } from './task-spec.ts';

const NANO = 1_000_000_000;
const GIB = 1_073_741_824;

function description(name: string, cpus: number, zone: string, gpus = 0): NodeDescription {
  return {
    id: name, hostname: name, addr: '', role: 'worker', os: 'linux', arch: 'x86_64', engineLabels: new Map(), plugins: [],
    nodeLabels: new Map([['zone', zone]]),
    nanoCpus: cpus * NANO,
    memoryBytes: 16 * GIB,
    generic: gpus > 0 ? [{ kind: 'gpu', named: Array.from({ length: gpus }, (_, i) => `g${i}`) }] : [],
  };
}

const spec = fc.record({
  cpus: fc.integer({ min: 0, max: 3 }),
  gpus: fc.integer({ min: 0, max: 1 }),
  zone: fc.constantFrom('', 'z0', 'z1'),
  maxReplicas: fc.constantFrom(0, 0, 1, 2),
  port: fc.constantFrom(0, 0, 0, 80),
  spread: fc.constantFrom([], [], [], ['node.labels.zone']),
});

const scene = fc.record({
  nodes: fc.array(fc.record({ cpus: fc.integer({ min: 1, max: 8 }), zone: fc.nat(2), gpus: fc.nat(2), ready: fc.boolean() }), { minLength: 1, maxLength: 40 }),
  specs: fc.array(spec, { minLength: 1, maxLength: 4 }),
  groups: fc.array(fc.record({ service: fc.nat(5), count: fc.integer({ min: 1, max: 12 }), fails: fc.nat(30) }), { minLength: 1, maxLength: 25 }),
  seed: fc.nat(),
});
type Scene = typeof scene extends fc.Arbitrary<infer T> ? T : never;

function taskSpec({ cpus, gpus, zone, maxReplicas, port, spread }: Scene['specs'][number]): TaskSpec {
  return {
    ...EMPTY_TASK_SPEC,
    nanoCpus: cpus * NANO,
    generic: gpus > 0 ? [{ kind: 'gpu', count: gpus }] : [],
    constraints: zone === '' ? [] : [parseConstraint(`node.labels.zone==${zone}`)],
    maxReplicas,
    hostPorts: port === 0 ? [] : [{ protocol: 'tcp', publishedPort: port }],
    spread,
  };
}

/** Places all groups one after the other; calls `placed` before each task is put into the books. */
function play(input: Scene, Ranking: typeof MemoRanking | typeof ScanRanking, placed: (nodes: NodeSet, node: number, spec: TaskSpec, service: number) => void = () => {}): number[][] {
  const nodes = new NodeSet(input.nodes.map(({ cpus, zone, gpus }, i) => description(`n${i}`, cpus, `z${zone}`, gpus)));
  input.nodes.forEach(({ ready }, i) => {
    if (!ready && i > 0) nodes.setStatus(i, NodeStatus.down);
  });
  const placement = new GroupPlacement(nodes, new SequentialRandom(input.seed, 'ties'), Ranking);
  const specs = input.specs.map(taskSpec);
  return input.groups.map(({ service, count, fails }, i) => {
    const group = { service, specVersion: 0, spec: specs[service % specs.length]!, count };
    const chosen: number[] = [];
    placement.place(group, i * 1_000_000, (node) => {
      placed(nodes, node, group.spec, service);
      nodes.add(node, service, group.spec, true);
      chosen.push(node);
    });
    // Some nodes get a bad name.
    for (let n = 0; n < Math.max(0, fails - 20); n++) nodes.failures.record(service, 0, 0, i * 1_000_000);
    if (fails % 7 === 0 && chosen.length > 0) nodes.remove(chosen[0]!, service, group.spec, true, []);
    if (fails % 5 === 0) nodes.setAvailability(fails % nodes.count, fails % 2 === 0 ? Availability.pause : Availability.active);
    return chosen;
  });
}

/** Has to ask the remembered scores about all specifications but one, as with many of them. */
class Forgetful extends MemoRanking {
  constructor(nodes: NodeSet, specs: readonly TaskSpec[]) {
    super(nodes, specs, 1);
  }
}

test('levels of load and remembered scores place every task where a look at all nodes does', () => {
  fc.assert(
    fc.property(scene, (input) => {
      const all = play(input, ScanRanking);
      expect(play(input, MemoRanking)).toEqual(all);
      expect(play(input, Forgetful)).toEqual(all);
    }),
    { numRuns: 300 },
  );
});

test('no placement breaks a constraint, a resource, a port or the limit of replicas', () => {
  fc.assert(
    fc.property(scene, (input) => {
      play(input, MemoRanking, (nodes, node, taskSpecOfGroup, service) => {
        expect(new Pipeline(nodes, taskSpecOfGroup, service).refusal(node)).toBe(null);
        expect(nodes.availableNanoCpus[node]).toBeGreaterThanOrEqual(taskSpecOfGroup.nanoCpus);
      });
    }),
    { numRuns: 200 },
  );
});

test('on identical nodes the numbers of tasks of a service differ by one at most, whatever the sizes of its groups', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }), fc.nat(), (count, groups, seed) => {
      const nodes = new NodeSet(Array.from({ length: count }, (_, i) => description(`n${i}`, 1000, 'z')));
      const placement = new GroupPlacement(nodes, new SequentialRandom(seed, 'ties'), MemoRanking);
      // Spread holds for what comes group by group; a group larger than the nodes goes round robin from where levels are equal.
      for (const size of groups) {
        placement.place({ service: 0, specVersion: 0, spec: EMPTY_TASK_SPEC, count: size }, 0, (node) => nodes.add(node, 0, EMPTY_TASK_SPEC, true));
      }
      const tasks = Array.from({ length: count }, (_, node) => nodes.activeOf(0, node));
      expect(Math.max(...tasks) - Math.min(...tasks)).toBeLessThanOrEqual(1);
    }),
    { numRuns: 300 },
  );
});

test('the index chooses among the same outcomes as the full procedure', () => {
  // Small enough for every outcome to be drawn.
  const outcomes = (way: 'index' | 'full'): string[] => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 400; seed++) {
      const nodes = new NodeSet([4, 4, 2, 1, 4].map((cpus, i) => description(`n${i}`, cpus, 'z')));
      nodes.add(0, 7, EMPTY_TASK_SPEC, true);
      nodes.add(4, 1, EMPTY_TASK_SPEC, true);
      const group = { service: 1, specVersion: 0, spec: { ...EMPTY_TASK_SPEC, nanoCpus: NANO }, count: 3 };
      const random = new SequentialRandom(seed, way);
      const counts = new Map<number, number>();
      const place = (node: number): void => {
        nodes.add(node, 1, group.spec, true);
        counts.set(node, (counts.get(node) ?? 0) + 1);
      };
      if (way === 'index') new GroupPlacement(nodes, random, MemoRanking).place(group, 0, place);
      else new SpreadPlacement(nodes, group, new Pipeline(nodes, group.spec, 1), random, 0, place).run();
      seen.add(JSON.stringify([...counts].sort(([a], [b]) => a - b)));
    }
    return [...seen].sort();
  };
  expect(outcomes('index')).toEqual(outcomes('full'));
  expect(outcomes('full')).toEqual([JSON.stringify([[1, 1], [2, 1], [3, 1]])]);
});
