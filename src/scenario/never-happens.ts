import { FAULTS } from '../faults/schema.ts';
import type { LoadedScenario } from './load.ts';
import type { Scenario } from './schema.ts';

/** What a scenario asks for beyond the end of its window, one complaint each: it is no error, and never happens. @param faults as settled for the window */
export function neverHappens(loaded: Pick<LoadedScenario, 'where'>, { actions }: Pick<Scenario, 'actions'>, faults: unknown, toUs: number): string[] {
  const late = (kind: 'actions' | 'faults', index: number, atUs: number): string => `${loaded.where([kind, index, 'at'])}: ${kind}.${index}.at: ${atUs / 1e6} s is after the end of the window at ${toUs / 1e6} s; it never happens`;
  return [
    ...actions.flatMap(({ at }, i) => (at > toUs ? [late('actions', i, at)] : [])),
    ...FAULTS.parse(faults).flatMap((entry, i) => {
      const { at } = entry as { readonly at?: unknown };
      return typeof at === 'number' && at >= toUs ? [late('faults', i, at)] : [];
    }),
  ];
}
