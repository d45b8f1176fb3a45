import { Loop } from '../../../engine/loop.ts';
import { entityOf } from '../../../engine/random/keyed-random.ts';
import { FixedSchedule } from '../../../engine/tick-schedule.ts';
import { RecordKind } from '../../../metrics/log.ts';
import type { OrchestratorContext } from '../../orchestrator.ts';
import type { ServiceDiscovery } from '../service-discovery.ts';
import type { TaskTable } from '../task-table.ts';

export interface MesosDnsTimes {
  readonly refreshUs: number;
  readonly ttlUs: number;
}

/** A task of a service and whether it should be listed. */
interface Listing {
  readonly task: number;
  readonly agent: number;
  listed: boolean;
}

const REFRESH_PHASE = 71;
const CLIENT_PHASE = 72;

/**
 * Mesos-DNS (mesosphere/mesos-dns 0.9, records/generator.go, main.go): polls the master's state at a fixed interval and lists the running tasks of services; clients ask again when the answer that they
 * have kept has reached its time to live. What clients of one service see changes at the first end of a time to live after the poll that notices, at a phase keyed by the service: so
 * a dead instance is used for U[0, refresh) + U[0, ttl) after the master has come to know.
 */
export class MesosDns implements ServiceDiscovery {
  readonly #context: OrchestratorContext;
  readonly #tasks: TaskTable;
  readonly #ttlUs: number;
  readonly #loop: Loop;
  /** Tasks that have changed since the last poll, by their launch number. */
  readonly #changed = new Map<number, Listing>();
  /** Tasks that the last poll listed. */
  readonly #listed = new Set<number>();
  readonly #seenOp: number;

  constructor(context: OrchestratorContext, tasks: TaskTable, { refreshUs, ttlUs }: MesosDnsTimes) {
    this.#context = context;
    this.#tasks = tasks;
    this.#ttlUs = ttlUs;
    const { simulation, random } = context;
    const component = 'mesos/mesos-dns';
    this.#seenOp = simulation.on(component, (task, agent, listed) => context.log.record(listed === 1 ? RecordKind.route : RecordKind.unroute, task, agent));
    this.#loop = new Loop(simulation, component, () => this.#poll());
    this.#loop.start(new FixedSchedule(Math.floor(random.u(entityOf(component), 0, REFRESH_PHASE) * refreshUs), refreshUs), false);
  }

  taskRunning(row: number): void {
    if (this.#context.workload.isService[this.#tasks.shape[row]!] === 1) this.#change(row, true);
  }

  taskGone(row: number): void {
    const id = this.#tasks.id[row]!;
    if (this.#listed.has(id) || this.#changed.has(id)) this.#change(row, false);
  }

  #change(row: number, listed: boolean): void {
    this.#changed.set(this.#tasks.id[row]!, { task: this.#tasks.task[row]!, agent: this.#tasks.agent[row]!, listed });
    this.#loop.wake();
  }

  #poll(): boolean {
    for (const [id, { task, agent, listed }] of this.#changed) {
      // Began and ended between two polls, or came back.
      if (listed === this.#listed.has(id)) continue;
      if (listed) this.#listed.add(id);
      else this.#listed.delete(id);
      this.#context.simulation.at(this.#nextQueryUs(task), this.#seenOp, task, agent, listed ? 1 : 0);
    }
    this.#changed.clear();
    return false;
  }

  /** When clients of a task's service ask next. */
  #nextQueryUs(task: number): number {
    const { simulation, random, workload } = this.#context;
    if (this.#ttlUs === 0) return simulation.nowUs;
    const phaseUs = Math.floor(random.u(workload.columns.jobKey[workload.jobOf(task)]!, 0, CLIENT_PHASE) * this.#ttlUs);
    return phaseUs + Math.ceil((simulation.nowUs - phaseUs) / this.#ttlUs) * this.#ttlUs;
  }
}
