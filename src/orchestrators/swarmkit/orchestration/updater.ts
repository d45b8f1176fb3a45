import type { Service } from '../store/service.ts';
import { isGlobal, type ServiceSpec, type UpdateConfig } from '../store/service-spec.ts';
import type { Task } from '../store/task.ts';
import { TaskState } from '../task-state.ts';
import { isTaskDirty } from './dirty-task.ts';
import { newTask } from './new-task.ts';
import type { UpdaterParts } from './update-supervisor.ts';

/** Added to a delay that is not shorter than the monitoring period (updater.go, Run). */
const BEYOND_DELAY_US = 1_000_000;

/**
 * One rolling update: workers take one dirty slot after the other, wait until its new task runs (for ever, if need be) and then for the delay; tasks that end too early pause the update or
 * roll it back (manager/orchestrator/update/updater.go, Updater).
 */
export class Updater {
  readonly spec: ServiceSpec;
  readonly #parts: UpdaterParts;
  readonly #service: Service;
  readonly #slots: readonly (readonly Task[])[];
  readonly #config: UpdateConfig;
  readonly #finished: (completely: boolean) => void;
  /** When each task of this update reached RUNNING; -1 = not yet. */
  readonly #updated = new Map<Task, number>();
  /** What a worker does once its new task runs. */
  readonly #waiting = new Map<Task, () => void>();
  readonly #failed = new Set<Task>();
  /** Ended while the last workers were busy: nobody looks at failures then (updater.go, Run waits for its workers). */
  readonly #unseen: Task[] = [];
  /** How long after its start the end of a task counts; longer in the last period of monitoring. */
  #limitUs: number;
  #monitoring = false;
  #over = false;
  #next = 0;
  #workers = 0;
  /** No further slot is taken: paused, rolled back or cancelled. */
  #stopped = false;
  #cancelled = false;

  /** @param finished called when nothing is left to do or watch; `completely` = it was not stopped */
  constructor(parts: UpdaterParts, service: Service, dirtySlots: readonly (readonly Task[])[], finished: (completely: boolean) => void) {
    this.#parts = parts;
    this.#service = service;
    this.spec = service.spec;
    this.#slots = dirtySlots;
    this.#config = service.updateState === 'rollback_started' ? service.spec.rollback : service.spec.update;
    this.#limitUs = this.#config.monitorUs;
    this.#finished = finished;
  }

  run(): void {
    const service = this.#service;
    if (service.updateState === null) {
      this.#parts.store.write(1, () => {
        service.updateState ??= 'updating';
      });
    }
    const parallelism = this.#config.parallelism === 0 ? this.#slots.length : this.#config.parallelism;
    for (let i = 0; i < parallelism && i < this.#slots.length; i++) this.#work();
  }

  cancel(): void {
    this.#cancelled = true;
    this.#stopped = true;
    this.#waiting.clear();
  }

  /** A task of the service was seen at RUNNING or beyond. */
  observed(task: Task): void {
    const { nowUs } = this.#parts.simulation;
    if (task.state > TaskState.running) this.#ended(task, nowUs);
    const proceed = this.#waiting.get(task);
    if (proceed === undefined) return;
    this.#waiting.delete(task);
    this.#updated.set(task, nowUs);
    proceed();
  }

  #work(): void {
    if (this.#stopped || this.#next === this.#slots.length) return;
    const slot = this.#slots[this.#next++]!;
    this.#workers++;
    const clean = slot.filter((task) => !isTaskDirty(this.#service, task, this.#parts.nodes) && task.desired <= TaskState.running);
    const existing = clean.find(({ desired }) => desired === TaskState.running) ?? clean.at(-1);
    if (existing === undefined) this.#replace(slot);
    else this.#keep(slot, existing);
  }

  /** A new task takes the place of those in the slot. */
  #replace(slot: readonly Task[]): void {
    const { store, restarts, indexOf } = this.#parts;
    store.write(1 + slot.length, () => {
      if (this.#cancelled || this.#service.deleted) return;
      const first = slot[0]!;
      const task = newTask(store, indexOf, this.#service, first.slot, isGlobal(this.spec.mode) ? first.node : -1, TaskState.ready);
      if (task === null) {
        this.#slotDone();
        return;
      }
      this.#updated.set(task, -1);
      store.createTask(task);
      if (this.#config.order === 'start-first') {
        restarts.delayStart(null, task, 0);
        this.#waiting.set(task, () => {
          if (task.state !== TaskState.running) this.#slotDone();
          else {
            store.write(slot.length, () => {
              if (!this.#cancelled) this.#shutDown(slot);
              this.#slotDone();
            });
          }
        });
      } else {
        restarts.delayStart(this.#shutDown(slot), task, 0);
        this.#waiting.set(task, () => this.#slotDone());
      }
    });
  }

  /** A task of the slot is what the service wants already: the others go. */
  #keep(slot: readonly Task[], existing: Task): void {
    const { store, restarts } = this.#parts;
    const others = slot.filter((task) => task !== existing);
    store.write(others.length, () => {
      if (this.#cancelled) return;
      const old = this.#shutDown(others);
      if (existing.desired < TaskState.running && !restarts.waiting(existing)) restarts.delayStart(old, existing, 0);
      this.#slotDone();
    });
  }

  /** @returns one of the tasks that were shut down */
  #shutDown(tasks: readonly Task[]): Task | null {
    let last: Task | null = null;
    for (const task of tasks) {
      if (task.desired > TaskState.running || task.deleted) continue;
      this.#parts.store.setDesired(task, TaskState.shutdown);
      last = task;
    }
    return last;
  }

  #slotDone(): void {
    if (this.#cancelled) return;
    const free = (): void => {
      this.#workers--;
      if (this.#cancelled) return;
      if (!this.#stopped && this.#next < this.#slots.length) this.#work();
      else if (this.#workers === 0) this.#monitor();
    };
    if (this.#config.delayUs > 0) this.#parts.after(this.#config.delayUs, free);
    else free();
  }

  /** All slots are done: failures are watched for one more period, those first that happened meanwhile. */
  #monitor(): void {
    if (this.#stopped) {
      this.#end(false);
      return;
    }
    const { delayUs, monitorUs } = this.#config;
    this.#monitoring = true;
    this.#limitUs = delayUs >= monitorUs ? delayUs + BEYOND_DELAY_US : monitorUs;
    this.#parts.after(this.#limitUs, () => this.#end(true));
    for (const task of this.#unseen) this.#ended(task, this.#parts.simulation.nowUs);
  }

  #end(completely: boolean): void {
    if (this.#cancelled || this.#over) return;
    this.#over = true;
    this.#finished(completely);
  }

  #ended(task: Task, nowUs: number): void {
    const { failureAction, maxFailureRatio } = this.#config;
    const startedUs = this.#updated.get(task);
    if (failureAction === 'continue' || this.#stopped || startedUs === undefined || this.#failed.has(task)) return;
    if (!this.#monitoring && this.#next === this.#slots.length) {
      this.#unseen.push(task);
      return;
    }
    if (startedUs >= 0 && nowUs - startedUs > this.#limitUs) return;
    this.#failed.add(task);
    if (this.#failed.size / this.#slots.length <= maxFailureRatio) return;
    this.#stopped = true;
    if (this.#monitoring) this.#end(false);
    const service = this.#service;
    const { store } = this.#parts;
    // A rollback that fails is not rolled back again.
    if (failureAction === 'pause' || service.updateState === 'rollback_started') {
      store.write(1, () => {
        // Changed by its user since this update began.
        if (service.updateState === null) return;
        service.updateState = service.updateState === 'rollback_started' ? 'rollback_paused' : 'paused';
      });
      return;
    }
    store.write(1, () => {
      if (service.deleted || service.updateState === null || service.spec !== this.spec || service.previousSpec === null) return;
      service.updateState = 'rollback_started';
      service.spec = service.previousSpec;
      service.previousSpec = null;
      store.putService(service);
    });
  }
}
