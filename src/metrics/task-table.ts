import { grown32, grown64, grown8 } from '../engine/columns.ts';
import type { Workload } from '../workload/workload.ts';
import { EXIT_OUTCOME_NAMES } from '../world/exit-outcome.ts';
import type { MachineInventory } from '../world/machine-inventory.ts';
import type { CellValue } from './cell-value.ts';
import { type Collector, RAN, RecordKind, TaskOutcome } from './log.ts';

const SECOND_US = 1e6;
/** Beyond the exit outcomes of the world. */
const OPEN = 0;
const REASONS = ['', 'evicted', 'preempted'];

/**
 * Keeps every attempt of every task, for tasks.csv: about 60 bytes each, so only on request. An attempt begins when the orchestrator binds the task to a machine (or,
 * where a supervisor restarts a container by itself, when that starts).
 */
export class TaskTable implements Collector {
  readonly #workload: Workload;
  readonly #inventory: MachineInventory;
  readonly #submittedUs: Float64Array;
  /** Last attempt per task (-1 = none), chained back through #previous. */
  readonly #last: Int32Array;
  /** Outcome per task for its client, 0 = none yet; 9 = rejected. */
  readonly #outcome: Uint8Array;
  /** When the task was over for its client. */
  readonly #doneUs: Float64Array;
  /** Text of the last refusal per task, -1 = none. */
  readonly #refusal: Int32Array;
  #count = 0;
  #machine = new Int32Array(1024);
  #previous = new Int32Array(1024);
  #container = new Int32Array(1024);
  #bindUs = new Float64Array(1024);
  #startUs = new Float64Array(1024);
  #endUs = new Float64Array(1024);
  #ended = new Uint8Array(1024);
  #reason = new Uint8Array(1024);

  constructor(workload: Workload, inventory: MachineInventory) {
    this.#workload = workload;
    this.#inventory = inventory;
    this.#submittedUs = new Float64Array(workload.taskCount).fill(NaN);
    this.#last = new Int32Array(workload.taskCount).fill(-1);
    this.#outcome = new Uint8Array(workload.taskCount);
    this.#doneUs = new Float64Array(workload.taskCount).fill(NaN);
    this.#refusal = new Int32Array(workload.taskCount).fill(-1);
  }

  record(timeUs: number, kind: RecordKind, a: number, b: number, c: number, d = 0): void {
    switch (kind) {
      case RecordKind.submit:
        this.#submittedUs[a] = timeUs;
        break;
      case RecordKind.reject:
        this.#outcome[a] = REJECTED;
        break;
      case RecordKind.refuse:
        this.#refusal[a] = b;
        break;
      case RecordKind.bind:
        this.#bindUs[this.#add(a, b)] = timeUs;
        break;
      case RecordKind.start: {
        let attempt = this.#find(a, (each) => this.#machine[each] === b && this.#ended[each] === OPEN && Number.isNaN(this.#startUs[each]));
        if (attempt < 0) attempt = this.#add(a, b);
        this.#startUs[attempt] = timeUs;
        this.#container[attempt] = c;
        break;
      }
      case RecordKind.end: {
        const ran = c >= RAN;
        const attempt = this.#find(a, (each) => this.#machine[each] === b && this.#ended[each] === OPEN && (ran ? this.#container[each] === d : Number.isNaN(this.#startUs[each])));
        if (attempt < 0) break;
        this.#ended[attempt] = ran ? c - RAN : c;
        this.#endUs[attempt] = timeUs;
        break;
      }
      case RecordKind.release: {
        const attempt = this.#find(a, (each) => this.#machine[each] === b && this.#ended[each] === OPEN && Number.isNaN(this.#startUs[each]));
        if (attempt < 0) break;
        // A container that was about to start ends after its capacity was given back: `end` then says how.
        this.#released.set(attempt, timeUs);
        break;
      }
      case RecordKind.evict:
      case RecordKind.preempt: {
        const attempt = this.#find(a, (each) => this.#machine[each] === b);
        if (attempt >= 0) this.#reason[attempt] = kind === RecordKind.evict ? 1 : 2;
        break;
      }
      case RecordKind.done:
        this.#outcome[a] = b;
        this.#doneUs[a] = timeUs;
        break;
      default:
    }
  }

  /** When capacity was taken back from attempts that had not begun. */
  readonly #released = new Map<number, number>();

  /** Rows of tasks.csv without its column `run`, by task and attempt. @param texts the log's */
  *rows(texts: readonly string[]): Generator<CellValue[]> {
    for (let task = 0; task < this.#last.length; task++) {
      const attempts: number[] = [];
      for (let attempt = this.#last[task]!; attempt >= 0; attempt = this.#previous[attempt]!) attempts.push(attempt);
      const name = this.#workload.taskName(task);
      const submitS = seconds(this.#submittedUs[task]!);
      const doneS = seconds(this.#doneUs[task]!);
      const refusal = this.#refusal[task]! < 0 ? '' : texts[this.#refusal[task]!]!;
      if (attempts.length === 0) {
        if (submitS !== null || this.#outcome[task] === REJECTED) yield [name, 0, submitS, null, null, null, '', this.#withoutAttempt(task), refusal, doneS];
        continue;
      }
      for (let n = 1; n <= attempts.length; n++) {
        const attempt = attempts[attempts.length - n]!;
        const [outcome, endUs] = this.#how(attempt);
        yield [
          name,
          n,
          submitS,
          seconds(this.#bindUs[attempt]!),
          seconds(this.#startUs[attempt]!),
          seconds(endUs),
          this.#inventory.names[this.#machine[attempt]!]!,
          outcome,
          REASONS[this.#reason[attempt]!]!,
          doneS,
        ];
      }
    }
  }

  #how(attempt: number): [outcome: string, endUs: number] {
    if (this.#ended[attempt] !== OPEN) return [EXIT_OUTCOME_NAMES[this.#ended[attempt]!]!, this.#endUs[attempt]!];
    const releasedUs = this.#released.get(attempt);
    if (releasedUs !== undefined && Number.isNaN(this.#startUs[attempt])) return ['released', releasedUs];
    return [Number.isNaN(this.#startUs[attempt]) ? 'starting' : 'running', NaN];
  }

  #withoutAttempt(task: number): string {
    if (this.#outcome[task] === TaskOutcome.cancelled) return 'cancelled';
    if (this.#outcome[task] === TaskOutcome.gaveUp) return 'gave-up';
    if (this.#outcome[task] === REJECTED) return 'rejected';
    return this.#refusal[task]! < 0 ? 'pending' : 'refused';
  }

  /** The latest attempt of a task that meets a condition; -1 = none. */
  #find(task: number, condition: (attempt: number) => boolean): number {
    for (let attempt = this.#last[task]!; attempt >= 0; attempt = this.#previous[attempt]!) if (condition(attempt)) return attempt;
    return -1;
  }

  #add(task: number, machine: number): number {
    if (this.#count === this.#machine.length) this.#grow();
    const attempt = this.#count++;
    this.#machine[attempt] = machine;
    this.#previous[attempt] = this.#last[task]!;
    this.#container[attempt] = -1;
    this.#bindUs[attempt] = NaN;
    this.#startUs[attempt] = NaN;
    this.#endUs[attempt] = NaN;
    this.#last[task] = attempt;
    return attempt;
  }

  #grow(): void {
    this.#machine = grown32(this.#machine);
    this.#previous = grown32(this.#previous);
    this.#container = grown32(this.#container);
    this.#bindUs = grown64(this.#bindUs);
    this.#startUs = grown64(this.#startUs);
    this.#endUs = grown64(this.#endUs);
    this.#ended = grown8(this.#ended);
    this.#reason = grown8(this.#reason);
  }
}

const REJECTED = 9;

function seconds(us: number): CellValue {
  return Number.isNaN(us) ? null : us / SECOND_US;
}
