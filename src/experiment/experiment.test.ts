import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunSpec } from '../scenario/run-spec.ts';
import { canonicalJson, hashOf } from '../scenario/canonical.ts';
import { conduct, type Progress } from './experiment.ts';
import { meets } from './expectations.ts';
import { tinyPlan } from './testing/tiny-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'seatrial-experiment-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('an experiment with a run that cannot be made', { timeout: 60_000 }, () => {
  const { loaded, plan } = tinyPlan();
  const broken: RunSpec = { ...plan.runs[1]!, orchestrator: 'reference/nonsense' };
  const damaged = { ...plan, runs: [plan.runs[0]!, broken, ...plan.runs.slice(2)] };
  const options = { folder: join(folder, 'out'), force: false, jobs: 2, tasks: false, twice: false, command: ['seatrial', 'run', 'tiny.yaml'], repeat: (spec: RunSpec) => `seatrial run tiny.yaml --only ${spec.cell} --seeds ${spec.seed}` };

  it('makes all others, and says how to repeat the one that failed', async () => {
    const seen: Progress[] = [];
    const outcome = await conduct(loaded, damaged, { ...options, progress: (state) => seen.push(state) });
    expect(outcome.failures).toEqual([{ spec: broken, error: 'there is no orchestrator "reference/nonsense"', input: false }]);
    expect(seen.at(-1)).toEqual({ total: 4, before: 0, finished: 3, failed: 1 });
    const failures = parse(readFileSync(join(options.folder, 'failures.csv'), 'utf8'), { columns: true }) as Record<string, string>[];
    expect(failures.map(({ cell, command }) => [cell, command])).toEqual([['loss', 'seatrial run tiny.yaml --only loss --seeds 1']]);
    expect(parse(readFileSync(join(options.folder, 'runs.csv'), 'utf8'))).toHaveLength(1 + 3);
    expect(readdirSync(join(options.folder, 'runs')).filter((name) => /^\w{12}\.json$/.test(name))).toHaveLength(3);
  });

  it('tries again what failed, and only that, the next time', async () => {
    const outcome = await conduct(loaded, damaged, options);
    expect(outcome.before).toBe(3);
    expect(outcome.failures).toHaveLength(1);
  });
});

describe('plans', () => {
  const ids = (change?: (text: string) => string): string[] => tinyPlan(change).plan.runs.map((run) => run.id);

  it('give each run an identity that changes with whatever it depends on, and with nothing else', () => {
    const base = ids();
    expect(new Set(base).size).toBe(4);
    expect(ids()).toEqual(base);
    expect(ids((text) => `# a remark\n${text}`)).toEqual(base);
    expect(ids((text) => text.replace('question: Does', 'question: Can'))).toEqual(base);
    expect(ids((text) => text.replace('seeds: 1..2', 'seeds: 2..3')).filter((id) => base.includes(id))).toHaveLength(2);
    for (const [piece, by] of [['cpu: 4,', 'cpu: 5,'], ['meanGap: 10s', 'meanGap: 11s'], ['at: 3min', 'at: 4min'], ['seeds:', 'window: { to: 9min }\nseeds:'], ['seeds:', 'network: { base: 1ms }\nseeds:'], ['seeds:', 'images: none\nseeds:']] as const) {
      expect(ids((text) => text.replace(piece, by)).some((id) => base.includes(id))).toBe(false);
    }
    expect(ids((text) => text.replace('label: loss', 'label: loss, options: { startLatencyUs: 1s }')).filter((id) => base.includes(id))).toEqual([base[0], base[2]]);
  });

  it('give all orchestrators of a seed the same tasks, machines and faults', () => {
    const { runs } = tinyPlan().plan;
    for (const seed of [1, 2]) expect(new Set(runs.filter((run) => run.seed === seed).map((run) => [run.workload, run.machines, run.faults].join())).size).toBe(1);
    expect(runs[0]!.workload).not.toBe(runs[2]!.workload);
  });

  it('say what is asked for after the end of the window, once, and where', () => {
    const { warnings } = tinyPlan((text) => text.replace('at: 3min', 'at: 3h')).plan;
    expect(warnings).toEqual([expect.stringMatching(/:\d+:\d+: faults\.0\.at: 10800 s is after the end of the window at 600 s; it never happens$/)]);
    expect(tinyPlan().plan.warnings).toEqual([]);
  });

  it('settle times of faults that are shares of the window', () => {
    const { plan } = tinyPlan((text) => text.replace('at: 3min, duration: 1min', 'at: 50%, duration: 10%').replace('seeds:', 'window: { from: 2min, to: 10min }\nseeds:'));
    const [fault] = plan.inputs.faults.get(plan.runs[0]!.faults)!;
    expect([fault!.atUs, fault!.durationUs]).toEqual([360_000_000, 48_000_000]);
  });

  it('rescale arrivals to the load asked for, and measure until they end', () => {
    const { plan } = tinyPlan((text) => text.replace('workload:\n', 'workload:\n  load: 0.8\n'));
    expect(plan.seeds[0]!.offeredLoad.arriving.cpu).toBeCloseTo(0.8, 3);
    expect(plan.runs[0]!.toUs).toBe(Math.round(600_000_000 * plan.seeds[0]!.arrivalFactor!));
  });
});

describe('expectations', () => {
  it.each([
    [5, '>=', 5, true],
    [5, '>', 5, false],
    [5, '<=', 4, false],
    [5, '!=', 4, true],
    [5, '==', 5, true],
    [null, '>=', 0, false],
    [null, '!=', 0, false],
    ['>3600', '>', 3600, true],
    ['>3600', '>=', 4000, false],
    ['>3600', '<', 7200, false],
    ['>3600', '==', 3600, false],
  ] as const)('%s %s %s is %s', (cell, operator, value, met) => {
    expect(meets(cell, { operator, value })).toBe(met);
  });
});

describe('canonical text', () => {
  it('is the same for the same data in whatever order, and different for different data', () => {
    expect(canonicalJson({ b: [1, Infinity], a: undefined, c: { y: null, x: 'ü' } })).toBe('{"b":[1,"Infinity"],"c":{"x":"ü","y":null}}');
    expect(hashOf({ a: 1, b: 2 })).toBe(hashOf({ b: 2, a: 1 }));
    expect(hashOf([1, 2])).not.toBe(hashOf([2, 1]));
  });
});
