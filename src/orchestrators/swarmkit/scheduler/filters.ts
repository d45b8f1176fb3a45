import { nodeMatches } from '../../../workload/readers/compose/placement-constraint.ts';
import { Availability, type NodeSet, NodeStatus } from './node-set.ts';
import type { Platform, TaskSpec } from './task-spec.ts';

/** What a filter's answer about a node depends on. */
export type Dependence = 'state' | 'description' | 'service';

/** One filter of the pipeline (manager/scheduler/filter.go). Pure: an answer from the nodes' columns. */
export interface Filter {
  readonly name: string;
  /** `description` never changes its answer, `service` also asks which service it is for. */
  readonly dependsOn: Dependence;
  /** Whether the filter has anything to say about such tasks. */
  enabled(spec: TaskSpec): boolean;
  check(nodes: NodeSet, node: number, spec: TaskSpec, service: number): boolean;
  /** The scheduler's own words for a number of refused nodes. */
  explain(count: number): string;
}

const nodesOf = (count: number): string => `${count} ${count === 1 ? 'node' : 'nodes'}`;

const ready: Filter = {
  name: 'ready',
  dependsOn: 'state',
  enabled: () => true,
  check: (nodes, node) => nodes.status[node] === NodeStatus.ready && nodes.availability[node] === Availability.active,
  explain: (count) => `${nodesOf(count)} not available for new tasks`,
};

const resource: Filter = {
  name: 'resource',
  dependsOn: 'state',
  enabled: (spec) => spec.nanoCpus !== 0 || spec.memoryBytes !== 0 || spec.generic.length > 0,
  check: (nodes, node, spec) => {
    if (spec.nanoCpus > nodes.availableNanoCpus[node]! || spec.memoryBytes > nodes.availableMemoryBytes[node]!) return false;
    for (const { kind, count } of spec.generic) if (!nodes.hasGeneric(node, kind, count)) return false;
    return true;
  },
  explain: (count) => `insufficient resources on ${nodesOf(count)}`,
};

const plugin: Filter = {
  name: 'plugin',
  dependsOn: 'description',
  enabled: (spec) => spec.logDriver !== '' || spec.networkDrivers.length > 0 || spec.volumeDrivers.some((driver) => driver !== '' && driver !== 'local'),
  check: (nodes, node, spec) => {
    const { plugins } = nodes.descriptions[node]!;
    const has = (type: string, driver: string): boolean => plugins.some((entry) => entry.type === type && (entry.name === driver || entry.name === `${driver}:latest`));
    if (spec.volumeDrivers.some((driver) => driver !== '' && driver !== 'local' && !has('Volume', driver))) return false;
    if (spec.networkDrivers.some((driver) => driver !== '' && !has('Network', driver))) return false;
    if (spec.logDriver === '' || spec.logDriver === 'none') return true;
    // A node that reports no log drivers at all is an old one: nothing is concluded from that.
    return has('Log', spec.logDriver) || !plugins.some(({ type }) => type === 'Log');
  },
  explain: (count) => `missing plugin on ${nodesOf(count)}`,
};

const constraint: Filter = {
  name: 'constraint',
  dependsOn: 'description',
  enabled: (spec) => spec.constraints.length > 0,
  check: (nodes, node, spec) => nodeMatches(spec.constraints, nodes.descriptions[node]!),
  explain: (count) => `scheduling constraints not satisfied on ${nodesOf(count)}`,
};

const platform: Filter = {
  name: 'platform',
  dependsOn: 'description',
  enabled: (spec) => spec.platforms.length > 0,
  check: (nodes, node, spec) => spec.platforms.some((wanted) => supports(nodes.descriptions[node]!, wanted)),
  explain: (count) => `unsupported platform on ${nodesOf(count)}`,
};

const hostport: Filter = {
  name: 'hostport',
  dependsOn: 'state',
  enabled: (spec) => spec.hostPorts.some(({ publishedPort }) => publishedPort !== 0),
  check: (nodes, node, spec) => !spec.hostPorts.some((port) => nodes.publishes(node, port)),
  explain: (count) => `host-mode port already in use on ${nodesOf(count)}`,
};

const maxreplicas: Filter = {
  name: 'maxreplicas',
  dependsOn: 'service',
  enabled: (spec) => spec.maxReplicas > 0,
  check: (nodes, node, spec, service) => nodes.activeOf(service, node) < spec.maxReplicas,
  explain: () => 'max replicas per node limit exceed',
};

/** All filters in their order (manager/scheduler/pipeline.go, defaultFilters). */
export const FILTERS: readonly Filter[] = [ready, resource, plugin, constraint, platform, hostport, maxreplicas];

/** Filters that concern such tasks, in order. */
export function enabledFilters(spec: TaskSpec): readonly Filter[] {
  return FILTERS.filter((filter) => filter.enabled(spec));
}

function supports(node: Platform, wanted: Platform): boolean {
  return (wanted.arch === '' || architecture(wanted.arch) === architecture(node.arch)) && (wanted.os === '' || wanted.os === node.os);
}

function architecture(name: string): string {
  return name === 'x86_64' ? 'amd64' : name === 'aarch64' ? 'arm64' : name;
}
