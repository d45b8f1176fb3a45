import type { CellValue } from './cell-value.ts';
import { ExactSums } from './exact-sum.ts';
import type { Instances } from './instances.ts';
import type { Moment } from './moment.ts';
import { MachineState } from '../world/world-observer.ts';

/** What clients of a service see of one machine: instances there that run, and routes that lead there. */
interface Backend {
  live: number;
  routes: number;
}

/**
 * The family *routes*: the view of services that their clients use (DNS records, endpoints, a load balancer's table) against the truth. Stale: a route to a machine
 * on which no instance of the task runs, or that cannot be reached. Unrouted: a running, reachable instance that no route leads to. Routes are per (task, machine): an instance
 * restarted in place keeps them. It must hear each record after {@link Instances}.
 */
export class ServiceRoutes {
  readonly #instances: Instances;
  readonly #moment: Moment;
  /** Of services only, per machine by task; gone when neither instance nor route is left. */
  readonly #backends: (Map<number, Backend> | undefined)[];
  /** 0: stale, 1: unrouted, microseconds. */
  readonly #sums = new ExactSums(2);
  #routed = false;

  constructor(instances: Instances, machines: number, moment: Moment) {
    this.#instances = instances;
    this.#backends = Array.from({ length: machines }, () => undefined);
    this.#moment = moment;
  }

  /** An instance of a service has begun to work. */
  start(task: number, machine: number): void {
    this.#change(task, machine, 1, 0);
  }

  /** One that had begun to work has ended. */
  end(task: number, machine: number): void {
    this.#change(task, machine, -1, 0);
  }

  route(task: number, machine: number): void {
    this.#routed = true;
    this.#change(task, machine, 0, 1);
  }

  unroute(task: number, machine: number): void {
    this.#change(task, machine, 0, -1);
  }

  machineChanged(machine: number): void {
    const instances = this.#instances;
    const now = instances.reachable(machine);
    if (now === (instances.previousState[machine] === MachineState.up)) return;
    for (const backend of this.#backends[machine]?.values() ?? []) {
      this.#count(backend, !now, -1);
      this.#count(backend, now, 1);
    }
  }

  /** Service tasks x time for which clients were sent to where nothing answers; `null` = the system has no such view. */
  staleS(): CellValue {
    return this.#routed ? this.#sums.value(0) / SECOND_US : null;
  }

  /** Service tasks x time for which an instance ran and answered, and no client was sent to it. */
  unroutedS(): CellValue {
    return this.#routed ? this.#sums.value(1) / SECOND_US : null;
  }

  #change(task: number, machine: number, live: number, routes: number): void {
    const backends = (this.#backends[machine] ??= new Map<number, Backend>());
    let backend = backends.get(task);
    if (backend === undefined) {
      backend = { live: 0, routes: 0 };
      backends.set(task, backend);
    }
    const reachable = this.#instances.reachable(machine);
    this.#count(backend, reachable, -1);
    backend.live += live;
    backend.routes += routes;
    this.#count(backend, reachable, 1);
    if (backend.live === 0 && backend.routes === 0) backends.delete(task);
  }

  #count({ live, routes }: Backend, reachable: boolean, sign: number): void {
    const answers = live > 0 && reachable;
    if (routes > 0 && !answers) this.#sums.add(0, sign * this.#moment.remainingUs);
    else if (routes === 0 && answers) this.#sums.add(1, sign * this.#moment.remainingUs);
  }
}

const SECOND_US = 1e6;
