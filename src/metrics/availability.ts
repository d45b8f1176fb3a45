import { MachineState } from '../world/world-observer.ts';
import type { CellValue } from './cell-value.ts';
import { ExactSums } from './exact-sum.ts';
import type { Instances } from './instances.ts';
import type { Moment } from './moment.ts';
import { TaskCount, TaskFlag, type TaskRows } from './task-rows.ts';

/**
 * Which tasks run where others can reach them: on a machine that is up, not hung and not cut off. Of services, from first start to end, the share of time in which
 * that holds. Recovery asks it; it must hear each record before recovery does.
 */
export class Availability {
  readonly #rows: TaskRows;
  readonly #instances: Instances;
  readonly #moment: Moment;
  /** 0: service time that should be; 1: of it, with a reachable instance. Microseconds. */
  readonly #sums = new ExactSums(2);

  constructor(rows: TaskRows, instances: Instances, moment: Moment) {
    this.#rows = rows;
    this.#instances = instances;
    this.#moment = moment;
  }

  /** @param due the task is a service that has started for the first time */
  start(task: number, machine: number, due: boolean): void {
    if (due) {
      this.#rows.setFlag(task, TaskFlag.due, 1);
      this.#sums.add(0, this.#moment.remainingUs);
    }
    if (this.#instances.reachable(machine)) this.#gain(task);
  }

  /** Of an instance that had begun to work. */
  end(task: number, machine: number): void {
    if (this.#instances.reachable(machine)) this.#lose(task);
  }

  done(task: number): void {
    if (this.#rows.flag(task, TaskFlag.due) === 0) return;
    this.#rows.setFlag(task, TaskFlag.due, 0);
    this.#sums.add(0, -this.#moment.remainingUs);
    if (this.reachable(task)) this.#sums.add(1, -this.#moment.remainingUs);
  }

  machineChanged(machine: number): void {
    const instances = this.#instances;
    const now = instances.reachable(machine);
    if (now === (instances.previousState[machine] === MachineState.up)) return;
    for (let row = instances.first(machine); row >= 0; row = instances.next(row)) {
      if (now) this.#gain(instances.taskOf(row));
      else this.#lose(instances.taskOf(row));
    }
  }

  /** Whether an instance of the task runs on a machine that is up. */
  reachable(task: number): boolean {
    return this.#rows.count(task, TaskCount.reachable) > 0;
  }

  /** `null` = no service has started. */
  ofServices(): CellValue {
    const due = this.#sums.value(0);
    return due === 0 ? null : this.#sums.value(1) / due;
  }

  #gain(task: number): void {
    if (this.#rows.add(task, TaskCount.reachable, 1) === 1 && this.#rows.flag(task, TaskFlag.due) === 1) this.#sums.add(1, this.#moment.remainingUs);
  }

  #lose(task: number): void {
    if (this.#rows.add(task, TaskCount.reachable, -1) === 0 && this.#rows.flag(task, TaskFlag.due) === 1) this.#sums.add(1, -this.#moment.remainingUs);
  }
}
