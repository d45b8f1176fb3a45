import { describe, expect, test } from 'vitest';
import { ksCritical, ksDistance } from '../engine/testing/kolmogorov-smirnov.ts';
import { ln } from '../engine/numeric.ts';
import { standardNormal } from '../engine/random/distributions.ts';
import { KeyedRandom } from '../engine/random/keyed-random.ts';
import { Simulation } from '../engine/simulation.ts';
import { DEFAULT_IMAGES, Images } from './images.ts';
import { WorldBench } from './testing/world-bench.ts';

// Every image has 1,000 bytes; a machine pulls 1,000 bytes in one second.
const IMAGES = { medianBytes: 1000, sigma: 0, machineBytesPerSecond: 1000, registryBytesPerSecond: 10_000 };
const SECOND_US = 1_000_000;

function runs(bench: WorldBench): string[] {
  return bench.finish().filter((line) => line.endsWith('runs'));
}

describe('pulling an image', () => {
  test('takes size over bandwidth, and nothing the second time', () => {
    const bench = new WorldBench([{ name: 'm' }], [{ image: 'a' }, { image: 'a' }], { images: IMAGES });
    bench.run(0, 0, { startLatencyUs: 7 });
    bench.at(2 * SECOND_US, () => void bench.run(1));
    expect(runs(bench)).toEqual(['1000007: 0 runs', '2000000: 1 runs']);
  });

  test('happens once for all containers of a machine that wait for it', () => {
    const bench = new WorldBench([{ name: 'm' }], [{ image: 'a' }, { image: 'a' }], { images: IMAGES });
    bench.run(0);
    bench.at(400_000, () => void bench.run(1));
    expect(runs(bench)).toEqual(['1000000: 0 runs', '1000000: 1 runs']);
  });

  test('in parallel shares the bandwidth of the machine, one by one it does not', () => {
    const tasks = [{ image: 'a' }, { image: 'b' }, { image: 'c' }];
    const parallel = new WorldBench([{ name: 'm' }], tasks, { images: IMAGES });
    const serial = new WorldBench([{ name: 'm' }], tasks, { images: IMAGES });
    for (const task of [0, 1, 2]) {
      parallel.run(task);
      serial.run(task, 0, { serialPull: true });
    }
    // A pull keeps the share that it got when it began: 1, 1/2, 1/3.
    expect(runs(parallel)).toEqual(['1000000: 0 runs', '2000000: 1 runs', '3000000: 2 runs']);
    expect(runs(serial)).toEqual(['1000000: 0 runs', '2000000: 1 runs', '3000000: 2 runs']);
    const early = new WorldBench([{ name: 'm' }], tasks, { images: IMAGES });
    early.run(0);
    early.at(500_000, () => void early.run(1, 0, { serialPull: true }));
    expect(runs(early)).toEqual(['1000000: 0 runs', '2000000: 1 runs']);
  });

  test('by many machines at once is limited by the registry', () => {
    const machines = Array.from({ length: 20 }, (_, i) => ({ name: `m-${i}` }));
    const bench = new WorldBench(machines, machines.map(() => ({ image: 'a' })), { images: IMAGES });
    machines.forEach((_, i) => bench.run(i, i));
    expect(runs(bench).slice(9, 11).concat(runs(bench).at(-1)!)).toEqual(['1000000: 9 runs', '1100000: 10 runs', '2000000: 19 runs']);
  });

  test('goes on for the cache when its container is stopped, and never wakes the next user of the row', () => {
    const bench = new WorldBench([{ name: 'm' }], [{ image: 'a' }, { image: 'b' }, { image: 'a' }], { images: IMAGES });
    const first = bench.run(0);
    bench.at(100_000, () => {
      bench.world.containers.remove(first);
      expect(bench.run(1, 0, { serialPull: true })).toBe(first);
    });
    bench.at(1_500_000, () => void bench.run(2));
    expect(runs(bench)).toEqual(['1500000: 2 runs', '2000000: 1 runs']);
  });

  test('is void after a crash, the cache is not', () => {
    const bench = new WorldBench([{ name: 'm' }, { name: 'n' }], [{ image: 'a' }, { image: 'b' }, { image: 'a' }, { image: 'b' }], { images: { ...IMAGES, registryBytesPerSecond: 1000 } });
    bench.run(0);
    bench.at(1_100_000, () => void bench.run(1));
    bench.at(1_500_000, () => bench.world.crash(0));
    bench.at(1_600_000, () => bench.world.boot(0));
    bench.at(3_000_000, () => void bench.run(2));
    bench.at(3_000_000, () => void bench.run(3, 1));
    // The registry's bandwidth is free again, too.
    expect(runs(bench)).toEqual(['1000000: 0 runs', '3000000: 2 runs', '4000000: 3 runs']);
  });

  test('happens for so many images at a time as the machine may pull; the next begins when one is there', () => {
    const ends = (parallelPulls: number) => {
      const bench = new WorldBench([{ name: 'm' }], ['a', 'b', 'c'].map((image) => ({ image })), { images: IMAGES });
      bench.run(0, 0, { parallelPulls });
      for (const task of [1, 2]) bench.at(500_000, () => void bench.run(task, 0, { parallelPulls }));
      return runs(bench);
    };
    // The third begins at once with a third of the bandwidth, or at 1 s with half of it.
    expect(ends(3)).toEqual(['1000000: 0 runs', '2500000: 1 runs', '3500000: 2 runs']);
    expect(ends(2)).toEqual(['1000000: 0 runs', '2500000: 1 runs', '3000000: 2 runs']);
  });

  test('does not happen where images are said to have no size', () => {
    const bench = new WorldBench([{ name: 'm' }], [{ image: 'a' }], { images: { ...IMAGES, medianBytes: 0 } });
    bench.run(0);
    expect(runs(bench)).toEqual(['0: 0 runs']);
  });
});

test('sizes are log-normal, keyed by name', () => {
  const names = Array.from({ length: 2000 }, (_, i) => `registry/image-${i}`);
  const sizes = (list: readonly string[]) => new Images(new Simulation(), new KeyedRandom(1, 'containers'), DEFAULT_IMAGES, list, 1, () => {}).sizeBytes;
  const quantiles = Float64Array.from({ length: 1999 }, (_, i) => standardNormal((i + 1) / 2000));
  const cdf = (z: number) => quantiles.filter((quantile) => quantile <= z).length / 2000;
  const all = sizes(names);
  expect(ksDistance(Array.from(all, (size) => ln(size / DEFAULT_IMAGES.medianBytes) / DEFAULT_IMAGES.sigma), cdf)).toBeLessThan(ksCritical(2000) + 1 / 2000);
  expect([...sizes([names[77]!, names[3]!])]).toEqual([all[77], all[3]]);
});
