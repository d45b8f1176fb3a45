import { expect, test } from 'vitest';
import { ControlPlane } from './control-plane.ts';
import { RecordKind } from './log.ts';
import { Moment } from './moment.ts';
import { measured, S } from './testing/measured.ts';
import { Series, Timeline } from './timeline.ts';

const batch = { shape: { cpuMilli: 1 }, durationsUs: [S] };

function plane(fromS: number, toS: number) {
  const window = { fromUs: fromS * S, toUs: toS * S };
  const timeline = new Timeline(window, (toS - fromS) * S);
  const moment = new Moment(window);
  const control = new ControlPlane(window, moment, timeline);
  const depthAt = (timeUs: number, depth: number): void => {
    moment.set(timeUs);
    timeline.set(timeUs);
    control.queueDepthChanged(depth);
  };
  return { control, depthAt, timeline };
}

test('queue depth has its time mean and its maximum over the window, what was there before included', () => {
  const { control, depthAt, timeline } = plane(10, 110);
  depthAt(0, 50);
  depthAt(5, 8);
  depthAt(30 * S, 3);
  depthAt(60 * S, 0);
  expect(control.queueDepthMean()).toBeCloseTo((20 * 8 + 30 * 3) / 100, 12);
  expect(control.queueDepthMax()).toBe(8);
  expect(timeline.means(Series.queueDepth)[0]).toBeCloseTo(2.5, 12);
});

test('an orchestrator without queue or leaders has no figures for them, rather than zero', () => {
  const found = measured({ machines: [{}], jobs: [batch] }, () => {});
  expect(['queueDepthMean', 'queueDepthMax', 'leaderlessS'].map(found.value)).toEqual([null, null, null]);
  expect([found.series('leaderPresent'), found.series('queueDepth')]).toEqual([[null], [null]]);
});

test('leaderless time is that in which any ensemble has no leader', () => {
  const texts = ['mesos/master-0', 'mesos/master-1', 'marathon-0'];
  const found = measured({ machines: [{}], jobs: [batch], gridS: 50, texts }, (pen) => {
    pen.record(5, RecordKind.leader, 0, 1);
    pen.record(5, RecordKind.leader, 2, 1);
    pen.record(20, RecordKind.leader, 0, -1);
    pen.record(32, RecordKind.leader, 1, 2);
    // A deposed leader that notices late takes nothing away.
    pen.record(40, RecordKind.leader, 0, -1);
    pen.record(60, RecordKind.leader, 2, -1);
    pen.record(70, RecordKind.leader, 2, 2);
  });
  expect(found.value('leaderlessS')).toBeCloseTo(5 + 12 + 10, 9);
  expect(found.series('leaderPresent')).toEqual([expect.closeTo(33 / 50, 12), expect.closeTo(40 / 50, 12)]);
});
