/** State of an engine in a manager's eyes (docker/classicswarm 1.2.9, cluster/engine.go). */
export const EngineState = { pending: 0, healthy: 1, unhealthy: 2, disconnected: 3 } as const;
export type EngineState = (typeof EngineState)[keyof typeof EngineState];
export const ENGINE_STATE_NAMES: readonly string[] = ['Pending', 'Healthy', 'Unhealthy', 'Disconnected'];

/** What a call changed. */
export const HealthChange = { none: 0, becameUnhealthy: 1, cameBack: 2 } as const;
export type HealthChange = (typeof HealthChange)[keyof typeof HealthChange];

/**
 * State machine and failure counter of all engines of one manager. Every call to an engine reports here; only failures to connect count, and only
 * `failureRetry` of them in a row make a healthy engine unhealthy.
 */
export class EngineHealth {
  readonly state: Uint8Array;
  /** Failures to connect in a row. */
  readonly failures: Int32Array;
  readonly #failureRetry: number;

  constructor(engines: number, failureRetry: number) {
    this.state = new Uint8Array(engines);
    this.failures = new Int32Array(engines);
    this.#failureRetry = failureRetry;
  }

  /** A new engine object: pending, no failures. */
  reset(engine: number): void {
    this.state[engine] = EngineState.pending;
    this.failures[engine] = 0;
  }

  /** The pending engine answered and is registered. */
  validated(engine: number): void {
    if (this.state[engine] !== EngineState.pending) return;
    this.state[engine] = EngineState.healthy;
    this.failures[engine] = 0;
  }

  succeeded(engine: number): HealthChange {
    const back = this.state[engine] === EngineState.unhealthy;
    if (back) this.state[engine] = EngineState.healthy;
    this.failures[engine] = 0;
    return back ? HealthChange.cameBack : HealthChange.none;
  }

  /** A call could not connect: refused, timed out, no route. Any other error changes nothing and is not reported here. */
  connectionFailed(engine: number): HealthChange {
    this.failures[engine]!++;
    if (this.state[engine] !== EngineState.healthy || this.failures[engine]! < this.#failureRetry) return HealthChange.none;
    this.state[engine] = EngineState.unhealthy;
    return HealthChange.becameUnhealthy;
  }

  /** Health indicator, 0 to 100: 0 unless healthy, less for each recent failure, truncating. */
  indicator(engine: number): number {
    const failures = this.failures[engine]!;
    if (this.state[engine] !== EngineState.healthy || failures >= this.#failureRetry) return 0;
    return 100 - Math.trunc((failures * 100) / this.#failureRetry);
  }

  /** How many waits of the refresh loop are added to the first: linear back-off (refreshLoop, maxBackoffFactor). */
  backOff(engine: number): number {
    return Math.min(Math.max(this.failures[engine]! - this.#failureRetry, 0), MAX_BACK_OFF);
  }
}

const MAX_BACK_OFF = 1000;
