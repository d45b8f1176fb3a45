import { ExitOutcome } from '../../world/exit-outcome.ts';
import type { ServiceSettings } from './service-settings.ts';

/** moby, restartmanager/restartmanager.go: defaultTimeout, backoffMultiplier, maxRestartTimeout; a run of ten seconds starts the delays anew. */
const FIRST_DELAY_US = 100_000;
const DELAY_FACTOR = 2;
const LAST_DELAY_US = 60_000_000;
const STEADY_US = 10_000_000;

/** Whether and when the engine starts ended containers again: restart policies, and the delays between restarts of one container (moby, restartmanager/restartmanager.go). */
export class Restarts {
  readonly #count: Int32Array;
  readonly #delayUs: Float64Array;

  constructor(taskCount: number) {
    this.#count = new Int32Array(taskCount);
    this.#delayUs = new Float64Array(taskCount);
  }

  /** The container of a task is a new one. */
  forget(task: number): void {
    this.#count[task] = 0;
    this.#delayUs[task] = 0;
  }

  /** Whether the policy brings a container back that has ended so. */
  allows(task: number, { name, maximumRetries }: ServiceSettings['restart'], outcome: ExitOutcome): boolean {
    if (name === 'no') return false;
    if (name === 'on-failure') return outcome !== ExitOutcome.finished && (maximumRetries === 0 || this.#count[task]! < maximumRetries);
    return true;
  }

  /** Time until a container that ran for so long is started again, microseconds. */
  nextDelayUs(task: number, ranUs: number): number {
    const beforeUs = ranUs >= STEADY_US ? 0 : this.#delayUs[task]!;
    return (this.#delayUs[task] = beforeUs === 0 ? FIRST_DELAY_US : Math.min(beforeUs * DELAY_FACTOR, LAST_DELAY_US));
  }

  /** A container is started again. */
  restarted(task: number): void {
    this.#count[task]!++;
  }
}
