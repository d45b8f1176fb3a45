import { describe, expect, it } from 'vitest';
import type { RunSpec } from '../scenario/run-spec.ts';
import { estimatedCost, warmUpCost } from './run-cost.ts';
import { tinyPlan } from './testing/tiny-run.ts';

const { plan } = tinyPlan((text) => text.replace('- reference/fifo', '- kubernetes').replace('use: reference/loss', 'use: mesos'));
const runsOf = (system: string): RunSpec[] => plan.runs.filter((spec) => spec.orchestrator === system);

describe('the estimate of what runs cost', () => {
  it('grows with tasks, and with what the system does for each', () => {
    const many = tinyPlan((text) => text.replace('- reference/fifo', '- kubernetes').replace('meanGap: 10s', 'meanGap: 1s')).plan;
    expect(estimatedCost(many.runs[0]!, many.inputs)).toBeGreaterThan(estimatedCost(plan.runs[0]!, plan.inputs));
    expect(estimatedCost(runsOf('kubernetes')[0]!, plan.inputs)).toBeGreaterThan(estimatedCost(runsOf('mesos')[0]!, plan.inputs));
  });

  it('counts the warm-up once per system and worker, and never more often than there are runs', () => {
    const [kubernetes, mesos] = [warmUpCost(runsOf('kubernetes'), 1), warmUpCost(runsOf('mesos'), 1)];
    expect(kubernetes).toBeGreaterThan(0);
    expect(warmUpCost(plan.runs, 1)).toBeCloseTo(kubernetes + mesos, 12);
    expect(warmUpCost(plan.runs, 2)).toBeCloseTo(2 * (kubernetes + mesos), 12);
    expect(warmUpCost(plan.runs, 8)).toBe(warmUpCost(plan.runs, 2));
    expect(warmUpCost([], 8)).toBe(0);
  });
});
