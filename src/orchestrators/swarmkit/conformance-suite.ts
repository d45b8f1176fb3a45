import { SequentialRandom } from '../../engine/random/sequential-random.ts';
import type { ConformanceResult, ConformanceSuite } from '../conformance.ts';
import { ConstraintError, constraintMatches, parseConstraint } from '../../workload/readers/compose/placement-constraint.ts';
import type { GenericDescription } from './scheduler/generic-resources.ts';
import { GroupPlacement } from './scheduler/group-placement.ts';
import { MemoRanking } from './scheduler/memo-ranking.ts';
import { Availability, NodeSet, NodeStatus } from './scheduler/node-set.ts';
import { noSuitableNode, Pipeline } from './scheduler/pipeline.ts';
import { SpreadPlacement } from './scheduler/spread-placement.ts';
import { sortKey, type TaskGroup } from './scheduler/task-group.ts';
import { EMPTY_TASK_SPEC, type HostPort, type TaskSpec } from './scheduler/task-spec.ts';
import { TaskState } from './task-state.ts';

/** Decisions recorded from the scheduler, constraint and generic-resource packages of SwarmKit. */
export const swarmkitSuite: ConformanceSuite = {
  name: 'swarmkit',
  file: 'swarmkit/conformance/swarmkit.jsonl',
  complete: true,
  accepts: (record) => (record.kind === 'group' && 'nodes' in record && 'group' in record) || (record.kind === 'constraint-expr' && 'expr' in record && 'match' in record),
  check: (record) => (record.kind === 'group' ? checkGroup(record as unknown as GroupCase) : checkExpression(record as unknown as ExpressionCase)),
};

const AGREES: ConformanceResult = { outcome: 'agrees' };

/** Answers that depend on draws are made this often; each has to be one of those recorded. */
const DRAWS = 12;
const SECOND_US = 1_000_000;
/** Moment of the decision: late enough for failures that lie back. */
const NOW_US = 1_000_000_000;

interface ExpressionCase {
  readonly expr: string;
  readonly match: { readonly error?: string; readonly matches?: readonly boolean[]; readonly values?: readonly string[] };
}

interface TaskFields {
  readonly service: string;
  readonly state: string;
  readonly desiredState: string;
  readonly nanoCpus?: number;
  readonly memoryBytes?: number;
  readonly generic?: readonly { readonly kind: string; readonly count: number }[];
  readonly hostPorts?: readonly HostPort[];
}

interface NodeFields {
  readonly id: string;
  readonly state: string;
  readonly availability: string;
  readonly role: string;
  readonly hostname?: string;
  readonly ip?: string;
  readonly os?: string;
  readonly arch?: string;
  readonly nanoCpus?: number;
  readonly memoryBytes?: number;
  readonly generic?: readonly { readonly kind: string; readonly count?: number; readonly named?: readonly string[] }[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly engineLabels?: Readonly<Record<string, string>>;
  readonly plugins?: readonly string[];
  readonly tasks?: readonly TaskFields[];
  readonly recentFailures?: readonly { readonly service: string; readonly specVersion: number; readonly agesSeconds: readonly number[] }[];
}

interface GroupCase {
  readonly nodes: readonly NodeFields[];
  readonly group: {
    readonly service: string;
    readonly specVersion: number;
    readonly count: number;
    readonly nanoCpus?: number;
    readonly memoryBytes?: number;
    readonly generic?: readonly { readonly kind: string; readonly count: number }[];
    readonly constraints?: readonly string[];
    readonly platforms?: readonly string[];
    readonly maxReplicasPerNode?: number;
    readonly hostPorts?: readonly HostPort[];
    readonly spread?: readonly string[];
    readonly logDriver?: string;
  };
  readonly expect: {
    readonly rejectedBy: Readonly<Record<string, string>>;
    readonly sortKeys: Readonly<Record<string, readonly number[]>>;
    readonly outcomes: readonly { readonly assigned: Readonly<Record<string, number>>; readonly unassigned: number }[];
    readonly error?: string;
  };
}

function checkExpression({ expr, match }: ExpressionCase): ConformanceResult {
  let got: unknown;
  try {
    const constraint = parseConstraint(expr);
    got = (match.values ?? []).map((value) => constraintMatches(constraint, value));
  } catch (error) {
    if (!(error instanceof ConstraintError)) throw error;
    got = error.message;
  }
  return compare(match.error ?? match.matches ?? [], got, `constraint ${expr}`);
}

function checkGroup(record: GroupCase): ConformanceResult {
  const { nodes, group } = build(record);
  const pipeline = new Pipeline(nodes, group.spec, group.service);
  const names = nodes.descriptions.map(({ id }) => id);
  const rejectedBy = names.map((id, node) => [id, pipeline.refusal(node)?.name] as const).filter(([, filter]) => filter !== undefined);
  const sortKeys = names.map((id, node) => [id, sortKey(nodes, group, node, NOW_US)] as const);
  for (const result of [compare(record.expect.rejectedBy, Object.fromEntries(rejectedBy), 'rejectedBy'), compare(record.expect.sortKeys, Object.fromEntries(sortKeys), 'sortKeys')]) {
    if (result.outcome !== 'agrees') return result;
  }
  const outcomes = new Set(record.expect.outcomes.map((outcome) => canonical(outcome)));
  for (let draw = 0; draw < DRAWS; draw++) {
    for (const way of [byIndex, inFull]) {
      const fresh = build(record);
      const assigned = new Map<string, number>();
      const { placed, error } = way(fresh.nodes, fresh.group, new SequentialRandom(draw, 'conformance'), (node) => {
        fresh.nodes.add(node, group.service, group.spec, true);
        assigned.set(names[node]!, (assigned.get(names[node]!) ?? 0) + 1);
      });
      const outcome = canonical({ assigned: Object.fromEntries(assigned), unassigned: group.count - placed });
      if (!outcomes.has(outcome)) return { outcome: 'disagrees', expected: `one of ${[...outcomes].join(' ')}`, got: outcome };
      if (record.expect.error !== undefined && error !== null && error !== record.expect.error) return { outcome: 'disagrees', expected: record.expect.error, got: error };
    }
  }
  return AGREES;
}

type Way = (nodes: NodeSet, group: TaskGroup, random: SequentialRandom, place: (node: number) => void) => { readonly placed: number; /** `null` = this way does not say. */ readonly error: string | null };

const byIndex: Way = (nodes, group, random, place) => ({ placed: new GroupPlacement(nodes, random, MemoRanking).place(group, NOW_US, place), error: null });

const inFull: Way = (nodes, group, random, place) => {
  const pipeline = new Pipeline(nodes, group.spec, group.service);
  const placed = new SpreadPlacement(nodes, group, pipeline, random, NOW_US, place).run();
  return { placed, error: placed === group.count ? '' : noSuitableNode(pipeline.explain()) };
};

function build(record: GroupCase): { nodes: NodeSet; group: TaskGroup } {
  const services = new Map<string, number>();
  const serviceOf = (name: string): number => {
    if (!services.has(name)) services.set(name, services.size);
    return services.get(name)!;
  };
  const nodes = new NodeSet(
    record.nodes.map((node) => ({
      id: node.id,
      hostname: node.hostname ?? '',
      addr: node.ip ?? '',
      role: node.role === 'manager' ? 'manager' : 'worker',
      os: node.os ?? '',
      arch: node.arch ?? '',
      nodeLabels: new Map(Object.entries(node.labels ?? {})),
      engineLabels: new Map(Object.entries(node.engineLabels ?? {})),
      nanoCpus: node.nanoCpus ?? 0,
      memoryBytes: node.memoryBytes ?? 0,
      generic: (node.generic ?? []).map((entry): GenericDescription => (entry.named === undefined ? { kind: entry.kind, count: entry.count ?? 0 } : { kind: entry.kind, named: entry.named })),
      plugins: (node.plugins ?? []).map((name) => ({ type: 'Log', name })),
    })),
  );
  record.nodes.forEach((node, i) => {
    nodes.status[i] = { UNKNOWN: NodeStatus.unknown, DOWN: NodeStatus.down, READY: NodeStatus.ready, DISCONNECTED: NodeStatus.disconnected }[node.state]!;
    nodes.availability[i] = { active: Availability.active, pause: Availability.pause, drain: Availability.drain }[node.availability]!;
    for (const task of node.tasks ?? []) {
      const state = stateOf(task.state);
      if (state < TaskState.pending || state > TaskState.running) continue;
      nodes.add(i, serviceOf(task.service), { ...EMPTY_TASK_SPEC, nanoCpus: task.nanoCpus ?? 0, memoryBytes: task.memoryBytes ?? 0, generic: task.generic ?? [], hostPorts: task.hostPorts ?? [] }, stateOf(task.desiredState) <= TaskState.complete);
    }
    for (const { service, specVersion, agesSeconds } of node.recentFailures ?? []) {
      for (const age of agesSeconds) nodes.failures.record(serviceOf(service), specVersion, i, NOW_US - age * SECOND_US);
    }
  });
  const { group } = record;
  const spec: TaskSpec = {
    ...EMPTY_TASK_SPEC,
    nanoCpus: group.nanoCpus ?? 0,
    memoryBytes: group.memoryBytes ?? 0,
    generic: group.generic ?? [],
    constraints: (group.constraints ?? []).map((text) => parseConstraint(text)),
    platforms: (group.platforms ?? []).map((text) => ({ os: text.slice(0, text.indexOf('/')), arch: text.slice(text.indexOf('/') + 1) })),
    maxReplicas: group.maxReplicasPerNode ?? 0,
    hostPorts: group.hostPorts ?? [],
    spread: group.spread ?? [],
    logDriver: group.logDriver ?? '',
  };
  return { nodes, group: { service: serviceOf(group.service), specVersion: group.specVersion, spec, count: group.count } };
}

function stateOf(name: string): number {
  const state = new Map<string, number>(Object.entries(TaskState)).get(name === 'COMPLETED' ? 'complete' : name.toLowerCase());
  if (state === undefined) throw new Error(`unknown task state "${name}"`);
  return state;
}

function compare(expected: unknown, got: unknown, where: string): ConformanceResult {
  const [a, b] = [canonical(expected), canonical(got)];
  return a === b ? AGREES : { outcome: 'disagrees', expected: `${where}: ${a}`, got: `${where}: ${b}` };
}

/** JSON with sorted keys, so that only values count. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) : part,
  );
}
