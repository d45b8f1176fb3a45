import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parentPort } from 'node:worker_threads';
import { InputError } from '../../engine/input-error.ts';
import { ORCHESTRATORS } from '../../orchestrators/registry.ts';
import { expand } from '../../scenario/expand.ts';
import { loadScenario } from '../../scenario/load.ts';
import { ScenarioError } from '../../scenario/problem.ts';
import { hostileScenario } from '../../scenario/testing/hostile-scenarios.ts';
import { run } from '../run.ts';

/** What a hostile scenario came to. */
export interface HostileOutcome {
  readonly n: number;
  readonly phase: 'read' | 'expanded' | 'over';
  /** `refused`: an error for the user; `ran`: a valid run; `broken`: anything else. */
  readonly outcome?: 'refused' | 'ran' | 'broken';
  readonly message?: string;
  readonly cpuMs?: number;
}

/*
 * Reads scenarios, expands them and makes the first run of each, in a folder with the files that they name. Says where it stands, so that whoever watches knows what took too long. Plain JavaScript
 * runs of several files are no issue: `postMessage` is asynchronous, and the watcher looks at a shared counter besides.
 */
const folder = mkdtempSync(join(tmpdir(), 'seatrial-hostile-'));
writeFileSync(join(folder, 'tasks.csv'), 'submit,job,duration,cpu,memory\n0,a,60,1,1073741824\n1,b,60,1,1073741824\n5,c,30,2,1073741824\n');
writeFileSync(join(folder, 'machines.csv'), 'name,cpu,memory\nm-0,4,16GiB\nm-1,4,16GiB\n');
writeFileSync(join(folder, 'faults.csv'), 'fault,kind,label,atS,durationS,factor,machines\n0,crash,x,5,10,1,m-0\n');
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const pristine = Object.getOwnPropertyNames(Object.prototype).join();

parentPort!.on('message', ({ n, state }: { n: number; state: Int32Array }) => {
  const { text } = hostileScenario(n);
  const file = join(folder, 's.yaml');
  writeFileSync(file, text);
  const cpu = process.threadCpuUsage();
  Atomics.store(state, 0, 1);
  let outcome: HostileOutcome['outcome'];
  let message = '';
  try {
    const loaded = loadScenario(file, { orchestrators: ORCHESTRATORS });
    const plan = expand(loaded, { cacheFolder: null });
    Atomics.store(state, 0, 2);
    const { digest } = run(plan.runs[0]!, plan.inputs);
    outcome = 'ran';
    message = digest;
  } catch (error) {
    const isClear = error instanceof ScenarioError || error instanceof InputError;
    outcome = isClear ? 'refused' : 'broken';
    message = isClear ? error.message : error instanceof Error ? `${error.name}: ${error.stack ?? error.message}` : String(error);
  }
  if (Object.getOwnPropertyNames(Object.prototype).join() !== pristine || ({} as { polluted?: unknown }).polluted !== undefined) {
    outcome = 'broken';
    message = 'the prototype of all objects was changed';
  }
  const { user, system } = process.threadCpuUsage(cpu);
  Atomics.store(state, 0, 0);
  parentPort!.postMessage({ n, phase: 'over', outcome, message: message.replaceAll(folder, ''), cpuMs: (user + system) / 1000 } satisfies HostileOutcome);
});
