import { expect, test } from 'vitest';
import { ClusterTotal } from './client-tree.ts';
import { DrfSorter } from './drf-sorter.ts';

test('shares are divided as the real sorter divides them: 0.3 of 3 CPUs is a little less than 32 of 320 MB, whatever has been allocated more often', () => {
  const total = new ClusterTotal(2);
  total.add([3_000, 320_000], 1);
  const sorter = new DrfSorter({ total, excluded: new Uint8Array(2), staleInternalWeights: true });
  for (const client of ['mem', 'zcpus']) {
    sorter.add(client);
    sorter.activate(client);
  }
  sorter.allocated('mem', [0, 32_000]);
  for (let i = 0; i < 3; i++) sorter.allocated('zcpus', [100, 0]);
  expect(sorter.sort()).toEqual(['zcpus', 'mem']);
  expect(sorter.shareOf('zcpus')).toBe(0.3 / 3);
});
