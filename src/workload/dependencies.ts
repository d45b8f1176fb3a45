import { nearest } from '../engine/nearest.ts';
import { sharedUint32 } from './workload-builder.ts';

/** Dependencies as columns over jobs in their final order. */
export interface DependencyColumns {
  readonly first: Uint32Array;
  readonly list: Uint32Array;
}

/**
 * Resolves names of predecessors.
 * @param after predecessors by name, per job in the order of reading
 * @param place final index per job in the order of reading
 * @param leftOut jobs that were read but are not in the workload: dependencies on them count as met
 * @param failure makes the error for a name that does not exist, or a cycle
 */
export function linkDependencies(
  after: ReadonlyMap<number, readonly string[]>,
  indexByName: ReadonlyMap<string, number>,
  place: Uint32Array,
  leftOut: { has(name: string): boolean },
  failure: (job: number, name: string, problem: string, hint?: string) => Error,
): DependencyColumns {
  const names = new Map<number, string>();
  for (const [name, job] of indexByName) if (after.has(job)) names.set(job, name);
  const before = new Map<number, number[]>();
  let count = 0;
  for (const [job, predecessors] of after) {
    const list: number[] = [];
    for (const predecessor of predecessors) {
      const index = indexByName.get(predecessor);
      if (index !== undefined) {
        if (!list.includes(index)) list.push(index);
      } else if (!leftOut.has(predecessor)) {
        const closest = nearest(predecessor, [...indexByName.keys()].filter((name) => indexByName.get(name) !== job));
        throw failure(job, names.get(job)!, `depends on "${predecessor}", which does not exist`, closest === undefined ? undefined : `did you mean "${closest}"?`);
      }
    }
    before.set(job, list);
    count += list.length;
  }
  const cycle = findCycle(before);
  if (cycle !== null) {
    const shown = cycle.map((job) => names.get(job)!);
    const text = shown.length > 12 ? [...shown.slice(0, 6), `... (${shown.length - 7} more)`, shown.at(-1)!] : shown;
    throw failure(cycle[0]!, shown[0]!, `is part of a cycle of dependencies: ${text.join(' -> ')}`, 'read "->" as "waits for"');
  }
  const jobs = place.length;
  const first = sharedUint32(jobs + 1);
  const list = sharedUint32(count);
  for (const [job, predecessors] of before) first[place[job]! + 1] = predecessors.length;
  for (let job = 0; job < jobs; job++) first[job + 1]! += first[job]!;
  for (const [job, predecessors] of before) {
    list.set(
      predecessors.map((predecessor) => place[predecessor]!).sort((a, b) => a - b),
      first[place[job]!]!,
    );
  }
  return { first, list };
}

/** A cycle, its first job repeated at the end; `null` if there is none. Depth first without recursion. */
function findCycle(before: ReadonlyMap<number, readonly number[]>): number[] | null {
  const finished = new Set<number>();
  for (const root of before.keys()) {
    if (finished.has(root)) continue;
    const path: number[] = [root];
    const next: number[] = [0];
    const onPath = new Set(path);
    while (path.length > 0) {
      const job = path.at(-1)!;
      const predecessor = before.get(job)?.[next[next.length - 1]!++];
      if (predecessor === undefined) {
        finished.add(job);
        onPath.delete(job);
        path.pop();
        next.pop();
      } else if (onPath.has(predecessor)) return [...path.slice(path.indexOf(predecessor)), predecessor];
      else if (!finished.has(predecessor)) {
        path.push(predecessor);
        next.push(0);
        onPath.add(predecessor);
      }
    }
  }
  return null;
}
