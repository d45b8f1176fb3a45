import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { columnsOf } from '../metrics/columns.ts';
import { ORCHESTRATORS } from '../orchestrators/registry.ts';
import { expand } from '../scenario/expand.ts';
import { loadScenario } from '../scenario/load.ts';
import { parseOverride } from '../scenario/override.ts';
import { run } from './run.ts';

/*
 * What M. Schwarzkopf et al., "Omega: flexible, scalable schedulers for large compute clusters" (EuroSys 2013) reports, as far as it can be claimed without the authors' workloads:
 * relations, not numbers. The scenarios are the committed ones, shortened.
 */

/** A row of components.csv by column, for each component of each cell: `single-path, tJobService=1s` and `batch-0`. */
function components(scenario: string, ...set: readonly string[]): (cell: string, component: string) => (column: string) => number {
  const loaded = loadScenario(fileURLToPath(new URL(`../../scenarios/${scenario}`, import.meta.url)), { orchestrators: ORCHESTRATORS, overrides: set.map((text) => parseOverride(text)) });
  const plan = expand(loaded, { cacheFolder: null });
  const columns = columnsOf('components.csv').map(({ name }) => name);
  const rows = plan.runs.flatMap((spec) => run(spec, plan.inputs).tables.components);
  return (cell, component) => {
    const row = rows.find((values) => values[columns.indexOf('cell')] === cell && values[columns.indexOf('component')] === component);
    if (row === undefined) throw new Error(`no ${component} in ${cell}; there are ${rows.map((values) => `${values[columns.indexOf('cell')]}: ${values[columns.indexOf('component')]}`).join(', ')}`);
    return (column) => row[columns.indexOf(column)] as number;
  };
}

describe('the Omega paper', { timeout: 120_000 }, () => {
  let of: ReturnType<typeof components>;
  beforeAll(() => {
    of = components('omega.yaml', 'window.to=3h');
  }, 120_000);

  it('single path (figures 5a, 6a): busyness is arrival rate x decision time until it saturates, and everybody waits then', () => {
    for (const time of ['100ms', '1s']) {
      const single = of(`single-path, tJobService=${time}`, 'monolithic');
      const taskS = 0.005 * 30 * single('decisions') + (time === '1s' ? 1 : 0.1) * single('decisions');
      expect(single('busyS')).toBeGreaterThan(0.85 * taskS);
      expect(single('busyS')).toBeLessThan(1.15 * taskS);
    }
    const saturated = of('single-path, tJobService=100s', 'monolithic');
    expect(saturated('busyShare')).toBeGreaterThan(0.98);
    expect(saturated('jobWaitMeanS')).toBeGreaterThan(1000);
  });

  it('multi path (5b, 6b): far less busy than single path, but batch jobs wait behind slow services', () => {
    expect(of('multi-path, tJobService=10s', 'monolithic')('busyShare')).toBeLessThan(0.15);
    expect(of('multi-path, tJobService=100s', 'monolithic')('jobWaitMeanS')).toBeGreaterThan(20 * of('multi-path, tJobService=1s', 'monolithic')('jobWaitMeanS'));
  });

  it('two-level (7): slow services make the batch framework several times busier, and jobs are abandoned; with shared state none is', () => {
    const mesos = of('two-level, tJobService=100s', 'batch-0');
    const omega = of('shared-state, tJobService=100s', 'batch-0');
    expect(mesos('busyShare') / omega('busyShare')).toBeGreaterThan(3);
    expect(mesos('abandonedJobs')).toBeGreaterThan(0);
    expect(omega('abandonedJobs')).toBe(0);
  });

  it('shared state (5c, 6c): batch jobs do not feel how long services take, and wait no longer than with multi path', () => {
    const waits = ['100ms', '1s', '10s', '100s'].map((time) => of(`shared-state, tJobService=${time}`, 'batch-0')('jobWaitMeanS'));
    expect(Math.max(...waits) - Math.min(...waits)).toBeLessThan(0.01);
    expect(Math.max(...waits)).toBeLessThan(of('multi-path, tJobService=100ms', 'monolithic')('jobWaitMeanS'));
  });

  it('several batch schedulers (9): conflicts per transaction rise and busyness per scheduler falls', () => {
    const many = components('omega-schedulers.yaml', 'window.to=20min');
    const [one, eight, thirtyTwo] = [1, 8, 32].map((count) => {
      const all = Array.from({ length: count }, (_, i) => many(`shared-state, schedulers=${count}`, `batch-${i}`));
      const sum = (column: string): number => all.reduce((total, each) => total + each(column), 0);
      return { busyShare: sum('busyShare') / count, conflictFraction: sum('conflicts') / sum('commits') };
    });
    expect(one!.conflictFraction).toBeLessThan(eight!.conflictFraction);
    expect(eight!.conflictFraction).toBeLessThan(thirtyTwo!.conflictFraction);
    expect(eight!.busyShare).toBeLessThan(one!.busyShare / 4);
    expect(thirtyTwo!.busyShare).toBeLessThan(eight!.busyShare / 2);
  });
});
