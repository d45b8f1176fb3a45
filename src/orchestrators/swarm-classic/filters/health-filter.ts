import type { Filter } from './filter.ts';

/** Keeps nodes whose health indicator is above 0 (scheduler/filter/health.go). */
export const healthFilter: Filter = {
  name: 'health',
  passesEmpty: () => false,
  keep: (_request, nodes, candidates) => candidates.filter((node) => nodes.health[node]! > 0),
  conditions: () => [],
  ownError: 'No healthy node available in the cluster',
};
