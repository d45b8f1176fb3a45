import { join } from 'node:path';
import { expect, test } from 'vitest';
import { swarmkit } from '../orchestrators/swarmkit/swarmkit.ts';
import { Workload } from '../workload/workload.ts';
import { expand } from './expand.ts';
import { loadScenario } from './load.ts';
import { parseOverride } from './override.ts';

const STACK = join(import.meta.dirname, '../../scenarios/swarm-stack.yaml');

test.each([
  { overrides: [], agents: 20 },
  { overrides: [parseOverride('cluster.machines.2.count=30')], agents: 38 },
])('a global service of a Compose file has a task for each machine of the scenario: $agents', ({ overrides, agents }) => {
  const { inputs } = expand(loadScenario(STACK, { orchestrators: [swarmkit], overrides }), { cacheFolder: null });
  const [columns] = inputs.workloads.values();
  const workload = new Workload(columns!);
  expect(Array.from({ length: workload.jobCount }, (_, job) => [workload.jobName(job), workload.size(job)])).toEqual([['agent', agents], ['cache', 6], ['edge', 2], ['web', 24]]);
});
