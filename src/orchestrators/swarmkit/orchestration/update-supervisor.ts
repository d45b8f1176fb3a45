import type { Simulation } from '../../../engine/simulation.ts';
import type { NodeDescription } from '../scheduler/node-set.ts';
import type { Service } from '../store/service.ts';
import type { Store } from '../store/store.ts';
import type { Task } from '../store/task.ts';
import { TaskState } from '../task-state.ts';
import { isTaskDirty } from './dirty-task.ts';
import type { IndexOf } from './new-task.ts';
import type { RestartSupervisor } from './restart-supervisor.ts';
import { Updater } from './updater.ts';

/** What updaters share. */
export interface UpdaterParts {
  readonly simulation: Simulation;
  readonly store: Store;
  readonly restarts: RestartSupervisor;
  readonly nodes: readonly NodeDescription[];
  readonly indexOf: IndexOf;
  /** Calls an updater back after a time. */
  after(delayUs: number, callback: () => void): void;
}

/** One updater per service at most; a service that changes again ends the one before (manager/orchestrator/update/updater.go, Supervisor). Leader's memory. */
export class UpdateSupervisor {
  readonly #parts: UpdaterParts;
  readonly #updaters = new Map<Service, Updater>();
  readonly #callbacks = new Map<number, () => void>();
  #callbackCount = 0;

  constructor(simulation: Simulation, store: Store, restarts: RestartSupervisor, nodes: readonly NodeDescription[], indexOf: IndexOf) {
    const operation = simulation.on('swarmkit/manager', (id) => {
      const callback = this.#callbacks.get(id)!;
      this.#callbacks.delete(id);
      callback();
    });
    const after = (delayUs: number, callback: () => void): void => {
      const id = this.#callbackCount++;
      this.#callbacks.set(id, callback);
      simulation.after(delayUs, operation, id);
    };
    this.#parts = { simulation, store, restarts, nodes, indexOf, after };
  }

  /** Brings these slots of a service to its present specification, at the pace that its update configuration sets. */
  update(service: Service, slots: readonly (readonly Task[])[]): void {
    const running = this.#updaters.get(service);
    if (running !== undefined) {
      if (running.spec === service.spec) return;
      running.cancel();
      this.#updaters.delete(service);
    }
    if (service.updateState === 'paused' || service.updateState === 'rollback_paused') return;
    const dirty = slots.filter((slot) => slot.length > 1 || isTaskDirty(service, slot[0]!, this.#parts.nodes));
    if (dirty.length === 0) {
      if (service.updateState === 'updating' || service.updateState === 'rollback_started') this.#complete(service);
      return;
    }
    const updater = new Updater(this.#parts, service, dirty, (finished) => {
      if (this.#updaters.get(service) === updater) this.#updaters.delete(service);
      if (finished) this.#complete(service);
    });
    this.#updaters.set(service, updater);
    updater.run();
  }

  taskUpdated(task: Task, stateBefore: TaskState): void {
    if (this.#updaters.size > 0 && task.state !== stateBefore && task.state >= TaskState.running) this.#updaters.get(task.service)?.observed(task);
  }

  serviceDeleted(service: Service): void {
    this.#updaters.get(service)?.cancel();
    this.#updaters.delete(service);
  }

  #complete(service: Service): void {
    this.#parts.store.write(1, () => {
      if (service.updateState === 'updating') service.updateState = 'completed';
      else if (service.updateState === 'rollback_started') service.updateState = 'rollback_completed';
    });
  }
}
