import { activeExpressions, type Expression, matches, parseExpressions } from '../expression.ts';
import type { NodeTable } from '../node-table.ts';
import type { Filter } from './filter.ts';

/** Keeps nodes whose engine labels satisfy every constraint; the key `node` means engine id or name (scheduler/filter/constraint.go). */
export const constraintFilter: Filter = {
  name: 'constraint',
  passesEmpty: (request, soft) => activeExpressions(request.constraints, soft).length === 0,
  keep(request, nodes, candidates, soft) {
    let kept = candidates;
    for (const constraint of activeExpressions(request.constraints, soft)) {
      kept = kept.filter((node) => satisfies(constraint, nodes, node));
      if (kept.length === 0) break;
    }
    return kept;
  },
  conditions: (request) => parseExpressions(request.constraints).map(({ key, operator, value }) => key + operator + value),
};

function satisfies(constraint: Expression, nodes: NodeTable, node: number): boolean {
  if (constraint.key === 'node') return matches(constraint, [nodes.ids[node]!, nodes.names[node]!]);
  return matches(constraint, [nodes.labels[node]!.get(constraint.key) ?? '']);
}
