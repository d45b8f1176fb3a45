import { affinityFilter } from './affinity-filter.ts';
import { constraintFilter } from './constraint-filter.ts';
import { containerSlotsFilter } from './container-slots-filter.ts';
import { dependencyFilter } from './dependency-filter.ts';
import type { Filter } from './filter.ts';
import { healthFilter } from './health-filter.ts';
import { portFilter } from './port-filter.ts';
import { whitelistFilter } from './whitelist-filter.ts';

/** All filters in the order in which the manager applies them by default (docker/classicswarm 1.2.9, scheduler/filter/filter.go, flag `--filter`). */
export const FILTERS: readonly Filter[] = [healthFilter, portFilter, containerSlotsFilter, dependencyFilter, affinityFilter, constraintFilter, whitelistFilter];

/** Names that `--filter` knows. */
export const FILTER_NAMES = ['health', 'port', 'containerslots', 'dependency', 'affinity', 'constraint', 'whitelist'] as const;
export type FilterName = (typeof FILTER_NAMES)[number];

/** The filters of a `--filter` list, in its order. */
export function filtersNamed(names: readonly string[]): Filter[] {
  return names.map((name) => {
    const filter = FILTERS.find((candidate) => candidate.name === name);
    if (filter === undefined) throw new Error(`unknown filter "${name}"; there are ${FILTER_NAMES.join(', ')}`);
    return filter;
  });
}
