import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SequentialRandom } from '../engine/random/sequential-random.ts';
import type { RunSpec } from '../scenario/run-spec.ts';
import { type PoolOptions, runAll } from './pool.ts';
import { tinyPlan } from './testing/tiny-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'seatrial-pool-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { plan } = tinyPlan((text) => text.replace('seeds: 1..2', 'seeds: 1..40'));

interface Made {
  readonly finished: RunSpec[];
  readonly failed: { readonly id: string; readonly error: string }[];
}

async function make(runs: readonly RunSpec[], name: string, options: Partial<PoolOptions> = {}): Promise<Made> {
  const made: Made = { finished: [], failed: [] };
  mkdirSync(join(folder, name, 'runs'), { recursive: true });
  await runAll(runs, plan.inputs, { folder: join(folder, name), jobs: 2, finished: (spec) => made.finished.push(spec), failed: ({ spec, error }) => made.failed.push({ id: spec.id, error }), ...options });
  return made;
}

function contents(name: string): Map<string, string> {
  const runs = join(folder, name, 'runs');
  return new Map(readdirSync(runs).filter((file) => /^\w{12}\.json$/.test(file)).sort().map((file) => [file, readFileSync(join(runs, file), 'utf8')]));
}

describe('a pool of workers', { timeout: 60_000 }, () => {
  it('tells of every run once, in groups or alone', async () => {
    const { finished, failed } = await make(plan.runs, 'all');
    expect(failed).toEqual([]);
    expect(finished.map(({ id }) => id).sort()).toEqual(plan.runs.map(({ id }) => id).sort());
    expect(contents('all').size).toBe(80);
  });

  it('loses no run but the ones under way when workers are ended at random, and makes those again the next time', async () => {
    const random = new SequentialRandom('pool', 'ending workers');
    const there = new Set<string>();
    const workers: (() => Promise<unknown>)[] = [];
    let left: readonly RunSpec[] = plan.runs;
    let ended = 0;
    for (let round = 0; round < 30 && left.length > 0; round++) {
      const endOne = (): void => {
        if (ended >= 20 || random.u() > 0.4) return;
        ended++;
        void workers.splice(Math.floor(random.u() * workers.length), 1)[0]?.();
      };
      workers.length = 0;
      const made: Made = await make(left, 'ended', {
        started: (terminate) => workers.push(terminate),
        finished: (spec) => {
          there.add(spec.id);
          endOne();
        },
      });
      for (const { error } of made.failed) expect(error).toMatch(/worker|terminat|exit/i);
      left = plan.runs.filter(({ id }) => !there.has(id));
    }
    expect(ended).toBeGreaterThan(5);
    expect(left).toEqual([]);
    expect(contents('ended')).toEqual(contents('all'));
  });

  it('tells of every run that it failed when no worker can be started, and ends', async () => {
    const { finished, failed } = await make(plan.runs.slice(0, 6), 'none', { memoryMb: 16 });
    expect(finished).toEqual([]);
    expect(failed.map(({ id }) => id).sort()).toEqual(plan.runs.slice(0, 6).map(({ id }) => id).sort());
    for (const { error } of failed) expect(error).toMatch(/memory that it may have|more memory than its worker may have/);
  });
});
