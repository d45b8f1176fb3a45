import type { Workload } from '../../workload/workload.ts';
import { ContainerRecord } from './container-record.ts';

/** All records that anybody still holds, by index and by task. */
export class ContainerRecords {
  readonly #records: (ContainerRecord | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #ofTask: (ContainerRecord | undefined)[];
  readonly #name: (task: number) => string;

  constructor(workload: Workload) {
    this.#ofTask = Array.from({ length: workload.taskCount }, () => undefined);
    this.#name = (task) => workload.taskName(task);
  }

  add(task: number, attempt: number, shape: number, node: number, cpus: number, memoryBytes: number): ContainerRecord {
    const index = this.#free.pop() ?? this.#records.length;
    const record = new ContainerRecord(index, task, attempt, shape, node, cpus, memoryBytes, this.#name);
    this.#records[index] = record;
    record.next = this.#ofTask[task];
    this.#ofTask[task] = record;
    return record;
  }

  at(index: number): ContainerRecord {
    const record = this.#records[index];
    if (record === undefined) throw new Error(`container record ${index} is gone while something refers to it`);
    return record;
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
    if (this.#records[record.index] !== record) return;
    this.#records[record.index] = undefined;
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
    return this.#records.filter((record) => record !== undefined);
  }
}
