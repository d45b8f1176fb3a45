import { activeExpressions, type Expression, matches, parseExpressions } from '../expression.ts';
import type { NodeTable } from '../node-table.ts';
import type { Filter } from './filter.ts';

/** Keeps nodes whose containers or images satisfy every affinity (scheduler/filter/affinity.go). */
export const affinityFilter: Filter = {
  name: 'affinity',
  passesEmpty: (request, soft) => activeExpressions(request.affinities, soft).length === 0,
  keep(request, nodes, candidates, soft) {
    let kept = candidates;
    for (const affinity of activeExpressions(request.affinities, soft)) {
      kept = kept.filter((node) => matches(affinity, looksAt(affinity, nodes, node)));
      if (kept.length === 0) break;
    }
    return kept;
  },
  conditions: (request) => parseExpressions(request.affinities).map(({ key, operator, value, soft }) => `${key}${operator}${value} (soft=${soft})`),
};

function looksAt({ key }: Expression, nodes: NodeTable, node: number): string[] {
  if (key === 'container') {
    return nodes.containers(node).flatMap(({ id, names }) => (names.length === 0 ? [] : [id, names[0]!.replace(/^\//, '')]));
  }
  if (key === 'image') {
    return nodes.images(node).flatMap(({ id, repoTags }) => [id, ...repoTags, ...repoTags.map(repository)]);
  }
  return nodes.containers(node).map(({ labels }) => labels.get(key) ?? '');
}

/** Image reference without digest or tag (cluster/image.go, ParseRepositoryTag). */
function repository(reference: string): string {
  const digest = reference.indexOf('@');
  if (digest >= 0) return reference.slice(0, digest);
  const colon = reference.lastIndexOf(':');
  return colon < 0 || reference.slice(colon).includes('/') ? reference : reference.slice(0, colon);
}
