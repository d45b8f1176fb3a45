import type { SequentialRandom } from '../../../engine/random/sequential-random.ts';
import type { FreeView } from './cell.ts';

/**
 * The placement of all of Omega's simulated schedulers: each task on a machine drawn uniformly from those that fit (randomised first fit, section 4 of the paper; `scheduleJob` of
 * github.com/google/cluster-scheduler-simulator). A machine that did not fit is not drawn again for the same job, since nothing gets freer meanwhile.
 * @param pool machines to draw from; its order changes
 * @param chosen receives a machine per task, for as many tasks as find room; their resources are taken from the view
 * @returns machines looked at
 */
export function randomFit(pool: Int32Array, random: SequentialRandom, view: FreeView, count: number, cpuMilli: number, memoryBytes: number, chosen: number[]): number {
  let candidates = pool.length;
  let looked = 0;
  while (chosen.length < count && candidates > 0) {
    const at = random.below(candidates);
    const machine = pool[at]!;
    looked++;
    if (view.fits(machine, cpuMilli, memoryBytes)) {
      view.take(machine, cpuMilli, memoryBytes);
      chosen.push(machine);
    } else {
      pool[at] = pool[--candidates]!;
      pool[candidates] = machine;
    }
  }
  return looked;
}

/** All machines of a cell, to draw from. */
export function wholePool(machineCount: number): Int32Array {
  return Int32Array.from({ length: machineCount }, (_, machine) => machine);
}
