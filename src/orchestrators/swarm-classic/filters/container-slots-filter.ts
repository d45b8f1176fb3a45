import type { Filter } from './filter.ts';

/** Keeps nodes with fewer containers, stopped and pending ones included, than their `containerslots` label says (scheduler/filter/slots.go). */
export const containerSlotsFilter: Filter = {
  name: 'containerslots',
  passesEmpty: () => false,
  keep: (_request, nodes, candidates) => candidates.filter((node) => nodes.containerCount[node]! < nodes.slots[node]!),
  conditions: () => ['available container slots'],
};
