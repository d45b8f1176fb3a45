import { Worker } from 'node:worker_threads';
import { hostileScenario } from '../../scenario/testing/hostile-scenarios.ts';
import type { HostileOutcome } from './hostile-worker.ts';

// Tries hostile scenarios: `node src/experiment/testing/hostile-check.ts COUNT [FIRST]`. Prints what came of them as JSON; exit code 1 when one ends otherwise than in a clear error or a valid run.
const [COUNT = 60, FIRST = 0] = process.argv.slice(2).map(Number);
/** Seconds of processor time: reading and expanding a scenario; and making its first run, which `--timeout-per-run` would cut off. */
const MOST_READING_S = 30;
const MOST_RUNNING_S = 20;
/** Seconds on the wall, on a machine that may be busy, after which something waits for what never comes. */
const MOST_WAITING_S = 300;
/** Memory of the worker, MiB. */
const MEMORY_MB = 1024;

class Watched {
  #worker: Worker | null = null;
  readonly #state = new Int32Array(new SharedArrayBuffer(4));

  /** @returns what came of it; a worker that takes too long or too much memory is ended */
  async try(n: number): Promise<HostileOutcome & { readonly cut?: string }> {
    this.#worker ??= new Worker(new URL('./hostile-worker.ts', import.meta.url), { resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB } });
    const worker = this.#worker;
    const began = performance.now();
    const cpu = process.cpuUsage();
    const result = await new Promise<HostileOutcome & { readonly cut?: string }>((resolve) => {
      const ended = (cut: string): void => resolve({ n, phase: Atomics.load(this.#state, 0) === 2 ? 'expanded' : 'read', cut });
      const watch = setInterval(() => {
        const running = Atomics.load(this.#state, 0) === 2;
        const { user, system } = process.cpuUsage(cpu);
        if ((user + system) / 1e6 > (running ? MOST_READING_S + MOST_RUNNING_S : MOST_READING_S)) ended(`more than ${running ? MOST_RUNNING_S : MOST_READING_S} s of processor time`);
        else if (performance.now() - began > MOST_WAITING_S * 1000) ended(`more than ${MOST_WAITING_S} s`);
      }, 250);
      const over = (outcome: HostileOutcome): void => resolve(outcome);
      const broke = (error: NodeJS.ErrnoException): void => ended(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? `more than ${MEMORY_MB} MiB` : String(error));
      worker.on('message', over);
      worker.on('error', broke);
      worker.postMessage({ n, state: this.#state });
      this.#stopWatching = () => {
        clearInterval(watch);
        worker.off('message', over);
        worker.off('error', broke);
      };
    });
    this.#stopWatching();
    if (result.cut !== undefined) {
      await worker.terminate();
      this.#worker = null;
    }
    return result;
  }

  async end(): Promise<void> {
    await this.#worker?.terminate();
  }

  #stopWatching: () => void = () => undefined;
}

const watched = new Watched();
const violations: string[] = [];
const tally = { refused: 0, ran: 0, cut: 0 };
let slowest = { ms: 0, n: 0 };
for (let n = FIRST; n < FIRST + COUNT; n++) {
  const { outcome, message = '', phase, cut, cpuMs = 0 } = await watched.try(n);
  if (cpuMs > slowest.ms) slowest = { ms: cpuMs, n };
  const { what } = hostileScenario(n);
  if (cut !== undefined) {
    // A run may be long; then a sweep gives it up alone. Reading may not.
    if (phase === 'expanded') tally.cut++;
    else violations.push(`${what}: reading takes ${cut}`);
  } else if (outcome === 'ran') tally.ran++;
  else if (outcome === 'refused') {
    tally.refused++;
    if (message.trim() === '' || message.length > 60_000 || /\n\s+at .*:\d+:\d+/.test(message)) violations.push(`${what}: no clear message: ${message.slice(0, 300)}`);
  } else violations.push(`${what}: ${message.slice(0, 600)}`);
}
await watched.end();
process.stdout.write(`${JSON.stringify({ tried: COUNT, ...tally, slowestCpuMs: Math.round(slowest.ms), slowest: hostileScenario(slowest.n).what, violations })}\n`);
process.exitCode = violations.length > 0 ? 1 : 0;
