import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ORCHESTRATORS } from '../orchestrators/registry.ts';
import { loadScenario } from './load.ts';

const folder = mkdtempSync(join(tmpdir(), 'seatrial-options-'));
afterAll(() => rmSync(folder, { recursive: true }));

const scenario = (config: string) => {
  writeFileSync(
    join(folder, 'tiny.yaml'),
    `name: tiny
question: which profile?
workload: { source: { trace: { format: seatrial-csv, tasks: tasks.csv, machines: machines.csv } } }
cluster: { fromTrace: true }
window: { to: 10min }
orchestrators:
  - { use: kubernetes, options: { config: ${config} } }
`,
  );
  return loadScenario(join(folder, 'tiny.yaml'), { orchestrators: ORCHESTRATORS });
};

test('an option that names a file has what stands in it, as data', () => {
  writeFileSync(join(folder, 'scheduler.yaml'), 'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\npercentageOfNodesToScore: 40\n');
  expect(scenario('scheduler.yaml').cells[0]!.options).toMatchObject({ config: { percentageOfNodesToScore: 40, profiles: [{ schedulerName: 'default-scheduler' }] } });
});

test('a file that is missing or wrong is a problem of the scenario, with its own line', () => {
  expect(() => scenario('nowhere.yaml')).toThrow(/tiny\.yaml:7:\d+: orchestrators\.0\.options\.config: nowhere\.yaml: there is no such file/);
  writeFileSync(join(folder, 'bad.yaml'), 'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nparalelism: 3\n');
  expect(() => scenario('bad.yaml')).toThrow('bad.yaml:3: paralelism: unknown field "paralelism"; did you mean "parallelism"?');
});
