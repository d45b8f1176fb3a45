import type { ConformanceCase, ConformanceResult, ConformanceSuite } from '../../conformance.ts';
import { LaunchBackoff } from '../marathon/launch-backoff.ts';

const SECOND_US = 1_000_000;

/** Recorded decisions of Marathon. Launch back-off is checked; placement constraints, upgrades, scale-down choice and port matching are not in the model yet. */
export const marathonConstraints: ConformanceSuite = {
  name: 'marathon-constraints',
  file: 'mesos/conformance/marathon-constraints.jsonl',
  complete: false,
  accepts: (record) => record.kind === 'launch_backoff' || (record.kind !== undefined && MISSING.has(record.kind)),
  check: (record) => (record.kind === 'launch_backoff' ? checkBackoff(record as unknown as BackoffCase) : { outcome: 'uncovered', missing: MISSING.get(record.kind!)! }),
};

const MISSING: ReadonlyMap<string, string> = new Map([
  ['constraint', 'placement constraints that count instances, and regular expressions'],
  ['restart_strategy', 'rolling upgrades'],
  ['select_kill', 'choice of instances to kill by constraints'],
  ['resource_match', 'disk, ports and fault domains of an offer'],
]);

interface BackoffCase extends ConformanceCase {
  readonly backoff_s: number;
  readonly factor: number;
  readonly max_launch_delay_s: number;
  readonly steps: readonly { readonly op: string; readonly seconds?: number; readonly deadline?: number | null }[];
}

function checkBackoff(record: BackoffCase): ConformanceResult {
  const strategy = { backoffUs: record.backoff_s * SECOND_US, factor: record.factor, maxLaunchDelayUs: record.max_launch_delay_s * SECOND_US };
  let backoff = new LaunchBackoff(strategy);
  let nowUs = 0;
  for (const [index, step] of record.steps.entries()) {
    if (step.op === 'fail') backoff.fail(nowUs);
    else if (step.op === 'progress') backoff.advance(nowUs);
    else if (step.op === 'reset') backoff = new LaunchBackoff(strategy);
    else if (step.op === 'advance_clock') nowUs += step.seconds! * SECOND_US;
    else if (step.op === 'expect') {
      const deadlineUs = backoff.deadlineUs(nowUs);
      const got = deadlineUs === -Infinity ? null : deadlineUs / SECOND_US;
      if (got !== step.deadline) return { outcome: 'disagrees', expected: `step ${index}: deadline ${step.deadline}`, got: String(got) };
    } else if (step.op !== 'cleanup') return { outcome: 'uncovered', missing: `operation ${step.op}` };
  }
  return { outcome: 'agrees' };
}
