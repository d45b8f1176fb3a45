import { expect, test } from 'vitest';
import type { CsvRow, Results } from './results.ts';
import { slicesOf } from './slices.ts';
import { threats } from './threats.ts';

const RUN: CsvRow = { run: 'r1', cell: 'mesos', orchestrator: 'mesos', seed: '1', machines: '4', submitted: '90', translated: '30', rejected: '10', gaveUp: '5', censoredShare: '0.25', restoreCensoredShare: '0.5', offeredLoadCpu: '0.8', usefulCpuShare: '0.5', duplicateCpuShare: '0', lostCpuShare: '0.1', fragmentedCpuShare: '0.1', downCpuShare: '0' };

function threatsOf(runs: readonly CsvRow[], more: Partial<Results> = {}, fidelityPage?: string): string {
  const results: Results = { runs, parameters: [], timeline: [], waits: [], recoveries: [], translations: [], failures: [], plan: undefined, manifest: undefined, ...more };
  return threats(results, slicesOf(results), fidelityPage).html.replaceAll('\u202F', ' ');
}

test('shares are of all tasks of the trace, rejected ones included', () => {
  expect(threatsOf([RUN])).toContain('<th scope="row">mesos</th><td>30.0 %</td><td>10.0 %</td><td>5.0 %</td><td>25.0 %</td><td>50.0 %</td>');
});

test('load above capacity is called what it is, load below is not', () => {
  expect(threatsOf([RUN])).toContain('CPU 80.0 %.</p>');
  expect(threatsOf([RUN, { ...RUN, run: 'r2', seed: '2', offeredLoadCpu: '1.1' }])).toContain('CPU 80.0 % to 110.0 %. Above 100 % queues grow');
});

test('parts of the capacity that exceed the whole are named', () => {
  expect(threatsOf([RUN])).not.toContain('<strong>Capacity.</strong>');
  expect(threatsOf([{ ...RUN, fragmentedCpuShare: '0.45' }])).toContain('add up to more than the whole for mesos (seed 1)');
});

test('translations are listed rule by rule, over all seeds', () => {
  const rule = { run: 'r1', cell: 'mesos', orchestrator: 'mesos', rule: 'gpuShare: whole', meaning: 'a share occupies the device', tasks: '7', rejectedTasks: '0' };
  const text = threatsOf([RUN], { translations: [rule, { ...rule, run: 'r2', tasks: '9' }] });
  expect(text).toContain('<td class="text">a share occupies the device</td><td>7 to 9</td><td>0</td>');
  expect(threatsOf([RUN])).toContain('<strong>Translations.</strong> None');
});

test('failed runs are listed with the command that repeats them', () => {
  expect(threatsOf([RUN], { failures: [{ run: 'r9', cell: 'mesos', seed: '9', error: 'out of <time>', command: 'seatrial run x.yaml --seeds 9' }] })).toMatch(/1 run failed and is in no number[\s\S]*out of &lt;time&gt;[\s\S]*<code>seatrial run x\.yaml --seeds 9<\/code>/);
});

test('profiles and modelled systems come from the plan, simplifications by link where there is one', () => {
  const plan = { cells: [{ label: 'k8s', models: 'Kubernetes 1.34', options: { apiLimits: 'default', kubelet: { relistUs: 1 } } }] };
  expect(threatsOf([RUN], { plan }, '../../docs/fidelity.md')).toMatch(/<code>k8s: apiLimits = default<\/code>[\s\S]*k8s: Kubernetes 1\.34[\s\S]*<a href="\.\.\/\.\.\/docs\/fidelity\.md">/);
  expect(threatsOf([RUN])).toMatch(/The plan states none[\s\S]*<code>docs\/fidelity\.md<\/code>/);
});

test('rows of the trace that were not used as they are, and arrivals that were moved, are said', () => {
  const seed = (rejected: number, arrivalFactor: number | null) => ({ arrivalFactor, report: { rows: 8152, rejected: { total: rejected }, repaired: { total: 443 }, clamped: { total: 0 } } });
  expect(threatsOf([RUN], { plan: { seeds: [seed(2, 0.0024)] } })).toContain('<strong>Workload.</strong> Of 8 152 rows of the trace 2 were left out, 443 were mended');
  expect(threatsOf([RUN], { plan: { seeds: [seed(2, 0.0024)] } })).toContain('Times between arrivals are 0.00240 of the workload\'s own');
  expect(threatsOf([RUN], { plan: { seeds: [seed(0, null)] } })).not.toContain('Times between arrivals');
  expect(threatsOf([RUN], { plan: { seeds: [{ report: null }] } })).not.toContain('<strong>Workload.');
});
