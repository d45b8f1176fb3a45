import type { PortBinding } from '../container-request.ts';
import type { CachedContainer, NodeTable } from '../node-table.ts';
import type { Filter } from './filter.ts';

/**
 * Keeps nodes where no other container holds a host port that the request binds; the protocol is not looked at. In host network mode exposed ports are
 * compared instead, with running host-mode containers only (scheduler/filter/port.go).
 */
export const portFilter: Filter = {
  name: 'port',
  passesEmpty: (request) => (request.networkMode === 'host' ? request.exposedPorts.length === 0 : request.portBindings.length === 0),
  keep(request, nodes, candidates) {
    if (request.networkMode === 'host') {
      return request.exposedPorts.length === 0 ? candidates : candidates.filter((node) => !request.exposedPorts.some((port) => exposed(nodes, node, port)));
    }
    if (request.portBindings.length === 0) return candidates;
    return candidates.filter((node) => !request.portBindings.some((binding) => inUse(nodes, node, binding)));
  },
  conditions: (request) =>
    request.networkMode === 'host'
      ? request.exposedPorts.map((port) => `port ${port} (Host mode)`)
      : request.portBindings.map(({ hostPort }) => `port ${hostPort} (Bridge mode)`),
};

function exposed(nodes: NodeTable, node: number, port: string): boolean {
  return nodes.containers(node).some((container) => !container.pending && container.networkMode === 'host' && container.exposedPorts.includes(port));
}

function inUse(nodes: NodeTable, node: number, requested: PortBinding): boolean {
  return nodes.containers(node).some((container) => held(container).some((binding) => collides(requested, binding)));
}

/** A stopped container keeps the ports it asked for; what the engine allocated for a pending one is not known yet. */
function held(container: CachedContainer): readonly PortBinding[] {
  return container.pending ? container.portBindings : [...container.portBindings, ...container.allocatedPorts];
}

function collides(requested: PortBinding, other: PortBinding): boolean {
  if (other.hostPort === '' || other.hostPort !== requested.hostPort) return false;
  return requested.hostIp === other.hostIp || bindsAllInterfaces(requested.hostIp) || bindsAllInterfaces(other.hostIp);
}

/** As Go's net.ParseIP and IsUnspecified judge: empty, 0.0.0.0, or any spelling of the IPv6 zero address or of 0.0.0.0 mapped into IPv6. */
function bindsAllInterfaces(ip: string): boolean {
  if (ip === '' || ip === '0.0.0.0') return true;
  const halves = ip.replace(/:0\.0\.0\.0$/, ':0:0').split('::');
  const [left, right] = halves.map((half) => (half === '' ? [] : half.split(':')));
  if (left === undefined || halves.length > 2) return false;
  const missing = 8 - left.length - (right?.length ?? 0);
  if (right === undefined ? missing !== 0 : missing < 1) return false;
  const groups = [...left, ...Array.from({ length: missing }, () => '0'), ...(right ?? [])];
  return groups.every((group, i) => /^0{1,4}$/.test(group) || (i === 5 && /^ffff$/i.test(group)));
}
