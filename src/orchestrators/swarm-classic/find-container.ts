import type { CachedContainer, NodeTable } from './node-table.ts';

/**
 * The container of a node that an id, swarm id, name or unambiguous prefix means (docker/classicswarm 1.2.9, cluster/container.go, `Containers.Get`).
 * Two containers of one name mean none.
 */
export function findContainer(nodes: NodeTable, node: number, text: string): CachedContainer | undefined {
  if (text === '') return undefined;
  const containers = nodes.containers(node);
  const exact =
    containers.find(({ id }) => id === text || truncated(id) === text) ?? containers.find(({ swarmId }) => swarmId === text || truncated(swarmId) === text);
  if (exact !== undefined) return exact;
  const engineId = nodes.ids[node]!;
  const engineName = nodes.names[node]!;
  const named = containers.filter(({ names }) =>
    names.some((name) => name === text || name === `/${text}` || engineId + name === text || engineName + name === text),
  );
  if (named.length > 0) return named.length === 1 ? named[0] : undefined;
  const prefixed = [...containers.filter(({ id }) => id.startsWith(text)), ...containers.filter(({ swarmId }) => swarmId.startsWith(text))];
  return prefixed.length === 1 ? prefixed[0] : undefined;
}

/** Docker's short id: 12 characters, behind the algorithm if there is one (docker/docker, pkg/stringid, TruncateID). */
function truncated(id: string): string {
  return id.slice(id.indexOf(':') + 1).slice(0, 12);
}
