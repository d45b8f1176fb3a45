import { describe, expect, it } from 'vitest';
import { columnsOf } from '../metrics/columns.ts';
import { run } from './run.ts';
import type { RunRecord } from './run-record.ts';
import { tinyPlan } from './testing/tiny-run.ts';

/** Systems that put more on a machine than it has: in their books, or because tasks use more than they ask for. */
const LOOSE: ReadonlyMap<string, string> = new Map([
  ['docker-compose', 'docker-compose'],
  ['swarm-classic', '{ use: swarm-classic, options: { strategy: random } }'],
  ['swarmkit', 'swarmkit'],
  ['mesos', '{ use: mesos, options: { frameworks: [{ kind: batch, name: batch, settings: { revocable: also } }], agent: { oversubscription: { cpus: 6 } } } }'],
  ['kubernetes', 'kubernetes'],
]);
const USES = ['useful', 'held'] as const;

function recordOf(orchestrator: string, use: string, faults = true): RunRecord {
  const { plan } = tinyPlan((text) =>
    text
      .replace('meanGap: 10s', 'meanGap: 2s')
      .replace('  source:\n', `  use: ${use}\n  source:\n`)
      .replace(/orchestrators:[^]*faults:/, `orchestrators:\n  - ${orchestrator}\nwindow: { to: 2h }\nfaults:`)
      .replace(/faults:[^]*/, faults ? '$&' : '')
      .replace('seeds: 1..2', 'seed: 1'),
  );
  return run(plan.runs[0]!, plan.inputs);
}

function value(record: RunRecord, column: string): number {
  return record.tables.runs[0]![columnsOf('runs.csv').findIndex(({ name }) => name === column)] as number;
}

function series(record: RunRecord, column: string): number[] {
  const at = columnsOf('timeline.csv').findIndex(({ name }) => name === column);
  return record.tables.timeline.map((row) => row[at] as number);
}

describe.each([...LOOSE])('%s', (_, orchestrator) => {
  it.each(['{ cpu: { least: 1, most: 1 } }', '{ cpu: { least: 3, most: 5 } }', '{ cpu: { least: 0.1, most: 0.3 }, memory: { least: 0.2, most: 1 } }'])('neither holds nor uses more than there is where tasks use %s of their requests', (use) => {
    const record = recordOf(orchestrator, use);
    for (const use of USES) {
      for (const resource of ['Cpu', 'Memory']) {
        expect(value(record, `${use}${resource}Share`)).toBeLessThanOrEqual(1 + 1e-9);
        for (const share of series(record, `${use}${resource}Share`)) expect(share).toBeLessThanOrEqual(1 + 1e-9);
      }
    }
    expect(value(record, 'usefulCpuShareOfUp')).toBeLessThanOrEqual(1 + 1e-9);
    expect(value(record, 'lostCpuShare')).toBeGreaterThanOrEqual(0);
    expect(value(record, 'heldCpuShare')).toBeCloseTo(value(record, 'usefulCpuShare') + value(record, 'duplicateCpuShare') + value(record, 'lostCpuShare'), 9);
  });
});

it('what stretches work does not make more of it: all that has finished is useful for its request times its pure run time', () => {
  const shares = ['{ cpu: { least: 1, most: 1 } }', '{ cpu: { least: 4, most: 4 } }'].map((use) => {
    const record = recordOf('kubernetes', use, false);
    expect(value(record, 'finished')).toBe(value(record, 'submitted'));
    expect(value(record, 'lostAttempts')).toBe(0);
    return value(record, 'usefulCpuShare');
  });
  expect(shares[1]).toBeCloseTo(shares[0]!, 9);
});
