import { activeExpressions, parseExpressions } from '../expression.ts';
import type { Filter } from './filter.ts';

/** Keeps nodes whose name is in every list of names separated by `|`; key and operator are not looked at (scheduler/filter/whitelist.go). */
export const whitelistFilter: Filter = {
  name: 'whitelist',
  passesEmpty: (request, soft) => activeExpressions(request.whitelists, soft).length === 0,
  keep(request, nodes, candidates, soft) {
    let kept = candidates;
    for (const whitelist of activeExpressions(request.whitelists, soft)) {
      const names = new Set(whitelist.value.split('|'));
      kept = kept.filter((node) => names.has(nodes.names[node]!));
      if (kept.length === 0) break;
    }
    return kept;
  },
  conditions: (request) => parseExpressions(request.whitelists).map(({ key, operator, value, soft }) => `${key}${operator}${value} (soft=${soft})`),
};
