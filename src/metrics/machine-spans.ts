import type { FaultPlan } from '../faults/fault-plan.ts';
import { EXIT_OUTCOME_NAMES } from '../world/exit-outcome.ts';
import { type Collector, RAN, RecordKind } from './log.ts';

/** A container that ran on a machine. */
export interface Span {
  readonly machine: number;
  readonly task: number;
  readonly startUs: number;
  /** `Infinity` = still runs. */
  readonly endUs: number;
  /** How it ended; `running`. */
  readonly outcome: string;
}

/** Something that happened to a machine at a time. */
export interface MachineInstant {
  readonly machine: number;
  readonly timeUs: number;
  readonly name: string;
}

/** Keeps what ran when on which machine, for a picture of the run; some hundred bytes per attempt, so only on request. */
export class MachineSpans implements Collector {
  readonly instants: MachineInstant[] = [];
  readonly #plan: FaultPlan;
  readonly #ended: Span[] = [];
  readonly #running = new Map<number, Span>();

  constructor(faultPlan: FaultPlan = []) {
    this.#plan = faultPlan;
  }

  record(timeUs: number, kind: RecordKind, a: number, b: number, c: number, d = 0): void {
    if (kind === RecordKind.start) this.#running.set(c, { machine: b, task: a, startUs: timeUs, endUs: Infinity, outcome: 'running' });
    else if (kind === RecordKind.end && c >= RAN) {
      const span = this.#running.get(d);
      if (span === undefined) return;
      this.#running.delete(d);
      this.#ended.push({ ...span, endUs: timeUs, outcome: EXIT_OUTCOME_NAMES[c - RAN]! });
    } else if (kind === RecordKind.fault) {
      const fault = this.#plan[a];
      this.instants.push({ machine: c, timeUs, name: `${fault?.kind ?? 'fault'} ${fault?.label || a} ${b === 0 ? 'begins' : 'ends'}` });
    } else if (kind === RecordKind.detect) this.instants.push({ machine: a, timeUs, name: 'held for failed' });
  }

  /** All containers, by machine, begin and task. */
  spans(): Span[] {
    return [...this.#ended, ...this.#running.values()].sort((x, y) => x.machine - y.machine || x.startUs - y.startUs || x.task - y.task || x.endUs - y.endUs);
  }
}
