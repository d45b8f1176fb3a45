import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SequentialRandom } from '../../engine/random/sequential-random.ts';
import { type ContainerRequest, EMPTY_REQUEST, type PortBinding } from './container-request.ts';
import { matches, parseExpression } from './expression.ts';
import { FILTERS, filtersNamed } from './filters/filters.ts';
import { MemoPicker, ScanPicker } from './node-picker.ts';
import { type CachedContainer, NodeTable } from './node-table.ts';
import { withOvercommit } from './overcommit.ts';
import { Scheduler } from './scheduler.ts';
import { STRATEGY_NAMES, type StrategyName } from './strategy.ts';

const GIB = 1024 ** 3;

function cluster(...specs: { name?: string; cpus?: number; gib?: number; labels?: Record<string, string> }[]): NodeTable {
  return new NodeTable(specs.map(({ name, cpus = 4, gib = 4, labels = {} }, i) => ({ id: `id-${i}`, name: name ?? `node-${i}`, totalCpus: cpus, totalMemoryBytes: gib * GIB, labels: new Map(Object.entries(labels)) })));
}

function container(fields: Partial<CachedContainer> = {}): CachedContainer {
  return { id: 'c0ffee', names: [], swarmId: '', labels: new Map(), cpus: 0, memoryBytes: 0, networkMode: '', exposedPorts: [], portBindings: [], allocatedPorts: [], pending: false, ...fields };
}

function request(fields: Partial<ContainerRequest> = {}): ContainerRequest {
  return { ...EMPTY_REQUEST, ...fields };
}

function binding(hostPort: string, hostIp = '', port = '80/tcp'): PortBinding {
  return { port, hostIp, hostPort };
}

function select(nodes: NodeTable, asked: Partial<ContainerRequest>, strategy: StrategyName = 'spread'): ReturnType<Scheduler['select']> {
  return new Scheduler(strategy, FILTERS).select(request(asked), nodes, [...nodes.ids.keys()]);
}

/** First tie group, or the error text. */
function best(nodes: NodeTable, asked: Partial<ContainerRequest>, strategy: StrategyName = 'spread'): readonly number[] | string {
  const selection = select(nodes, asked, strategy);
  return selection.error?.message ?? selection.ranked![0]!.nodes;
}

/** Places one request after the other on the first of the best; gives the counts per node. */
function fill(nodes: NodeTable, count: number, asked: Partial<ContainerRequest>): number[] {
  for (let i = 0; i < count; i++) nodes.add((best(nodes, asked) as number[])[0]!, container({ cpus: asked.cpus ?? 0, memoryBytes: asked.memoryBytes ?? 0 }));
  return [...nodes.containerCount];
}

test('spread shares requests by the resource asked for, and by count alone if none is', () => {
  expect(fill(cluster({ cpus: 21, gib: 64 }, { cpus: 42, gib: 128 }), 60, {})).toEqual([30, 30]);
  expect(fill(cluster({ cpus: 21, gib: 64 }, { cpus: 42, gib: 128 }), 60, { cpus: 1 })).toEqual([20, 40]);
});

test('at equal weight spread prefers fewer containers and binpack more', () => {
  const nodes = cluster({}, {});
  nodes.add(0, container({ memoryBytes: 2 * GIB }));
  for (let i = 0; i < 2; i++) nodes.add(1, container({ memoryBytes: GIB }));
  expect(best(nodes, { memoryBytes: GIB })).toEqual([0]);
  expect(best(nodes, { memoryBytes: GIB }, 'binpack')).toEqual([1]);
});

test('a full cluster refuses what it lacks and still takes what it does not count', () => {
  const nodes = cluster(...Array.from({ length: 100 }, () => ({ cpus: 1, gib: 1 })));
  expect(fill(nodes, 100, { cpus: 1 })).toEqual(Array.from({ length: 100 }, () => 1));
  expect(best(nodes, { cpus: 1 })).toBe('no resources available to schedule container');
  expect(fill(nodes, 100, { memoryBytes: GIB })).toEqual(Array.from({ length: 100 }, () => 2));
  expect(best(nodes, { cpus: 1000 }, 'random')).toHaveLength(100);
});

test('overcommit is a whole percentage and truncates', () => {
  expect([4, 19, 20, 100].map((cpus) => withOvercommit(cpus, 0.05))).toEqual([4, 19, 21, 105]);
  expect([withOvercommit(100, 0.29), withOvercommit(100, 0.57), withOvercommit(100, -0.5), withOvercommit(3, -0.5)]).toEqual([128, 156, 50, 2]);
});

test('truncation lets a node exceed its total by less than one per cent', () => {
  const nodes = cluster({ cpus: 200 });
  nodes.add(0, container({ cpus: 200 }));
  expect(best(nodes, { cpus: 1 })).toEqual([0]);
  expect(best(nodes, { cpus: 2 })).toBe('no resources available to schedule container');
});

test('one failed connection outweighs any load', () => {
  const nodes = cluster({ cpus: 100 }, { cpus: 100 });
  nodes.add(0, container({ cpus: 99 }));
  nodes.health[1] = 67;
  expect(best(nodes, { cpus: 1 })).toEqual([0]);
  expect(best(nodes, {}, 'binpack')).toEqual([0]);
  nodes.health.fill(0);
  expect(best(nodes, {})).toBe('No healthy node available in the cluster');
});

test('lack of resources among softly preferred nodes drops the preference altogether', () => {
  const nodes = cluster({ cpus: 1, labels: { group: '1' } }, { cpus: 4, labels: { group: '2' } });
  expect(best(nodes, { constraints: ['group==~1'], cpus: 1 })).toEqual([0]);
  expect(select(nodes, { constraints: ['group==~1'], cpus: 2 })).toMatchObject({ pass: 'hard', softPassError: { kind: 'no-resources' }, ranked: [{ nodes: [1] }] });
});

test.each([
  ['node==/node-[01]/', [0, 1]],
  ['node==id-2', [2]],
  ['region==us', [1]],
  ['region!=us', [0, 2]],
  ['region==us*', [0, 1]],
  ['region==*', [0, 1, 2]],
  ['region!=*', '[region!=*]'],
  ['region==us,eu', "error from constraint filter: Value 'us,eu' is invalid"],
  ['r==us', "error from constraint filter: Key 'r' is invalid"],
  ['region=us', 'error from constraint filter: One of operator ==, != is expected'],
  ['region==/', '[region==/]'],
])('constraint %s', (constraint, expected) => {
  const nodes = cluster({ labels: { region: 'us-west' } }, { labels: { region: 'us' } }, {});
  const answer = best(nodes, { constraints: [constraint] });
  expect(answer).toEqual(typeof expected === 'string' ? `Unable to find a node that satisfies the following conditions \n[available container slots]\n${expected}` : expected);
});

test('plain values are unescaped regular expressions, bad patterns match nothing, and nothing can make them hang', () => {
  const holds = (text: string, ...values: string[]): boolean => matches(parseExpression(text), values);
  expect(holds('version==4.4', '4x4')).toBe(true);
  expect(holds('name==a|b', 'axx')).toBe(true);
  expect(holds('name!=a', 'b', 'a')).toBe(false);
  expect(holds('name!=a')).toBe(true);
  expect(holds('name==(', '(')).toBe(false);
  expect(holds('name!=(', '(')).toBe(true);
  expect(holds('name==/(a+)+$/', `${'a'.repeat(50_000)}b`)).toBe(false);
});

test.each([
  ['another interface', '10.0.0.1', binding('80', '10.0.0.2'), [0, 1]],
  ['the same interface', '10.0.0.1', binding('80', '10.0.0.1'), [1]],
  ['all interfaces', '10.0.0.1', binding('80', '0:0:0:0:0:0:0:0'), [1]],
  ['another protocol', '', binding('80', '', '80/udp'), [1]],
  ['another port', '', binding('81'), [0, 1]],
  ['a port of the engine’s choice', '', binding(''), [0, 1]],
])('a host port that is taken collides: %s', (_what, hostIp, asked, expected) => {
  const nodes = cluster({}, {});
  nodes.add(0, container({ portBindings: [binding('80', hostIp)] }));
  nodes.add(1, container());
  expect(best(nodes, { portBindings: [asked] })).toEqual(expected);
});

test('in host mode exposed ports collide, except with containers that are still being created', () => {
  const nodes = cluster({}, {});
  nodes.add(0, container({ networkMode: 'host', exposedPorts: ['80/tcp'] }));
  nodes.add(1, container({ networkMode: 'host', exposedPorts: ['80/tcp'], pending: true, id: '' }));
  expect(best(nodes, { networkMode: 'host', exposedPorts: ['80/tcp'] })).toEqual([1]);
});

test.each([
  ['absent', undefined, true],
  ['2', '2', false],
  ['3', '3', true],
  ['+3', '+3', true],
  ['2.5', '2.5', true],
  ['-1', '-1', false],
  ['empty', '', true],
  ['beyond 64 bits', '99999999999999999999', true],
])('container slots %s with two containers', (_what, slots, passes) => {
  const nodes = cluster({ labels: slots === undefined ? {} : { containerslots: slots } });
  nodes.add(0, container());
  nodes.add(0, container({ pending: true, id: '' }));
  expect(select(nodes, {}).error === undefined).toBe(passes);
});

test('dependencies resolve by id, name or unambiguous prefix, all on one node', () => {
  const nodes = cluster({ name: 'n0' }, { name: 'n1' });
  nodes.add(0, container({ id: 'abcdef0123456789', names: ['/web'] }));
  nodes.add(1, container({ id: 'abcd000000000000', names: ['/web'] }));
  nodes.add(1, container({ id: 'abce000000000000', names: ['/db'] }));
  expect(best(nodes, { links: ['web:alias', 'db'] })).toEqual([1]);
  expect(best(nodes, { volumesFrom: ['n0/web:ro'] })).toEqual([0]);
  expect(best(nodes, { networkMode: 'container:abcdef012345' })).toEqual([0]);
  expect(best(nodes, { links: ['abc'] })).toEqual([0]);
  expect(best(nodes, { links: ['nowhere'] })).toBe('Unable to find a node that satisfies the following conditions \n[available container slots]\n[--link=nowhere]');
});

test('affinities look at first names, images with and without tag, and labels of containers', () => {
  const nodes = cluster({}, {});
  nodes.add(0, container({ names: ['/web'], labels: new Map([['app', 'shop']]) }));
  nodes.setImages(1, [{ id: 'sha', repoTags: ['host:5000/redis:3', 'busybox@sha256:abc'] }]);
  expect(best(nodes, { affinities: ['container==web'] })).toEqual([0]);
  expect(best(nodes, { affinities: ['container!=web'] })).toEqual([1]);
  expect(best(nodes, { affinities: ['image==host:5000/redis'] })).toEqual([1]);
  expect(best(nodes, { affinities: ['image==busybox'] })).toEqual([1]);
  expect(best(nodes, { affinities: ['app==shop'] })).toEqual([0]);
});

test('a whitelist compares names exactly and does not care for its operator', () => {
  const nodes = cluster({ name: 'a' }, { name: 'b' }, { name: 'c' });
  expect(best(nodes, { whitelists: ['node!=a|b', 'any==b|c'] })).toEqual([1]);
  expect(best(nodes, { whitelists: ['node==/a/'] })).toContain('[node==/a/ (soft=false)]');
});

const expressions = fc.array(fc.constantFrom('zone==z0', 'zone!=z0', 'zone==~z1', 'zone==~none', 'node==node-1', 'zone==/', 'bad'), { maxLength: 2 });
const asked = fc.record({
  cpus: fc.nat({ max: 3 }),
  memoryBytes: fc.nat({ max: 3 }).map((gib) => gib * GIB),
  constraints: expressions,
  affinities: fc.array(fc.constantFrom('app==x', 'app!=x', 'app==~x', 'container==~web-1', 'image==nothing'), { maxLength: 1 }),
  whitelists: fc.array(fc.constantFrom('node==node-0|node-2', 'node==~node-1'), { maxLength: 1 }),
  links: fc.array(fc.constantFrom('web-0', 'web-3'), { maxLength: 1 }),
  portBindings: fc.array(fc.constantFrom(binding('80'), binding('')), { maxLength: 1 }),
});

test('the memo picks the very nodes that the plain scan picks, with the same draws and the same refusals', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...STRATEGY_NAMES),
      fc.shuffledSubarray(FILTERS.map(({ name }) => name)),
      fc.array(asked, { minLength: 1, maxLength: 4 }),
      fc.array(fc.record({ shape: fc.nat(), node: fc.nat(), change: fc.constantFrom('remove', 'health', 'register', 'none') }), { maxLength: 40 }),
      fc.integer({ min: 1, max: 70 }),
      (strategy, names, shapes, steps, count) => {
        const requests = shapes.map((fields) => request(fields));
        const scheduler = new Scheduler(strategy, filtersNamed(names));
        const nodes = cluster(...Array.from({ length: count }, (_, i) => ({ cpus: 2 + (i % 3), labels: { zone: `z${i % 2}`, ...(i % 5 === 0 && { containerslots: '2' }) } })));
        const offered = (node: number, shape: number): boolean => (node + shape) % 4 !== 0;
        const draws = (): SequentialRandom => new SequentialRandom(1, 'test');
        const memo = new MemoPicker(scheduler, nodes, requests, draws(), offered, () => true);
        const scan = new ScanPicker(scheduler, nodes, requests, draws(), offered);
        steps.forEach(({ shape: raw, node: rawNode, change }, i) => {
          const shape = raw % requests.length;
          const node = rawNode % count;
          const listed = nodes.containers(node);
          if (change === 'remove' && listed.length > 0) nodes.remove(node, listed[0]!);
          if (change === 'health') nodes.health[node] = [0, 34, 67, 100][i % 4]!;
          if (change === 'register') nodes.registered[node] = 1 - nodes.registered[node]!;
          memo.touch(node);
          const expected = scan.pick(shape);
          expect(memo.pick(shape)).toBe(expected);
          if (expected < 0) expect(memo.error).toEqual(scan.error);
          else {
            const { cpus, memoryBytes, portBindings } = requests[shape]!;
            nodes.add(expected, container({ id: `id${i}`, names: [`/web-${i % 4}`], labels: new Map([['app', i % 2 === 0 ? 'x' : 'y']]), cpus, memoryBytes, portBindings }));
            memo.touch(expected);
          }
        });
      },
    ),
    { numRuns: 300 },
  );
});
