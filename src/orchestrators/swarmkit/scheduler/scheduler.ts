import type { SequentialRandom } from '../../../engine/random/sequential-random.ts';
import type { Simulation } from '../../../engine/simulation.ts';
import { Counter, type Log, RecordKind } from '../../../metrics/log.ts';
import type { Service, WaitingGroup } from '../store/service.ts';
import { MAX_CHANGES_PER_TRANSACTION, type Store } from '../store/store.ts';
import type { Task } from '../store/task.ts';
import { TaskState } from '../task-state.ts';
import { CommitDebounce } from './commit-debounce.ts';
import { GroupPlacement } from './group-placement.ts';
import type { RankingFactory } from './node-ranking.ts';
import { Availability, type NodeDescription, NodeSet, NodeStatus } from './node-set.ts';
import { noSuitableNode, Pipeline } from './pipeline.ts';
import { sortKey, type TaskGroup } from './task-group.ts';
import { TaskQueue } from './task-queue.ts';
import { EMPTY_TASK_SPEC } from './task-spec.ts';

/** Time that decisions take. */
export interface SchedulingTime {
  readonly taskUs: number;
  readonly nodeUs: number;
}

/** What the scheduler thinks of a node for a task. */
export interface NodeVerdict {
  readonly node: number;
  /** In the words of the filter that refuses it; `null` = it passes. */
  readonly refusal: string | null;
  /** Recent failures, active tasks of the service, active tasks. */
  readonly key: readonly [number, number, number];
}

/** The scheduler's loop (manager/scheduler/scheduler.go): collects what changed, and decides in passes. All it knows is rebuilt from the store, but for recent failures. */
export class Scheduler {
  readonly nodes: NodeSet;
  /** Called for each task that a pass is about, if anybody wants to know: before it is committed to the node that was chosen for it, -1 = there was none. */
  deciding: ((task: Task, node: number) => void) | null = null;
  readonly #simulation: Simulation;
  readonly #store: Store;
  readonly #log: Log;
  readonly #time: SchedulingTime;
  readonly #random: SequentialRandom;
  readonly #placement: GroupPlacement;
  readonly #queue: TaskQueue;
  readonly #debounce: CommitDebounce;
  /** Services of which tasks of an old version wait. */
  readonly #updated = new Set<Service>();
  readonly #preassigned = new Set<Task>();
  #tickRequired = false;
  /** A batch of decisions is on its way to the store. */
  #busy = false;
  #passDue = false;
  /** Decided, not committed yet: the first {@link #decidedCount}. */
  readonly #decided: Task[] = [];
  #decidedCount = 0;
  /** The group that is being decided, and how many of its tasks have found a node. */
  #deciding: WaitingGroup | null = null;
  #placed = 0;
  /** The group as placement takes it: one object for all. */
  readonly #asked = { service: 0, specVersion: 0, spec: EMPTY_TASK_SPEC, count: 0 };
  readonly #decidedOp: number;

  constructor(simulation: Simulation, store: Store, log: Log, descriptions: readonly NodeDescription[], random: SequentialRandom, Ranking: RankingFactory, time: SchedulingTime) {
    this.#simulation = simulation;
    this.#store = store;
    this.#log = log;
    this.#time = time;
    this.#random = random;
    this.nodes = new NodeSet(descriptions);
    this.#placement = new GroupPlacement(this.nodes, random, Ranking);
    this.#queue = new TaskQueue(log);
    this.#debounce = new CommitDebounce(simulation, () => this.#pass());
    this.#decidedOp = simulation.on('swarmkit/manager', () => this.#commitDecisions());
  }

  /** Why a task waits, from the scheduler's own pipeline over all nodes. */
  explanation(task: Task): string {
    const pipeline = new Pipeline(this.nodes, task.spec.task, task.service.job);
    if (task.preassigned) return pipeline.process(task.node) ? '' : pipeline.explain();
    let feasible = false;
    for (let node = 0; node < this.nodes.count; node++) feasible = pipeline.process(node) || feasible;
    return feasible ? '' : noSuitableNode(pipeline.explain());
  }

  /** What the filters say of each node for a task, with the three quantities that order those that pass. */
  verdicts(task: Task): NodeVerdict[] {
    const pipeline = new Pipeline(this.nodes, task.spec.task, task.service.job);
    const group: TaskGroup = { service: task.service.job, specVersion: task.spec.version, spec: task.spec.task, count: 1 };
    return this.#concerned(task).map((node) => ({ node, refusal: pipeline.refusal(node)?.explain(1) ?? null, key: sortKey(this.nodes, group, node, this.#simulation.nowUs) }));
  }

  /** How many nodes each filter refuses for a task, whether others pass or not; '' = none. */
  refusals(task: Task): string {
    const pipeline = new Pipeline(this.nodes, task.spec.task, task.service.job);
    for (const node of this.#concerned(task)) if (pipeline.refusal(node) !== null) pipeline.process(node);
    return pipeline.explain();
  }

  #concerned(task: Task): readonly number[] {
    return task.preassigned ? [task.node] : Array.from({ length: this.nodes.count }, (_, node) => node);
  }

  taskUpdated(task: Task, stateBefore: TaskState): void {
    const { state } = task;
    if (state < TaskState.pending) return;
    if (state > TaskState.running) {
      if (stateBefore > TaskState.running) return;
      if ((state === TaskState.failed || state === TaskState.rejected) && task.held && !task.preassigned) {
        this.nodes.failures.record(task.service.job, task.spec.version, task.chosen, this.#simulation.nowUs);
      }
      this.#forget(task);
      this.#tickRequired = true;
    } else if (task.held) {
      if (task.counted && task.desired > TaskState.complete) {
        task.counted = false;
        this.nodes.deactivate(task.chosen, task.service.job);
      }
    } else if (task.node < 0) {
      this.#queue.add(task);
      this.#tickRequired = true;
    } else if (state === TaskState.pending) this.#preassigned.add(task);
  }

  taskDeleted(task: Task): void {
    if (task.held) this.#tickRequired = true;
    this.#forget(task);
  }

  nodeUpdated(node: number): void {
    this.nodes.setStatus(node, this.#store.status[node] as NodeStatus);
    this.nodes.setAvailability(node, this.#store.availability[node] as Availability);
    this.#tickRequired = true;
  }

  serviceChanged(service: Service): void {
    if (service.waiting.length > 0 && service.waiting.some(({ version }) => version < service.spec.version)) this.#updated.add(service);
  }

  serviceDeleted(service: Service): void {
    this.#updated.delete(service);
    for (let version = 0; version <= service.latestVersion; version++) this.nodes.failures.forget(service.job, version);
  }

  committed(): void {
    this.#debounce.committed((this.#tickRequired && this.#queue.size > 0) || this.#preassigned.size > 0);
  }

  /** Broken invariants of the scheduler's books, in words. */
  invariants(): string[] {
    const broken: string[] = [];
    const nanoCpus = Float64Array.from(this.nodes.descriptions, (node) => node.nanoCpus);
    const memoryBytes = Float64Array.from(this.nodes.descriptions, (node) => node.memoryBytes);
    const active = new Int32Array(this.nodes.count);
    for (const tasks of this.#store.tasksOn) {
      for (const task of tasks) {
        if (!task.held) {
          if (task.state >= TaskState.assigned && task.state <= TaskState.running) broken.push(`task ${task.id} is assigned and holds nothing`);
          continue;
        }
        nanoCpus[task.chosen]! -= task.spec.task.nanoCpus;
        memoryBytes[task.chosen]! -= task.spec.task.memoryBytes;
        if (task.counted) active[task.chosen]!++;
      }
    }
    // Decisions on their way to the store hold as well.
    for (const task of this.#decided.slice(0, this.#decidedCount)) {
      if (!task.held || task.node >= 0) continue;
      nanoCpus[task.chosen]! -= task.spec.task.nanoCpus;
      memoryBytes[task.chosen]! -= task.spec.task.memoryBytes;
      if (task.counted) active[task.chosen]!++;
    }
    this.nodes.descriptions.forEach(({ hostname }, node) => {
      if (nanoCpus[node] !== this.nodes.availableNanoCpus[node] || memoryBytes[node] !== this.nodes.availableMemoryBytes[node]) broken.push(`${hostname}: tasks do not add up to what is reserved`);
      if (active[node] !== this.nodes.activeTasks[node]) broken.push(`${hostname}: ${active[node]} active tasks, ${this.nodes.activeTasks[node]} are counted`);
      if (this.nodes.availableNanoCpus[node]! < 0 || this.nodes.availableMemoryBytes[node]! < 0) broken.push(`${hostname}: more is reserved than there is`);
    });
    return broken;
  }

  #pass(): void {
    if (this.#busy) {
      this.#passDue = true;
      return;
    }
    let timeUs = this.#checkPreassigned();
    if (this.#tickRequired) timeUs += this.#tick();
    this.#tickRequired = false;
    if (timeUs === 0 && this.#decidedCount === 0) return;
    this.#log.count(Counter.cycles);
    this.#log.count(Counter.decisionUs, timeUs);
    this.#busy = true;
    this.#simulation.after(Math.round(timeUs), this.#decidedOp);
  }

  #commitDecisions(): void {
    this.#store.writeTransactions(Math.ceil(this.#decidedCount / MAX_CHANGES_PER_TRANSACTION), this.#assignDecided);
  }

  readonly #assignDecided = (): void => {
    const count = this.#decidedCount;
    this.#busy = false;
    this.#decidedCount = 0;
    for (let i = 0; i < count; i++) {
      const task = this.#decided[i]!;
      if (task.deleted) this.#forget(task);
      else if (task.preassigned) this.#store.setState(task, TaskState.assigned);
      else this.#store.assign(task, task.chosen);
    }
    if (this.#passDue) {
      this.#passDue = false;
      this.#pass();
    }
  };

  /** @returns the time that it took */
  #checkPreassigned(): number {
    let timeUs = 0;
    for (const task of this.#preassigned) {
      this.#log.count(Counter.decisions);
      timeUs += this.#time.taskUs;
      const passes = new Pipeline(this.nodes, task.spec.task, task.service.job).process(task.node);
      this.deciding?.(task, passes ? task.node : -1);
      if (!passes) continue;
      this.#preassigned.delete(task);
      this.#hold(task, task.node);
    }
    return timeUs;
  }

  /** Decides all groups that wait, in random order. @returns the time that it took */
  #tick(): number {
    const before = this.#placement.looked;
    const nowUs = this.#simulation.nowUs;
    let groups = 0;
    // Of each kind, the groups up to `left` are still to be decided.
    const { kinds } = this.#queue;
    let left = 0;
    for (let i = 0; i < kinds.length; i++) {
      const kind = kinds[i]!;
      kind.left = kind.groups.length;
      left += kind.left;
    }
    const total = left;
    while (left > 0) {
      let r = left === 1 ? 0 : this.#random.below(left);
      let i = 0;
      while (r >= kinds[i]!.left) r -= kinds[i++]!.left;
      const kind = kinds[i]!;
      // Nodes only fill up during a pass: once there is none for one group, there is none for the others of its kind.
      if (this.#placement.hopeless(kind.spec)) {
        if (this.deciding !== null) for (const group of kind.groups.slice(0, kind.left)) for (const task of group.tasks) this.deciding(task, -1);
        left -= kind.left;
        kind.left = 0;
        continue;
      }
      left--;
      kind.left--;
      const group = kind.groups[r]!;
      const last = kind.groups[kind.left]!;
      kind.groups[r] = last;
      last.at = r;
      kind.groups[kind.left] = group;
      group.at = kind.left;
      this.#decide(group, nowUs);
      groups++;
    }
    if (this.#updated.size > 0) this.#dropOutdated();
    const decided = this.#decidedCount;
    this.#log.count(Counter.decisions, Math.max(groups, decided));
    this.#log.count(Counter.machinesScored, this.#placement.looked - before);
    // The real scheduler goes over all nodes for each group, hopeless or not.
    return decided * this.#time.taskUs + total * this.nodes.count * this.#time.nodeUs;
  }

  #decide(group: WaitingGroup, nowUs: number): void {
    const { service, version, spec, tasks } = group;
    this.#deciding = group;
    this.#placed = 0;
    const asked = this.#asked;
    asked.service = service.job;
    asked.specVersion = version;
    asked.spec = spec;
    asked.count = tasks.length;
    this.#placement.place(asked, nowUs, this.#place);
    const placed = this.#placed;
    if (this.deciding !== null) for (const task of tasks.slice(placed)) this.deciding(task, -1);
    if (placed > 0) this.#queue.placed(group, placed);
  }

  readonly #place = (node: number): void => {
    const task = this.#deciding!.tasks[this.#placed++]!;
    this.deciding?.(task, node);
    this.#hold(task, node);
  };

  /** Tasks that found no node wait on; those of an old version that are not wanted any more are done with (noSuitableNode). */
  #dropOutdated(): void {
    for (const service of this.#updated) {
      for (const { version, tasks } of service.waiting.slice()) {
        if (service.spec.version <= version) continue;
        for (const task of tasks.slice()) {
          if (task.desired < TaskState.shutdown) continue;
          this.#queue.remove(task);
          this.#store.write(1, () => this.#store.setState(task, TaskState.shutdown));
        }
      }
      if (service.waiting.every(({ version }) => version === service.spec.version)) this.#updated.delete(service);
    }
  }

  #hold(task: Task, node: number): void {
    task.held = true;
    task.counted = task.desired <= TaskState.complete;
    task.chosen = node;
    task.claims = this.nodes.add(node, task.service.job, task.spec.task, task.counted);
    this.#decided[this.#decidedCount++] = task;
    this.#log.record(RecordKind.bind, task.index, node);
  }

  #forget(task: Task): void {
    if (task.queued) this.#queue.remove(task);
    if (this.#preassigned.size > 0) this.#preassigned.delete(task);
    if (!task.held) return;
    task.held = false;
    this.nodes.remove(task.chosen, task.service.job, task.spec.task, task.counted, task.claims);
    task.counted = false;
    this.#log.record(RecordKind.release, task.index, task.chosen);
  }
}
