import { grown64 } from '../../engine/columns.ts';
import { ContainerRecord, type RecordFacts } from './container-record.ts';

/** All records that anybody still holds, by index and by task. */
export class ContainerRecords {
  /** Time of the last call to the engine about each record, in microseconds. */
  openedUs = new Float64Array(1024);
  readonly #records: ContainerRecord[] = [];
  readonly #free: number[] = [];
  readonly #ofTask: (ContainerRecord | undefined)[];
  readonly #facts: RecordFacts;

  constructor(taskCount: number, facts: RecordFacts) {
    this.#ofTask = Array.from({ length: taskCount }, () => undefined);
    this.#facts = facts;
  }

  add(task: number, attempt: number, shape: number, node: number): ContainerRecord {
    const index = this.#free.length > 0 ? this.#free.pop()! : this.#grow();
    const record = this.#records[index]!;
    record.reset(task, attempt, shape, node);
    record.next = this.#ofTask[task];
    this.#ofTask[task] = record;
    return record;
  }

  at(index: number): ContainerRecord {
    const record = this.#records[index];
    if (record === undefined || !record.inUse) throw new Error(`container record ${index} is gone while something refers to it`);
    return record;
  }

  /** The latest record of a task; the others follow by {@link ContainerRecord.next}. */
  latestOf(task: number): ContainerRecord | undefined {
    return this.#ofTask[task];
  }

  /** Records of a task, latest first; a copy, so that they may be freed on the way. */
  of(task: number): ContainerRecord[] {
    const found: ContainerRecord[] = [];
    for (let record = this.#ofTask[task]; record !== undefined; record = record.next) found.push(record);
    return found;
  }

  /** The record in the cache, or being created, that has the name of an attempt. */
  cached(task: number, attempt: number): ContainerRecord | undefined {
    for (let record = this.#ofTask[task]; record !== undefined; record = record.next) if (record.cached && record.attempt === attempt) return record;
    return undefined;
  }

  /** Whether the task has no other record. */
  alone(record: ContainerRecord): boolean {
    return record.next === undefined && this.#ofTask[record.task] === record;
  }

  /** Another record of the same swarm id that satisfies the condition. */
  other(record: ContainerRecord, condition: (other: ContainerRecord) => boolean): ContainerRecord | undefined {
    for (let other = this.#ofTask[record.task]; other !== undefined; other = other.next) {
      if (other !== record && other.attempt === record.attempt && condition(other)) return other;
    }
    return undefined;
  }

  /** Forgets the record if neither engine nor manager nor anything under way refers to it. */
  release(record: ContainerRecord): void {
    if (record.cached || record.row >= 0 || record.open !== 0 || record.inFlight > 0 || record.pins > 0) return;
    if (!record.inUse) return;
    record.inUse = false;
    this.#free.push(record.index);
    if (this.#ofTask[record.task] === record) {
      this.#ofTask[record.task] = record.next;
      return;
    }
    for (let before = this.#ofTask[record.task]; before !== undefined; before = before.next) {
      if (before.next === record) before.next = record.next;
    }
  }

  /** All records, for invariants. */
  all(): ContainerRecord[] {
    return this.#records.filter(({ inUse }) => inUse);
  }

  #grow(): number {
    const index = this.#records.push(new ContainerRecord(this.#records.length, this.#facts)) - 1;
    if (index === this.openedUs.length) this.openedUs = grown64(this.openedUs);
    return index;
  }
}
