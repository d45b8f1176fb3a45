import { publishedPorts } from '../../workload/readers/compose/published-ports.ts';
import type { ContainerRequest } from './container-request.ts';

/** What one service of a Compose file says to classic Swarm. */
export type ComposeRequest = Pick<ContainerRequest, 'labels' | 'constraints' | 'affinities' | 'whitelists' | 'links' | 'volumesFrom' | 'networkMode' | 'exposedPorts' | 'portBindings'> & {
  /** Reschedule policies in the user's words; more than one, or one that there is not, is an error of the manager. */
  readonly reschedule: readonly string[];
};

type Fields = Readonly<Record<string, unknown>>;

const NAMESPACE = 'com.docker.swarm.';

/**
 * Reads what docker-compose hands to classic Swarm for a service: expressions in labels (`com.docker.swarm.constraints` and its like, JSON lists) and behind them in the environment
 * (`constraint:`, `affinity:`, `whitelist:`, `reschedule:`; docker/classicswarm 1.2.9, cluster/config.go, BuildContainerConfig), published ports, links, `volumes_from` and the network mode.
 * @param containerOf name of the container that runs a service
 */
export function composeRequest(spec: unknown, containerOf: (service: string) => string): ComposeRequest {
  const service = spec as Fields;
  const labels = new Map(pairs(service['labels']));
  const environment = pairs(service['environment']).map(([key, value]) => `${key}=${value}`);
  const expressions = (label: string, prefix: string): string[] => [
    ...listed(labels.get(NAMESPACE + label)),
    ...environment.filter((text) => text.startsWith(`${prefix}:`)).map((text) => text.slice(prefix.length + 1)),
  ];
  const bindings = publishedPorts(service['ports']);
  return {
    labels,
    constraints: expressions('constraints', 'constraint'),
    affinities: expressions('affinities', 'affinity'),
    whitelists: expressions('whitelists', 'whitelist'),
    // `reschedule:on-node-failure` has no value of its own: as a mapping it ends with "=".
    reschedule: expressions('reschedule-policies', 'reschedule').map((text) => text.replace(/=$/, '')),
    links: texts(service['links'], String).map((link) => containerOf(link.split(':')[0]!)),
    volumesFrom: texts(service['volumes_from'], String).map((text) => (text.startsWith('container:') ? text.slice('container:'.length).split(':')[0]! : containerOf(text.split(':')[0]!))),
    networkMode: networkMode(service['network_mode'], containerOf),
    exposedPorts: [...new Set([...texts(service['expose'], String).map((port) => (port.includes('/') ? port : `${port}/tcp`)), ...bindings.map(({ port }) => port)])],
    portBindings: bindings,
  };
}

function texts<T>(list: unknown, read: (entry: unknown) => T): T[] {
  return Array.isArray(list) ? list.map(read) : [];
}

/** `KEY=VALUE` in a list, or a mapping. */
function pairs(entries: unknown): [string, string][] {
  if (Array.isArray(entries)) return entries.map(String).map((text) => (text.includes('=') ? [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)] : [text, '']));
  return typeof entries === 'object' && entries !== null ? Object.entries(entries).map(([key, value]) => [key, value === null ? '' : String(value)]) : [];
}

/** A JSON list of texts; what is none counts as absent, as in the manager. */
function listed(json: string | undefined): string[] {
  if (json === undefined) return [];
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) && value.every((entry) => typeof entry === 'string') ? value : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

function networkMode(mode: unknown, containerOf: (service: string) => string): string {
  if (typeof mode !== 'string' || mode === 'bridge') return '';
  return mode.startsWith('service:') ? `container:${containerOf(mode.slice('service:'.length))}` : mode;
}
