import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { columnsOf } from '../metrics/columns.ts';
import { ORCHESTRATORS } from '../orchestrators/registry.ts';
import { expand } from '../scenario/expand.ts';
import { loadScenario } from '../scenario/load.ts';
import { parseOverride } from '../scenario/override.ts';
import { run } from './run.ts';
import type { CellValue, RunRecord } from './run-record.ts';

/*
 * What B. Hindman et al., "Mesos: A Platform for Fine-Grained Resource Sharing in the Data Center" (NSDI 2011) reports, on the committed scenarios, and what those about frameworks
 * that share a cluster show. The paper's workloads are not public: relations, and the ranges that it claims.
 */

/** One run of a scenario: cells of its tables by column. */
class Outcome {
  readonly #record: RunRecord;

  constructor(record: RunRecord) {
    this.#record = record;
  }

  of(column: string): number {
    return at('runs.csv', this.#record.tables.runs[0]!, column) as number;
  }

  /** Mean of a level of timeline.csv until a time. */
  mean(column: string, untilS: number): number {
    const rows = this.#record.tables.timeline.filter((row) => (at('timeline.csv', row, 'timeS') as number) < untilS);
    return rows.reduce((sum, row) => sum + (at('timeline.csv', row, column) as number), 0) / rows.length;
  }

  component(name: string, column: string): number {
    return at('components.csv', this.#record.tables.components.find((row) => at('components.csv', row, 'component') === name)!, column) as number;
  }

  /** Per job of a class (names that begin so): from its submission to the end of its last task, seconds. */
  executions(prefix: string): { readonly submitS: number; readonly seconds: number }[] {
    const jobs = new Map<string, { submitS: number; endS: number }>();
    for (const row of this.#record.tasks!) {
      const name = String(at('tasks.csv', row, 'task')).split('/')[0]!;
      if (!name.startsWith(prefix)) continue;
      const submitS = at('tasks.csv', row, 'submitS') as number;
      const endS = at('tasks.csv', row, 'outcome') === 'finished' ? (at('tasks.csv', row, 'endS') as number) : Infinity;
      const job = jobs.get(name);
      jobs.set(name, { submitS: Math.min(submitS, job?.submitS ?? Infinity), endS: Math.max(endS, job?.endS ?? 0) });
    }
    return [...jobs.values()].map(({ submitS, endS }) => ({ submitS, seconds: endS - submitS }));
  }

  sumOfExecutions(...prefixes: readonly string[]): number {
    return prefixes.flatMap((prefix) => this.executions(prefix)).reduce((sum, { seconds }) => sum + seconds, 0);
  }
}

const INDEX = new Map(['runs.csv', 'timeline.csv', 'components.csv', 'tasks.csv'].map((file) => [file, new Map(columnsOf(file).map(({ name }, index) => [name, index]))]));

function at(file: string, row: readonly CellValue[], column: string): CellValue {
  return row[INDEX.get(file)!.get(column)!] ?? null;
}

/** The runs of a committed scenario, by cell. */
function outcomes(scenario: string, tasks: boolean, ...set: readonly string[]): (cell: string) => Outcome {
  const loaded = loadScenario(fileURLToPath(new URL(`../../scenarios/${scenario}.yaml`, import.meta.url)), { orchestrators: ORCHESTRATORS, overrides: set.map((text) => parseOverride(text)) });
  const plan = expand(loaded, { cacheFolder: null });
  const runs = new Map(plan.runs.map((spec) => [spec.cell, new Outcome(run(spec, plan.inputs, { tasks }))]));
  return (cell) => {
    const outcome = runs.get(cell);
    if (outcome === undefined) throw new Error(`no cell ${cell}; there are ${[...runs.keys()].join('; ')}`);
    return outcome;
  };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('the Mesos paper', { timeout: 120_000 }, () => {
  it('section 6.1: sharing speeds large jobs up most, then iterative ones, then small ones, and costs gangs little', () => {
    const of = outcomes('mesos-sharing', true);
    const [shared, quarters] = [of('shared'), of('quarters')];
    const speedUp = (...prefixes: readonly string[]): number => quarters.sumOfExecutions(...prefixes) / shared.sumOfExecutions(...prefixes);
    const [large, spark, facebook, mpi] = [speedUp('large'), speedUp('iteration'), speedUp('small', 'medium', 'wide'), speedUp('raytrace')];
    expect(large).toBeGreaterThan(1.7);
    expect(large).toBeLessThan(2.5);
    expect(large).toBeGreaterThan(spark);
    expect(spark).toBeGreaterThan(facebook);
    expect(facebook).toBeGreaterThan(mpi);
    expect(mpi).toBeGreaterThan(0.9);
    expect(mpi).toBeLessThan(1.05);
    // Use of CPU and memory while all frameworks have work, in points: 10 and 17 in the paper.
    for (const column of ['heldCpuShare', 'heldMemoryShare']) {
      const gain = shared.mean(column, 1000) - quarters.mean(column, 1000);
      expect(gain).toBeGreaterThan(0.05);
      expect(gain).toBeLessThan(0.25);
    }
  });

  it('section 6.2: the layer adds less than 4 % to a gang and to waves of map tasks', () => {
    const of = outcomes('mesos-overhead', false);
    for (const job of ['job=linpack, tasks=100, duration=50.9s', 'job=hadoop, tasks=300, duration=53.3s']) {
      const overhead = of(`mesos, ${job}`).of('makespanS') / of(`reference/fifo, ${job}`).of('makespanS') - 1;
      expect(overhead).toBeGreaterThan(0.005);
      expect(overhead).toBeLessThan(0.04);
    }
  });

  it('section 6.5: a probe among 200 busy frameworks loses less than a second on 50, 5,000 and 50,000 agents, more with more agents', () => {
    const of = outcomes('mesos-scale', true, 'window.to=68s', 'workload.source.synthetic.horizon=56s');
    const overheads = ['agents=50, cpu=1000, memory=500GiB', 'agents=5000, cpu=10, memory=5GiB', 'agents=50000, cpu=1, memory=512MiB'].map((cell) => {
      // The frameworks' first tasks have ended by then.
      const probes = of(`mesos, ${cell}`).executions('probe').filter(({ submitS }) => submitS > 30);
      expect(probes.length).toBeGreaterThanOrEqual(3);
      for (const { seconds } of probes) expect(seconds - 10).toBeLessThan(1);
      return mean(probes.map(({ seconds }) => seconds - 10));
    });
    expect(overheads[0]).toBeGreaterThan(0);
    expect(overheads[1]).toBeGreaterThan(overheads[0]!);
    expect(overheads[2]).toBeGreaterThan(overheads[1]!);
  });
});

describe('frameworks that share a cluster', { timeout: 60_000 }, () => {
  it('a framework that thinks for long locks what it was offered: others wait; a time-out frees them and starves the slow one', () => {
    const of = outcomes('mesos-starvation', true, 'sweep.matrix.thinks.values=[0s, 15s]');
    const wait = (cell: string) => of(cell).component('quick', 'jobWaitMeanS');
    expect(wait('offers-stand, thinks=15s')).toBeGreaterThan(10 * wait('offers-stand, thinks=0s'));
    expect(wait('offers-time-out, thinks=15s')).toBeLessThan(0.5 * wait('offers-stand, thinks=15s'));
    expect(of('offers-time-out, thinks=15s').executions('slow').every(({ seconds }) => seconds === Infinity)).toBe(true);
  });

  it('refusals cost a framework that revives nothing; one that does not waits longer the longer it refuses, and is sent fewer offers', () => {
    const of = outcomes('mesos-decline', false);
    const cells = ['1s', '5s', '30s', '120s'];
    const waits = cells.map((refuses) => of(`waits, refuses=${refuses}`).component('batch', 'jobWaitMeanS'));
    const offers = cells.map((refuses) => of(`waits, refuses=${refuses}`).of('offersSent'));
    for (let i = 1; i < cells.length; i++) {
      expect(waits[i]).toBeGreaterThan(waits[i - 1]!);
      expect(offers[i]).toBeLessThan(offers[i - 1]!);
    }
    for (const refuses of cells) expect(of(`revives, refuses=${refuses}`).component('batch', 'jobWaitMeanS')).toBeLessThan(0.1);
  });

  it('a guarantee or a limit keeps a role from being starved, a weight does not; the price is capacity that stays empty', () => {
    const of = outcomes('mesos-quota', false, 'window.to=3h');
    const slowest = (cell: string) => of(cell).of('startedWaitP99S');
    expect(slowest('weight-10')).toBeGreaterThan(100);
    expect(slowest('fair')).toBeGreaterThan(100);
    for (const cell of ['guarantee-60', 'limit-140']) {
      expect(slowest(cell)).toBeLessThan(3);
      expect(of(cell).of('usefulCpuShare')).toBeLessThan(of('fair').of('usefulCpuShare') - 0.2);
    }
  });

  it('a restart of an agent costs nothing with checkpointing, and its tasks without, or when executors do not wait long enough', () => {
    const of = outcomes('mesos-agent-restart', false);
    expect(of('checkpoint').of('lostCpuShare')).toBeLessThan(0.001);
    expect(of('checkpoint').of('evictions')).toBe(0);
    expect(of('no-checkpoint').of('evictions')).toBeGreaterThan(100);
    expect(of('no-checkpoint').of('lostCpuShare')).toBeGreaterThan(0.01);
    expect(of('impatient-executors').of('lostCpuShare')).toBeGreaterThan(0.01);
  });
});
