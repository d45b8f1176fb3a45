import type { Simulation } from '../../../engine/simulation.ts';
import { type Log, RecordKind } from '../../../metrics/log.ts';
import type { PodTable } from '../apiserver/pod-table.ts';
import type { LifecyclePlugins } from './lifecycle-plugins.ts';
import type { NodeChoice } from './node-choice.ts';
import type { PendingPods } from './pending-pods.ts';
import type { Preemptor } from './preemptor.ts';
import type { SchedulerCache } from './scheduler-cache.ts';
import type { WaitingPods } from './waiting-pods.ts';

/** Pods that come onto nodes and leave them in the scheduler's cache, with all who have to hear of it. */
export class Placements {
  /** Pods that the cache counts on nodes. */
  count = 0;
  readonly #simulation: Simulation;
  readonly #log: Log;
  readonly #table: PodTable;
  readonly #pending: PendingPods;
  readonly #machineOf: Int32Array;
  readonly #cache: SchedulerCache;
  readonly #choice: NodeChoice;
  readonly #preemptor: Preemptor;
  readonly #waiting: WaitingPods;
  readonly #plugins: LifecyclePlugins;

  constructor(
    parts: { readonly simulation: Simulation; readonly log: Log; readonly pending: PendingPods; readonly machineOf: Int32Array },
    cache: SchedulerCache,
    choice: NodeChoice,
    preemptor: Preemptor,
    waiting: WaitingPods,
    plugins: LifecyclePlugins,
  ) {
    this.#simulation = parts.simulation;
    this.#log = parts.log;
    this.#table = parts.pending.table;
    this.#pending = parts.pending;
    this.#machineOf = parts.machineOf;
    this.#cache = cache;
    this.#choice = choice;
    this.#preemptor = preemptor;
    this.#waiting = waiting;
    this.#plugins = plugins;
  }

  /** The cache counts the pod on the node from now on. Those who wait for its coming are told by {@link WaitingPods.podChanged}. */
  put(pod: number, row: number): void {
    const spec = this.#pending.templates[this.#table.template[pod]!]!;
    this.#cache.assume(pod, spec, row, this.#simulation.nowUs, this.#pending.groupOf(pod));
    this.count++;
    this.touch(row);
    this.#log.record(RecordKind.bind, this.#table.task[pod]!, this.#machineOf[row]!);
  }

  /** Takes a pod off its node, if it is on one. */
  take(pod: number): void {
    const { pods } = this.#cache;
    if (!pods.isPlaced(pod)) return;
    const row = pods.row[pod]!;
    const spec = pods.spec(pod);
    this.#cache.forget(pod);
    this.count--;
    this.touch(row);
    this.#log.record(RecordKind.release, this.#table.task[pod]!, this.#machineOf[row]!);
    this.#plugins.unreserve(pod, spec, row);
    this.#waiting.nodeImproved(row, spec);
  }

  /** What is remembered about the node has to be looked at again. */
  touch(row: number): void {
    this.#choice.touch(row);
    this.#preemptor.touch(row);
  }
}
