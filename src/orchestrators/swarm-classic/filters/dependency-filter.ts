import type { ContainerRequest } from '../container-request.ts';
import { findContainer } from '../find-container.ts';
import type { Filter } from './filter.ts';

/** Keeps nodes that have every container that the request links to, takes volumes from or shares its network with (scheduler/filter/dependency.go). */
export const dependencyFilter: Filter = {
  name: 'dependency',
  passesEmpty: () => true,
  keep(request, nodes, candidates) {
    const wanted = dependencies(request);
    if (wanted.length === 0) return candidates;
    return candidates.filter((node) => wanted.every((name) => findContainer(nodes, node, name) !== undefined));
  },
  conditions: (request) => [
    ...request.volumesFrom.map((volume) => `--volumes-from=${volume}`),
    ...request.links.map((link) => `--link=${link}`),
    ...(request.networkMode.startsWith(SHARED_NETWORK) ? [`--net=${request.networkMode}`] : []),
  ],
};

const SHARED_NETWORK = 'container:';

function dependencies({ volumesFrom, links, networkMode }: ContainerRequest): string[] {
  const names = [...volumesFrom, ...links].map((text) => text.split(':', 1)[0]!);
  if (networkMode.startsWith(SHARED_NETWORK)) names.push(networkMode.slice(SHARED_NETWORK.length));
  return names;
}
