import type { Workload } from '../workload/workload.ts';
import type { CellValue } from './cell-value.ts';
import { ExactSums } from './exact-sum.ts';
import type { Instances } from './instances.ts';
import { type Collector, RAN, RecordKind } from './log.ts';
import type { TaskStates } from './task-states.ts';
import { remainingUs, type Window } from './window.ts';
import { MachineState } from '../world/world-observer.ts';

/**
 * Which tasks run where others can reach them: on a machine that is up, not hung and not cut off. Of services, from first start to end, the share of time in which
 * that holds. Recovery asks it; it must hear each record before recovery does.
 */
export class Availability implements Collector {
  /** Instances per task on machines that are up. */
  readonly reachable: Uint16Array;
  readonly #workload: Workload;
  readonly #instances: Instances;
  readonly #tasks: TaskStates;
  readonly #window: Window;
  /** 0: service time that should be; 1: of it, with a reachable instance. Microseconds. */
  readonly #sums = new ExactSums(2);
  /** 1 while the task is a service between first start and end. */
  readonly #due: Uint8Array;

  constructor(workload: Workload, instances: Instances, tasks: TaskStates, window: Window) {
    this.#workload = workload;
    this.#instances = instances;
    this.#tasks = tasks;
    this.#window = window;
    this.reachable = new Uint16Array(workload.taskCount);
    this.#due = new Uint8Array(workload.taskCount);
  }

  record(timeUs: number, kind: RecordKind, a: number, b: number, c: number): void {
    if (kind === RecordKind.start) {
      if (this.#tasks.starts[a] === 1 && this.#workload.isService[this.#workload.shapeOf(a)] === 1) {
        this.#due[a] = 1;
        this.#sums.add(0, remainingUs(this.#window, timeUs));
      }
      if (this.#instances.reachable(b)) this.#gain(timeUs, a);
    } else if (kind === RecordKind.end) {
      if (c >= RAN && this.#instances.reachable(b)) this.#lose(timeUs, a);
    } else if (kind === RecordKind.done) {
      if (this.#due[a] === 0) return;
      this.#due[a] = 0;
      this.#sums.add(0, -remainingUs(this.#window, timeUs));
      if (this.reachable[a]! > 0) this.#sums.add(1, -remainingUs(this.#window, timeUs));
    } else if (kind === RecordKind.machine) this.#machine(timeUs, a);
  }

  /** `null` = no service has started. */
  ofServices(): CellValue {
    const due = this.#sums.value(0);
    return due === 0 ? null : this.#sums.value(1) / due;
  }

  #machine(timeUs: number, machine: number): void {
    const instances = this.#instances;
    const now = instances.reachable(machine);
    if (now === (instances.previousState[machine] === MachineState.up)) return;
    for (let row = instances.first(machine); row >= 0; row = instances.next(row)) {
      if (now) this.#gain(timeUs, instances.task[row]!);
      else this.#lose(timeUs, instances.task[row]!);
    }
  }

  #gain(timeUs: number, task: number): void {
    if (this.reachable[task]!++ === 0 && this.#due[task] === 1) this.#sums.add(1, remainingUs(this.#window, timeUs));
  }

  #lose(timeUs: number, task: number): void {
    if (--this.reachable[task]! === 0 && this.#due[task] === 1) this.#sums.add(1, -remainingUs(this.#window, timeUs));
  }
}
