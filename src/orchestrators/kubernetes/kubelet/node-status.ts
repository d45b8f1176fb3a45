import { FixedSchedule } from '../../../engine/tick-schedule.ts';

/** nodeStatusUpdateFrequency of the kubelet: its status is worked out this often and written when it differs (pkg/kubelet/apis/config/v1beta1/defaults.go, v1.35). */
const STATUS_PERIOD_US = 10_000_000;
const STATUS_PHASE = 17;

/**
 * When a node's status is worked out.
 * @param draw of the node, 0 to 1, by purpose
 */
export function nodeStatusSchedule(draw: (purpose: number) => number): FixedSchedule {
  return new FixedSchedule(Math.floor(draw(STATUS_PHASE) * STATUS_PERIOD_US), STATUS_PERIOD_US);
}
