import type { Workload } from '../workload/workload.ts';
import type { CellValue } from './cell-value.ts';
import { ExactSums } from './exact-sum.ts';
import type { Instances } from './instances.ts';
import { type Collector, RAN, RecordKind } from './log.ts';
import { MachineState } from '../world/world-observer.ts';
import { remainingUs, type Window } from './window.ts';

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
export class ServiceRoutes implements Collector {
  readonly #workload: Workload;
  readonly #instances: Instances;
  readonly #window: Window;
  readonly #machines: number;
  /** Of services only, by task x machines + machine; gone when neither instance nor route is left. */
  readonly #backends = new Map<number, Backend>();
  /** 0: stale, 1: unrouted, microseconds. */
  readonly #sums = new ExactSums(2);
  #routed = false;

  constructor(workload: Workload, instances: Instances, machines: number, window: Window) {
    this.#workload = workload;
    this.#instances = instances;
    this.#machines = machines;
    this.#window = window;
  }

  record(timeUs: number, kind: RecordKind, a: number, b: number, c: number): void {
    switch (kind) {
      case RecordKind.start:
        if (this.#isService(a)) this.#change(timeUs, a, b, 1, 0);
        break;
      case RecordKind.end:
        if (c >= RAN && this.#isService(a)) this.#change(timeUs, a, b, -1, 0);
        break;
      case RecordKind.route:
        this.#routed = true;
        this.#change(timeUs, a, b, 0, 1);
        break;
      case RecordKind.unroute:
        this.#change(timeUs, a, b, 0, -1);
        break;
      case RecordKind.machine:
        this.#machine(timeUs, a);
        break;
      default:
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

  #isService(task: number): boolean {
    return this.#workload.isService[this.#workload.shapeOf(task)] === 1;
  }

  #change(timeUs: number, task: number, machine: number, live: number, routes: number): void {
    const key = task * this.#machines + machine;
    let backend = this.#backends.get(key);
    if (backend === undefined) {
      backend = { live: 0, routes: 0 };
      this.#backends.set(key, backend);
    }
    const reachable = this.#instances.reachable(machine);
    this.#count(timeUs, backend, reachable, -1);
    backend.live += live;
    backend.routes += routes;
    this.#count(timeUs, backend, reachable, 1);
    if (backend.live === 0 && backend.routes === 0) this.#backends.delete(key);
  }

  #machine(timeUs: number, machine: number): void {
    const instances = this.#instances;
    const now = instances.reachable(machine);
    if (now === (instances.previousState[machine] === MachineState.up)) return;
    for (const [key, backend] of this.#backends) {
      if (key % this.#machines !== machine) continue;
      this.#count(timeUs, backend, !now, -1);
      this.#count(timeUs, backend, now, 1);
    }
  }

  #count(timeUs: number, { live, routes }: Backend, reachable: boolean, sign: number): void {
    const answers = live > 0 && reachable;
    if (routes > 0 && !answers) this.#sums.add(0, sign * remainingUs(this.#window, timeUs));
    else if (routes === 0 && answers) this.#sums.add(1, sign * remainingUs(this.#window, timeUs));
  }
}

const SECOND_US = 1e6;
