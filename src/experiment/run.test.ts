import { describe, expect, it } from 'vitest';
import { columnsOf } from '../metrics/columns.ts';
import type { OrchestratorDefinition } from '../orchestrators/orchestrator.ts';
import { fifo } from '../orchestrators/reference/fifo.ts';
import type { IdealOptions } from '../orchestrators/reference/ideal.ts';
import { Diverged, runTwice } from './divergence.ts';
import { run, RunBroken } from './run.ts';
import { sealed } from './sealed.ts';
import { tinyPlan } from './testing/tiny-run.ts';

const { plan } = tinyPlan();
const spec = plan.runs[0]!;

/** The first-come-first-served ideal with something wrong about it. */
function spoilt(change: (inner: ReturnType<typeof fifo.create>) => Partial<ReturnType<typeof fifo.create>>): readonly OrchestratorDefinition[] {
  const definition: OrchestratorDefinition<IdealOptions> = {
    ...fifo,
    create(context, options) {
      const inner = fifo.create(context, options);
      const whole = {
        submit: (job: number) => inner.submit(job),
        retry: (task: number) => inner.retry(task),
        cancel: (job: number) => inner.cancel(job),
        remove: (task: number) => inner.remove(task),
        drain: (machine: number, drained: boolean) => inner.drain(machine, drained),
        explain: (task: number) => inner.explain(task),
        invariants: () => inner.invariants(),
      };
      return { ...whole, ...change(inner) };
    },
  };
  return [definition as OrchestratorDefinition];
}

describe('a run', () => {
  it('is a function of its spec', () => {
    expect(run(spec, plan.inputs)).toEqual(run(spec, plan.inputs));
  });

  it('has a row for every column', () => {
    const record = run(spec, plan.inputs);
    expect(record.tables.runs[0]).toHaveLength(columnsOf('runs.csv').length);
    for (const row of record.tables.timeline) expect(row).toHaveLength(columnsOf('timeline.csv').length);
    expect(record.tables.recoveries).toHaveLength(1);
  });

  it("has the fault's label in recoveries.csv and the orchestrator's in runs.csv", () => {
    const record = run(spec, plan.inputs);
    const label = (file: string): number => columnsOf(file).findIndex(({ name }) => name === 'label');
    expect(record.tables.runs[0]![label('runs.csv')]).toBe(spec.label);
    expect(record.tables.recoveries[0]![label('recoveries.csv')]).toMatch(/^machine-\d$/);
  });

  it('is a failed one when the orchestrator says that its books are broken', () => {
    const orchestrators = spoilt(() => ({ invariants: () => ['machine-1 is charged for a task that it does not have'] }));
    expect(() => run(spec, plan.inputs, { orchestrators })).toThrow(RunBroken);
    expect(() => run(spec, plan.inputs, { orchestrators })).toThrow(/broke an invariant: machine-1 is charged/);
  });

  it('cannot ask for the time or for random numbers of its own', () => {
    const asking = (ask: () => unknown): readonly OrchestratorDefinition[] => spoilt((inner) => ({ submit: (job) => (ask(), inner.submit(job)) }));
    expect(() => run(spec, plan.inputs, { orchestrators: asking(() => Math.random()) })).toThrow(/Math\.random was called during a run/);
    expect(() => run(spec, plan.inputs, { orchestrators: asking(() => Date.now()) })).toThrow(/wall clock was read/);
    expect(() => run(spec, plan.inputs, { orchestrators: asking(() => new Date()) })).toThrow(/wall clock was read/);
    expect(Math.random()).toBeLessThan(1);
    expect(new Date().getTime()).toBeGreaterThan(0);
  });
});

describe('making a run twice', () => {
  it('gives the run when both are alike', () => {
    expect(runTwice(spec, plan.inputs)).toEqual(run(spec, plan.inputs));
  });

  it('names the first record that differs', () => {
    // From the second run on, every other tenth job is swallowed: what a forgotten module-level variable would do.
    let created = 0;
    const orchestrators = spoilt((inner) => {
      const swallowed = created++ % 2 === 1;
      return { submit: (job) => (swallowed && job === 10 ? undefined : inner.submit(job)) };
    });
    const difference = (): string => {
      try {
        runTwice(spec, plan.inputs, { orchestrators });
      } catch (error) {
        expect(error).toBeInstanceOf(Diverged);
        return (error as Error).message;
      }
      return '';
    };
    expect(difference()).toMatch(/part in checkpoint window 0 \(records 1 to 65536\) at record \d+: bind\(10, \d, 0\) at \d+ us against \w+\(\d+, \d+, \d+\) at \d+ us$/);
  });
});

describe('sealing', () => {
  it('gives clock and generator back when what was sealed throws', () => {
    const { random } = Math;
    const RealDate = Date;
    expect(() => sealed(() => { throw new Error('no'); })).toThrow('no');
    expect(Math.random).toBe(random);
    expect(Date).toBe(RealDate);
  });
});
