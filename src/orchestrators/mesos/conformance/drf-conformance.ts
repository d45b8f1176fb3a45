import { SequentialRandom } from '../../../engine/random/sequential-random.ts';
import type { ConformanceCase, ConformanceResult, ConformanceSuite } from '../../conformance.ts';
import { ClusterTotal } from '../allocator/client-tree.ts';
import { DrfSorter } from '../allocator/drf-sorter.ts';
import { dominantShare, progressiveFilling, type Share } from '../allocator/progressive-filling.ts';
import { RandomSorter } from '../allocator/random-sorter.ts';

/** Recorded orders of the real sorters, and the paper's algorithm. */
export const mesosDrf: ConformanceSuite = {
  name: 'mesos-drf',
  file: 'mesos/conformance/mesos-drf.jsonl',
  complete: true,
  accepts: (record) => record.kind === 'sorter' || record.kind === 'random_sorter_distribution' || record.kind === 'drf_paper',
  check(record) {
    if (record.kind === 'sorter') return checkSorter(record as unknown as SorterCase);
    return record.kind === 'drf_paper' ? checkPaper(record as unknown as PaperCase) : checkRandom(record as unknown as RandomCase);
  },
};

type Quantities = Readonly<Record<string, number>>;

interface SorterOp {
  readonly op: string;
  readonly client: string;
  readonly agent: string;
  readonly path: string;
  readonly weight: number;
  readonly total: Quantities;
  readonly resources: Quantities;
  readonly old: Quantities;
  readonly new: Quantities;
  readonly clients: readonly string[];
  readonly value: number | boolean;
}

interface SorterCase extends ConformanceCase {
  readonly ops: readonly SorterOp[];
  readonly fairness_exclude?: readonly string[];
}

interface RandomCase extends ConformanceCase {
  /** Weights by path; one that has no row in the table is no client. */
  readonly clients: Quantities;
  readonly weights?: Quantities;
  readonly table: Readonly<Record<string, readonly number[]>>;
  readonly runs: number;
  readonly tolerance: number;
}

interface PaperExpectation {
  readonly tasks: readonly number[];
  readonly sequence: string;
  readonly dominant_shares: readonly string[];
}

interface PaperCase extends ConformanceCase {
  readonly capacity: Quantities;
  readonly users: readonly { readonly demand: Quantities; readonly weight: number }[];
  readonly expect_stop?: PaperExpectation;
  readonly expect_skip?: PaperExpectation;
}

const AGREES: ConformanceResult = { outcome: 'agrees' };

function checkSorter(record: SorterCase): ConformanceResult {
  const names = namesOf(record.ops.flatMap((op) => [op.total, op.resources, op.old, op.new].filter((quantities) => quantities !== undefined)));
  const vector = (quantities: Quantities): Float64Array => Float64Array.from(names, (name) => Math.round((quantities[name] ?? 0) * 1000));
  const total = new ClusterTotal(names.length);
  const excluded = Uint8Array.from(names, (name) => (record.fairness_exclude?.includes(name) ? 1 : 0));
  const sorter = new DrfSorter({ total, excluded, staleInternalWeights: true });
  const agents = new Map<string, Float64Array>();
  for (const [index, op] of record.ops.entries()) {
    const found = replay(op);
    if (found !== undefined && found.expected !== found.got) return { outcome: 'disagrees', expected: `op ${index}: ${found.expected}`, got: found.got };
  }
  return AGREES;

  function replay(op: SorterOp): { expected: string; got: string } | undefined {
    switch (op.op) {
      case 'add_agent': {
        const known = agents.get(op.agent) ?? new Float64Array(names.length);
        const added = vector(op.total);
        agents.set(op.agent, known.map((value, n) => value + added[n]!));
        total.add(added, 1);
        return undefined;
      }
      case 'remove_agent':
        total.add(agents.get(op.agent)!, -1);
        agents.delete(op.agent);
        return undefined;
      case 'add':
        sorter.add(op.client);
        return undefined;
      case 'remove':
        sorter.remove(op.client);
        return undefined;
      case 'activate':
        sorter.activate(op.client);
        return undefined;
      case 'deactivate':
        sorter.deactivate(op.client);
        return undefined;
      case 'weight':
        sorter.updateWeight(op.path, op.weight);
        return undefined;
      case 'allocate':
        sorter.allocated(op.client, vector(op.resources));
        return undefined;
      case 'unallocate':
        sorter.unallocated(op.client, vector(op.resources));
        return undefined;
      case 'update':
        sorter.update(op.client, vector(op.old), vector(op.new));
        return undefined;
      case 'expect_sort':
        return { expected: op.clients.join(' '), got: sorter.sort().join(' ') };
      case 'expect_sort_set':
        return { expected: [...op.clients].sort().join(' '), got: [...sorter.sort()].sort().join(' ') };
      case 'expect_count':
        return { expected: String(op.value), got: String(sorter.count) };
      case 'expect_contains':
        return { expected: String(op.value), got: String(sorter.contains(op.client)) };
      default:
        return { expected: `a known operation, not "${op.op}"`, got: 'unknown' };
    }
  }
}

function checkRandom(record: RandomCase): ConformanceResult {
  const stream = new SequentialRandom(record.id, 'random-sorter');
  const sorter = new RandomSorter(0, true, () => stream.u());
  const clients = Object.keys(record.table);
  for (const client of clients) {
    sorter.add(client);
    sorter.activate(client);
  }
  for (const [path, weight] of Object.entries({ ...record.clients, ...record.weights })) sorter.updateWeight(path, weight);
  const counts = new Map(clients.map((client) => [client, clients.map(() => 0)]));
  for (let run = 0; run < record.runs; run++) sorter.sort().forEach((client, position) => counts.get(client)![position]!++);
  for (const [client, expected] of Object.entries(record.table)) {
    for (const [position, probability] of expected.entries()) {
      const got = counts.get(client)![position]! / record.runs;
      if (Math.abs(got - probability) > record.tolerance) return { outcome: 'disagrees', expected: `${client} at ${position}: ${probability}`, got: String(got) };
    }
  }
  return AGREES;
}

function checkPaper(record: PaperCase): ConformanceResult {
  const names = namesOf([record.capacity, ...record.users.map((user) => user.demand)]);
  const capacity = names.map((name) => record.capacity[name] ?? 0);
  const users = record.users.map((user) => ({ demand: names.map((name) => user.demand[name] ?? 0), weight: user.weight }));
  for (const whenFull of ['stop', 'skip'] as const) {
    const expectation = whenFull === 'stop' ? record.expect_stop : record.expect_skip;
    if (expectation === undefined) continue;
    const filling = progressiveFilling(capacity, users, whenFull);
    const sequence = filling.sequence.map((user) => String.fromCharCode(65 + user)).join('');
    const shares = users.map((user, index) => fraction(dominantShare(capacity, user.demand, filling.tasks[index]!)));
    const expected = `${whenFull}: ${expectation.tasks.join(',')} ${expectation.sequence} ${expectation.dominant_shares.join(',')}`;
    const got = `${whenFull}: ${filling.tasks.join(',')} ${sequence} ${shares.join(',')}`;
    if (expected !== got) return { outcome: 'disagrees', expected, got };
  }
  return AGREES;
}

function fraction({ numerator, denominator }: Share): string {
  let a = numerator;
  let b = denominator;
  while (b !== 0n) [a, b] = [b, a % b];
  const down = denominator / a;
  return down === 1n ? String(numerator / a) : `${numerator / a}/${down}`;
}

function namesOf(quantities: readonly Quantities[]): string[] {
  return [...new Set(quantities.flatMap((entry) => Object.keys(entry)))].sort();
}
