import { describe, expect, it } from 'vitest';
import { KeyedRandom } from '../../../engine/random/keyed-random.ts';
import { ln } from '../../../engine/numeric.ts';
import { buildWorkload, type JobSpec } from '../../../workload/workload-builder.ts';
import { MachineInventory } from '../../../world/machine-inventory.ts';
import { assemble } from '../../assemble.ts';
import { omegaMonolithic } from './omega.ts';

const S = 1_000_000;
const JOBS = 120_000;

/** Jobs of one task that arrive at random, a share of them services; decision times in seconds. What the scheduler was busy with, and what jobs waited for it. */
function monolithic(perSecond: number, serviceShare: number, tJobBatchS: number, tJobServiceS: number) {
  const random = new KeyedRandom(1, 'arrivals');
  let at = 0;
  const jobs = Array.from({ length: JOBS }, (_, i): JobSpec => {
    at += (-ln(1 - random.u(i, 0, 1)) / perSecond) * S;
    const kind = random.u(i, 0, 2) < serviceShare ? 'service' : 'batch';
    return { name: `j${i}`, submitUs: Math.round(at), shape: { kind, cpuMilli: 1 }, durationsUs: [Math.round(60 * S)] };
  });
  const inventory = new MachineInventory([{ name: 'cell', cpuMilli: 1e9, memoryBytes: 1 }]);
  const options = { tJobBatch: `${tJobBatchS}s`, tJobService: `${tJobServiceS}s`, tTaskBatch: '0s', tTaskService: '0s' };
  const { simulation, log } = assemble({ definition: omegaMonolithic as never, options, inventory, workload: buildWorkload('w', jobs), seed: 1 });
  simulation.run(Math.round(at));
  const { busyUs, waitUs, jobs: decided } = log.components[0]!;
  return { busyShare: busyUs / at, waitS: waitUs / decided / S };
}

describe('one scheduler for all', () => {
  it.each([
    ['single path', 4, 0, 0.15, 0.15],
    ['single path, busier', 5, 0, 0.16, 0.16],
    ['multi path', 2, 0.1, 0.1, 1],
  ])('%s: busyness is arrival rate x mean decision time, and jobs wait as in an M/G/1 queue (Pollaczek-Khinchine)', (_, perSecond, serviceShare, batchS, serviceS) => {
    const meanS = (1 - serviceShare) * batchS + serviceShare * serviceS;
    const squareS = (1 - serviceShare) * batchS * batchS + serviceShare * serviceS * serviceS;
    const load = perSecond * meanS;
    const { busyShare, waitS } = monolithic(perSecond, serviceShare, batchS, serviceS);
    expect(Math.abs(busyShare / load - 1)).toBeLessThan(0.02);
    expect(Math.abs(waitS / ((perSecond * squareS) / (2 * (1 - load))) - 1)).toBeLessThan(0.06);
  });
});
