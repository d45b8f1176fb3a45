import { SequentialRandom } from '../../engine/random/sequential-random.ts';
import type { ConformanceResult, ConformanceSuite } from '../conformance.ts';
import type { ContainerRequest, PortBinding } from './container-request.ts';
import { ENGINE_STATE_NAMES, EngineHealth } from './engine-health.ts';
import { ExpressionError, matches, parseExpression } from './expression.ts';
import { filtersNamed } from './filters/filters.ts';
import { MemoPicker } from './node-picker.ts';
import { type CachedContainer, NodeTable } from './node-table.ts';
import { withOvercommit } from './overcommit.ts';
import { Scheduler, type Selection } from './scheduler.ts';
import type { StrategyName } from './strategy.ts';

/** Decisions recorded from the scheduler, filter, strategy and engine packages of classic Swarm 1.2.9. */
export const swarmClassicSuite: ConformanceSuite = {
  name: 'swarm-classic',
  file: 'swarm-classic/conformance/swarm-classic.jsonl',
  complete: true,
  accepts: (record) =>
    (record.kind === 'placement' && 'strategy' in record && 'filters' in record) || (record.kind === 'expr' && 'expr' in record && 'parsed' in record) || (record.kind === 'engine' && 'engine' in record),
  check: (record) => {
    if (record.kind === 'expr') return checkExpression(record as unknown as ExpressionCase);
    if (record.kind === 'engine') return checkEngine(record as unknown as EngineCase);
    return checkPlacement(record as unknown as PlacementCase);
  },
};

const AGREES: ConformanceResult = { outcome: 'agrees' };

function compare(expected: unknown, got: unknown, where: string): ConformanceResult {
  const a = canonical(expected);
  const b = canonical(got);
  return a === b ? AGREES : { outcome: 'disagrees', expected: `${where}: ${a}`, got: `${where}: ${b}` };
}

/** JSON with sorted keys, so that only values count. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) : part,
  );
}

interface ExpressionCase {
  readonly expr: string;
  readonly values: readonly (readonly string[])[];
  readonly parsed: unknown;
}

function checkExpression(record: ExpressionCase): ConformanceResult {
  let parsed: unknown;
  try {
    const expression = parseExpression(record.expr);
    try {
      parsed = { ...expression, matches: record.values.map((strings) => matches(expression, strings)) };
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      parsed = { crash: true };
    }
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    parsed = { error: error.message };
  }
  return compare(record.parsed, parsed, `expression ${record.expr}`);
}

interface EngineCase {
  readonly engine: {
    readonly cpus: number;
    readonly memory: number;
    readonly overcommit: number;
    readonly totalCpus: number;
    readonly totalMemory: number;
    readonly failureRetry: number;
    readonly health?: readonly { readonly event: string; readonly state: string; readonly health: number }[];
  };
}

function checkEngine({ engine }: EngineCase): ConformanceResult {
  const totals = compare(
    [engine.totalCpus, engine.totalMemory],
    [withOvercommit(engine.cpus, engine.overcommit), withOvercommit(engine.memory, engine.overcommit)],
    'totals',
  );
  if (totals.outcome !== 'agrees') return totals;
  const health = new EngineHealth(1, engine.failureRetry);
  const steps = (engine.health ?? []).map(({ event }) => {
    if (event === 'validated') health.validated(0);
    else if (event === 'success') health.succeeded(0);
    else if (event === 'connection-error') health.connectionFailed(0);
    else if (event !== '(pending)' && event !== 'other-error') throw new Error(`unknown event "${event}"`);
    return { event, state: ENGINE_STATE_NAMES[health.state[0]!]!, health: health.indicator(0) };
  });
  return compare(engine.health ?? [], steps, 'health');
}

interface ContainerFields {
  readonly id?: string;
  readonly names?: readonly string[] | null;
  readonly swarmId?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly cpus?: number;
  readonly memory?: number;
  readonly networkMode?: string;
  readonly exposedPorts?: readonly string[] | null;
  readonly portBindings?: readonly Partial<PortBinding>[] | null;
  readonly allocatedPorts?: readonly Partial<PortBinding>[] | null;
  readonly pending?: boolean;
}

interface RequestFields extends ContainerFields {
  readonly name?: string;
  readonly constraints?: readonly string[];
  readonly affinities?: readonly string[];
  readonly whitelists?: readonly string[];
  readonly links?: readonly string[];
  readonly volumesFrom?: readonly string[];
  readonly assignedId?: string;
  readonly assignedSwarmId?: string;
}

interface Answer {
  readonly pass?: string;
  readonly softPassError?: string;
  readonly accepted?: readonly string[];
  readonly ranked?: readonly { readonly weight: number | null; readonly containers?: number | null; readonly nodes: readonly string[] }[];
  readonly placed?: string;
  readonly errorKind?: string;
  readonly failedFilter?: string;
  readonly message?: string;
}

interface PlacementCase {
  readonly strategy: StrategyName;
  readonly filters: readonly string[];
  /** Absent = an empty cluster. */
  readonly nodes?: readonly {
    readonly id: string;
    readonly name: string;
    readonly health: number;
    readonly totalCpus: number;
    readonly totalMemory: number;
    readonly labels?: Readonly<Record<string, string>>;
    readonly images?: readonly { readonly id: string; readonly repoTags?: readonly string[] | null }[] | null;
    readonly containers?: readonly ContainerFields[] | null;
  }[];
  readonly requests: readonly RequestFields[];
  readonly expect: readonly Answer[];
}

function checkPlacement(record: PlacementCase): ConformanceResult {
  const scheduler = new Scheduler(record.strategy, filtersNamed(record.filters));
  const nodes = nodeTable(record.nodes ?? []);
  const all = (record.nodes ?? []).map((_, row) => row);
  for (let i = 0; i < record.requests.length; i++) {
    const fields = record.requests[i]!;
    const request = containerRequest(fields);
    const expected = record.expect[i]!;
    const selection = scheduler.select(request, nodes, all);
    const result = compare(expected, answer(selection, nodes, expected), `request ${i}`);
    if (result.outcome !== 'agrees') return result;
    const picked = pickedLike(selection, scheduler, nodes, request);
    if (picked.outcome !== 'agrees') return picked;
    // The recorded sequence goes on with the first node of the first group, which the comparison has just confirmed.
    if (selection.ranked !== undefined) nodes.add(selection.ranked[0]!.nodes[0]!, placedContainer(fields, request, i));
  }
  return AGREES;
}

/** Runs take the winner from a memo of scores: it must be one of the first group, or fail alike. */
function pickedLike(selection: Selection, scheduler: Scheduler, nodes: NodeTable, request: ContainerRequest): ConformanceResult {
  const picker = new MemoPicker(scheduler, nodes, [request], new SequentialRandom(0, 'conformance'), () => true, () => false);
  const node = picker.pick(0);
  if (selection.error !== undefined) return compare(selection.error.message, node < 0 ? picker.error?.message : nodes.names[node], 'refusal of the memo');
  const first = selection.ranked[0]!.nodes;
  return first.includes(node) ? AGREES : compare(first, node, 'pick of the memo');
}

function nodeTable(recorded: NonNullable<PlacementCase['nodes']>): NodeTable {
  const nodes = new NodeTable(
    recorded.map((node) => ({ id: node.id, name: node.name, totalCpus: node.totalCpus, totalMemoryBytes: node.totalMemory, labels: new Map(Object.entries(node.labels ?? {})) })),
  );
  recorded.forEach((node, row) => {
    nodes.health[row] = node.health;
    nodes.setImages(row, (node.images ?? []).map(({ id, repoTags }) => ({ id, repoTags: repoTags ?? [] })));
    for (const container of node.containers ?? []) nodes.add(row, cachedContainer(container));
  });
  return nodes;
}

function cachedContainer(fields: ContainerFields): CachedContainer {
  const labels = new Map(Object.entries(fields.labels ?? {}));
  const swarmId = fields.swarmId ?? '';
  if (swarmId !== '') labels.set('com.docker.swarm.id', swarmId);
  const pending = fields.pending ?? false;
  return {
    id: pending ? '' : (fields.id ?? ''),
    names: fields.names ?? [],
    swarmId,
    labels,
    cpus: fields.cpus ?? 0,
    memoryBytes: fields.memory ?? 0,
    networkMode: fields.networkMode ?? '',
    exposedPorts: fields.exposedPorts ?? [],
    portBindings: bindings(fields.portBindings),
    allocatedPorts: bindings(fields.allocatedPorts),
    pending,
  };
}

function bindings(list: readonly Partial<PortBinding>[] | null | undefined): PortBinding[] {
  return (list ?? []).map(({ port, hostIp, hostPort }) => ({ port: port ?? '', hostIp: hostIp ?? '', hostPort: hostPort ?? '' }));
}

function containerRequest(fields: RequestFields): ContainerRequest {
  return {
    cpus: fields.cpus ?? 0,
    memoryBytes: fields.memory ?? 0,
    labels: new Map(Object.entries(fields.labels ?? {})),
    constraints: fields.constraints ?? [],
    affinities: fields.affinities ?? [],
    whitelists: fields.whitelists ?? [],
    links: fields.links ?? [],
    volumesFrom: fields.volumesFrom ?? [],
    networkMode: fields.networkMode ?? '',
    exposedPorts: fields.exposedPorts ?? [],
    portBindings: bindings(fields.portBindings),
  };
}

/** The container that a request becomes: expressions are written back into labels as JSON arrays. */
function placedContainer(fields: RequestFields, request: ContainerRequest, index: number): CachedContainer {
  const labels: Record<string, string> = { ...fields.labels };
  for (const kind of ['constraints', 'affinities', 'whitelists'] as const) {
    if (request[kind].length > 0) labels[`com.docker.swarm.${kind}`] = JSON.stringify(request[kind]);
  }
  return cachedContainer({
    ...fields,
    labels,
    names: [`/${fields.name ?? `auto-${index}`}`],
    ...(fields.assignedId !== undefined && { id: fields.assignedId }),
    ...(fields.assignedSwarmId !== undefined && { swarmId: fields.assignedSwarmId }),
  });
}

/** The selection in the words of the recording. A message that depends on a hash map's order is not recorded, so it is not compared. */
function answer(selection: Selection, nodes: NodeTable, expected: Answer): Answer {
  const names = (rows: readonly number[]): string[] => rows.map((row) => nodes.names[row]!);
  const { pass, softPassError: soft, error } = selection;
  const common = { pass, ...(soft !== undefined && { softPassError: soft.kind === 'filter' ? `filter:${soft.filter}` : soft.kind }) };
  if (error !== undefined) {
    return {
      ...common,
      errorKind: error.kind,
      ...(error.filter !== undefined && { failedFilter: error.filter }),
      ...(selection.accepted !== undefined && 'accepted' in expected && { accepted: names(selection.accepted) }),
      ...(expected.message !== undefined && { message: error.message }),
    };
  }
  return {
    ...common,
    accepted: names(selection.accepted),
    ranked: selection.ranked.map((group) => ({ ...group, nodes: names(group.nodes) })),
    placed: names(selection.ranked[0]!.nodes)[0]!,
  };
}

