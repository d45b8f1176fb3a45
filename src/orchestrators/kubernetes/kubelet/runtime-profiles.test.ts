import { expect, test } from 'vitest';
import { RecordKind } from '../../../metrics/log.ts';
import { runCluster, SECOND, service } from '../testing/cluster-run.ts';

/** Mean time from binding to work begun in seconds, of the same 60 pods. */
function meanStart(kubelet: object): number {
  const { recorder } = runCluster({ machines: 10, jobs: [service('web', 60)], untilS: 60, options: { kubelet } });
  const starts = recorder.of(RecordKind.start);
  const binds = recorder.of(RecordKind.bind);
  return starts.reduce((sum, start) => sum + start.timeUs - binds.find((bind) => bind.a === start.a)!.timeUs, 0) / starts.length / SECOND;
}

test('sandboxing handlers and dockershim cost what their profiles say', () => {
  const plain = meanStart({});
  expect(meanStart({ runtime: 'cri-o' })).toBe(plain);
  expect(meanStart({ runtimeClass: 'kata-qemu' }) - plain).toBeCloseTo(0.48, 2);
  const gvisor = meanStart({ runtimeClass: 'gvisor' }) - plain;
  expect(gvisor).toBeGreaterThan(0.061);
  expect(gvisor).toBeLessThan(0.26);
  // A fifth of sandbox and start, 625 ms on average.
  const docker = meanStart({ runtime: 'dockershim' }) - plain;
  expect(docker).toBeGreaterThan(0.1);
  expect(docker).toBeLessThan(0.15);
});
