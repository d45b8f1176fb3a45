import type { FaultPlan } from '../faults/fault-plan.ts';
import { EXIT_OUTCOME_NAMES } from '../world/exit-outcome.ts';
import type { MachineInventory } from '../world/machine-inventory.ts';
import { MachineState } from '../world/world-observer.ts';
import { type Collector, RAN, RecordKind, TaskOutcome } from './log.ts';

/** One thing that happened to a task or to a machine that held it. */
export interface TimelineEntry {
  readonly timeUs: number;
  /** Kind of the record: `submit`, `bind`, `start`, `machine`... */
  readonly event: string;
  /** In words. */
  readonly text: string;
}

interface Kept {
  readonly timeUs: number;
  readonly kind: RecordKind;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

const KIND_NAMES = new Map<number, string>(Object.entries(RecordKind).map(([name, kind]) => [kind, name]));
const STATE_WORDS = new Map<number, string>([
  [MachineState.up, 'is up'],
  [MachineState.down, 'is down'],
  [MachineState.hung, 'hangs'],
  [MachineState.cutOff, 'is cut off'],
]);

/** Keeps everything that happens to one task, and to machines while they hold it in the books or physically. */
export class TaskTimeline implements Collector {
  readonly #task: number;
  readonly #inventory: MachineInventory;
  readonly #plan: FaultPlan;
  readonly #kept: Kept[] = [];
  /** Reasons to follow a machine: bindings plus running instances of the task. */
  readonly #held = new Map<number, number>();

  constructor(task: number, inventory: MachineInventory, faultPlan: FaultPlan = []) {
    this.#task = task;
    this.#inventory = inventory;
    this.#plan = faultPlan;
  }

  record(timeUs: number, kind: RecordKind, a: number, b: number, c: number): void {
    if (kind === RecordKind.leader) return;
    if (kind === RecordKind.fault || kind === RecordKind.machine || kind === RecordKind.detect) {
      if ((this.#held.get(kind === RecordKind.fault ? c : a) ?? 0) > 0) this.#kept.push({ timeUs, kind, a, b, c });
      return;
    }
    if (a !== this.#task) return;
    this.#kept.push({ timeUs, kind, a, b, c });
    if (kind === RecordKind.bind || kind === RecordKind.start) this.#hold(b, 1);
    else if (kind === RecordKind.release || (kind === RecordKind.end && c >= RAN)) this.#hold(b, -1);
  }

  /** What happened, in order. @param texts the log's */
  entries(texts: readonly string[]): TimelineEntry[] {
    return this.#kept.map((kept) => ({ timeUs: kept.timeUs, event: KIND_NAMES.get(kept.kind)!, text: this.#words(kept, texts) }));
  }

  #hold(machine: number, change: number): void {
    this.#held.set(machine, (this.#held.get(machine) ?? 0) + change);
  }

  #words({ kind, a, b, c }: Kept, texts: readonly string[]): string {
    const name = (machine: number): string => this.#inventory.names[machine]!;
    switch (kind) {
      case RecordKind.submit:
        return 'submitted by the client';
      case RecordKind.reject:
        return 'rejected: the orchestrator cannot express the request';
      case RecordKind.refuse:
        return `refused: ${texts[b]}`;
      case RecordKind.retry:
        return `submitted again by the client (retry ${b})`;
      case RecordKind.bind:
        return `bound to ${name(b)}`;
      case RecordKind.release:
        return `capacity on ${name(b)} given back`;
      case RecordKind.start:
        return `began to work on ${name(b)}`;
      case RecordKind.end:
        return c >= RAN ? `ended on ${name(b)}: ${EXIT_OUTCOME_NAMES[c - RAN]}` : `ended on ${name(b)} before it began to work: ${EXIT_OUTCOME_NAMES[c]}`;
      case RecordKind.evict:
        return `evicted from ${name(b)}`;
      case RecordKind.preempt:
        return `preempted on ${name(b)}`;
      case RecordKind.route:
        return `clients are sent to ${name(b)}`;
      case RecordKind.unroute:
        return `clients are no longer sent to ${name(b)}`;
      case RecordKind.decide:
        return 'the orchestrator decided to replace it';
      case RecordKind.done:
        return b === TaskOutcome.finished ? 'finished' : b === TaskOutcome.cancelled ? 'cancelled' : 'the client gave up';
      case RecordKind.detect:
        return `the orchestrator holds ${name(a)} for failed`;
      case RecordKind.machine:
        return `${name(a)} ${STATE_WORDS.get(b)}`;
      case RecordKind.fault: {
        const fault = this.#plan[a];
        return `fault ${a}${fault === undefined ? '' : ` (${fault.kind}, ${fault.label})`} ${b === 0 ? 'begins' : 'ends'} on ${name(c)}`;
      }
      default:
        return '';
    }
  }
}
