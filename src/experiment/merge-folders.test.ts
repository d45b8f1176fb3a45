import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { InputError } from '../engine/input-error.ts';
import { mergeFolders } from './merge-folders.ts';
import { planFileOf } from './plan-file.ts';
import { run } from './run.ts';
import { Store } from './store.ts';
import { tinyPlan } from './testing/tiny-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'seatrial-merge-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('merging folders', () => {
  const { loaded, plan } = tinyPlan();
  const store = new Store(join(folder, 'whole'));
  store.claim(planFileOf(loaded, plan), false);
  for (const spec of plan.runs) store.write(run(spec, plan.inputs), { wallS: 0, cpuS: 0, maxRssMb: 0, eventsPerSecond: 0 });
  store.end();
  const failure = (folders: readonly string[], out = join(folder, 'merged')): unknown => {
    try {
      return mergeFolders(folders, out, false);
    } catch (error) {
      return error;
    }
  };

  it('refuses a plan.json that is none, whatever JSON it is, and writes nothing', () => {
    for (const [i, text] of ['{}', 'null', '[1]', '{"runs":[]}', '{'].entries()) {
      const other = join(folder, `other-${i}`);
      mkdirSync(other);
      writeFileSync(join(other, 'plan.json'), text);
      for (const folders of [[other], [store.folder, other]]) {
        const error = failure(folders);
        expect(error, text).toBeInstanceOf(InputError);
        expect(String(error)).toContain(join(other, 'plan.json'));
      }
    }
    expect(readdirSync(folder)).not.toContain('merged');
  });

  it('refuses a file where the folder for the whole is to be', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(failure([store.folder], join(folder, 'file'))).toMatchObject({ message: expect.stringContaining('is a file; expected a folder for results') as string });
  });

  it('names a run file that is damaged, and what to do about it', () => {
    const damaged = join(store.folder, 'runs', `${plan.runs[2]!.id}.json`);
    for (const text of ['{"a"1}', '{"a":1}', '[]']) {
      writeFileSync(damaged, text);
      const error = failure([store.folder]);
      expect(error, text).toBeInstanceOf(InputError);
      expect(String(error)).toMatch(new RegExp(`${damaged}.*delete it, and the same command makes the run again`));
    }
  });
});
