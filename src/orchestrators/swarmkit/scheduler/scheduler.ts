import type { SequentialRandom } from '../../../engine/random/sequential-random.ts';
import type { Simulation } from '../../../engine/simulation.ts';
import { Counter, type Log, RecordKind } from '../../../metrics/log.ts';
import { NO_GROUPS, type Service, type WaitingGroup } from '../store/service.ts';
import { MAX_CHANGES_PER_TRANSACTION, type Store } from '../store/store.ts';
import type { Task } from '../store/task.ts';
import { TaskState } from '../task-state.ts';
import { GroupPlacement } from './group-placement.ts';
import type { RankingFactory } from './node-ranking.ts';
import { Availability, type NodeDescription, NodeSet, NodeStatus } from './node-set.ts';
import { noSuitableNode, Pipeline } from './pipeline.ts';
import { sortKey, type TaskGroup } from './task-group.ts';
import type { TaskSpec } from './task-spec.ts';

/** A pass waits until no commit came for this long (scheduler.go, commitDebounceGap), but not longer than the second (maxLatency). */
export const COMMIT_DEBOUNCE_GAP_US = 50_000;
export const MAX_LATENCY_US = 1_000_000;

/** Time that decisions take. */
export interface SchedulingTime {
  readonly taskUs: number;
  readonly nodeUs: number;
}

/** Groups with one specification. */
interface Kind {
  readonly spec: TaskSpec;
  readonly groups: WaitingGroup[];
  /** During a pass: the first so many are still to be decided. */
  left: number;
}

function waitingGroup(service: Service, version: number): WaitingGroup | undefined {
  const { waiting } = service;
  for (let i = 0; i < waiting.length; i++) if (waiting[i]!.version === version) return waiting[i];
  return undefined;
}

/** The scheduler's loop (manager/scheduler/scheduler.go): collects what changed, and decides in passes. All it knows is rebuilt from the store, but for recent failures. */
export class Scheduler {
  readonly nodes: NodeSet;
  /** Called for each task that a pass is about, if anybody wants to know. */
  deciding: ((task: Task) => void) | null = null;
  readonly #simulation: Simulation;
  readonly #store: Store;
  readonly #log: Log;
  readonly #time: SchedulingTime;
  readonly #random: SequentialRandom;
  readonly #placement: GroupPlacement;
  /** Groups that wait, by specification: what is hopeless for one is so for all that share it. */
  readonly #kinds: Kind[] = [];
  readonly #kindOf = new Map<TaskSpec, Kind>();
  #waitingTasks = 0;
  /** Services of which tasks of an old version wait. */
  readonly #updated = new Set<Service>();
  readonly #preassigned = new Set<Task>();
  #tickRequired = false;
  #debouncing = false;
  #debouncingStartedUs = 0;
  #lastCommitUs = 0;
  #timer = -1;
  /** A batch of decisions is on its way to the store. */
  #busy = false;
  #passDue = false;
  /** Decided, not committed yet: the first {@link #decidedCount}. */
  readonly #decided: Task[] = [];
  #decidedCount = 0;
  /** The group that is being decided, and how many of its tasks have found a node. */
  #deciding: WaitingGroup | null = null;
  #placed = 0;
  /** Groups that are done with, to be used again: most services need one for one task and a moment. */
  readonly #spareGroups: WaitingGroup[] = [];
  readonly #timerOp: number;
  readonly #decidedOp: number;

  constructor(simulation: Simulation, store: Store, log: Log, descriptions: readonly NodeDescription[], random: SequentialRandom, Ranking: RankingFactory, time: SchedulingTime) {
    this.#simulation = simulation;
    this.#store = store;
    this.#log = log;
    this.#time = time;
    this.#random = random;
    this.nodes = new NodeSet(descriptions);
    this.#placement = new GroupPlacement(this.nodes, random, Ranking);
    this.#timerOp = simulation.on('swarmkit/manager', () => this.#timeUp());
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
  verdicts(task: Task): { readonly node: number; readonly refusal: string | null; readonly key: readonly [number, number, number] }[] {
    const pipeline = new Pipeline(this.nodes, task.spec.task, task.service.job);
    const group: TaskGroup = { service: task.service.job, specVersion: task.spec.version, spec: task.spec.task, count: 1 };
    const nodes = task.preassigned ? [task.node] : Array.from({ length: this.nodes.count }, (_, node) => node);
    return nodes.map((node) => ({ node, refusal: pipeline.refusal(node)?.explain(1) ?? null, key: sortKey(this.nodes, group, node, this.#simulation.nowUs) }));
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
      this.#enqueue(task);
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
    if (service.waiting.some(({ version }) => version < service.spec.version)) this.#updated.add(service);
  }

  serviceDeleted(service: Service): void {
    this.#updated.delete(service);
    for (let version = 0; version <= service.latestVersion; version++) this.nodes.failures.forget(service.job, version);
  }

  committed(): void {
    const nowUs = this.#simulation.nowUs;
    // With nothing to do the timer is not set; it would have run out by now all the same.
    if (this.#debouncing && this.#timer < 0 && nowUs >= this.#lastCommitUs + COMMIT_DEBOUNCE_GAP_US) this.#debouncing = false;
    if (!this.#debouncing) {
      this.#debouncing = true;
      this.#debouncingStartedUs = nowUs;
      this.#lastCommitUs = nowUs;
    } else if (nowUs - this.#debouncingStartedUs > MAX_LATENCY_US) {
      this.#stopDebouncing();
      this.#pass();
      return;
    } else this.#lastCommitUs = nowUs;
    // Nor is it set for a pass that would find nobody waiting.
    if (this.#timer < 0 && ((this.#tickRequired && this.#waitingTasks > 0) || this.#preassigned.size > 0)) this.#timer = this.#simulation.at(this.#lastCommitUs + COMMIT_DEBOUNCE_GAP_US, this.#timerOp);
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

  #timeUp(): void {
    this.#timer = -1;
    const dueUs = this.#lastCommitUs + COMMIT_DEBOUNCE_GAP_US;
    if (this.#simulation.nowUs < dueUs) {
      this.#timer = this.#simulation.at(dueUs, this.#timerOp);
      return;
    }
    this.#debouncing = false;
    this.#pass();
  }

  #stopDebouncing(): void {
    if (this.#timer >= 0) this.#simulation.cancel(this.#timer);
    this.#timer = -1;
    this.#debouncing = false;
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
      this.deciding?.(task);
      this.#log.count(Counter.decisions);
      timeUs += this.#time.taskUs;
      if (!new Pipeline(this.nodes, task.spec.task, task.service.job).process(task.node)) continue;
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
    const kinds = this.#kinds;
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
        if (this.deciding !== null) for (const group of kind.groups.slice(0, kind.left)) for (const task of group.tasks) this.deciding(task);
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
    if (this.deciding !== null) for (const task of tasks) this.deciding(task);
    this.#deciding = group;
    this.#placed = 0;
    this.#placement.place({ service: service.job, specVersion: version, spec, count: tasks.length }, nowUs, this.#place);
    const placed = this.#placed;
    if (placed === 0) return;
    for (let i = 0; i < placed; i++) tasks[i]!.queued = false;
    // A list that loses its last element this way keeps its room for the next.
    if (tasks.length === 1) tasks.pop();
    else tasks.splice(0, placed);
    this.#left(group, placed);
  }

  readonly #place = (node: number): void => this.#hold(this.#deciding!.tasks[this.#placed++]!, node);

  /** Tasks that found no node wait on; those of an old version that are not wanted any more are done with (noSuitableNode). */
  #dropOutdated(): void {
    for (const service of this.#updated) {
      for (const { version, tasks } of service.waiting.slice()) {
        if (service.spec.version <= version) continue;
        for (const task of tasks.slice()) {
          if (task.desired < TaskState.shutdown) continue;
          this.#dequeue(task);
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
    if (task.queued) this.#dequeue(task);
    if (this.#preassigned.size > 0) this.#preassigned.delete(task);
    if (!task.held) return;
    task.held = false;
    this.nodes.remove(task.chosen, task.service.job, task.spec.task, task.counted, task.claims);
    task.counted = false;
    this.#log.record(RecordKind.release, task.index, task.chosen);
  }

  #enqueue(task: Task): void {
    if (task.queued) return;
    task.queued = true;
    const { service } = task;
    const group = waitingGroup(service, task.spec.version);
    if (group !== undefined) group.tasks.push(task);
    else {
      const spec = task.spec.task;
      let kind = this.#kindOf.get(spec);
      if (kind === undefined) {
        this.#kindOf.set(spec, (kind = { spec, groups: [], left: 0 }));
        this.#kinds.push(kind);
      }
      const first = this.#group(service, task.spec.version, spec);
      first.tasks.push(task);
      first.at = kind.groups.length;
      service.waiting = service.waiting.length === 0 ? first.alone : [...service.waiting, first];
      kind.groups.push(first);
    }
    this.#log.queueDepth(++this.#waitingTasks);
  }

  #group(service: Service, version: number, spec: TaskSpec): WaitingGroup {
    const spare = this.#spareGroups.pop();
    if (spare !== undefined) {
      spare.service = service;
      spare.version = version;
      spare.spec = spec;
      return spare;
    }
    const alone: WaitingGroup[] = [];
    const group: WaitingGroup = { service, version, spec, tasks: [], alone, at: 0 };
    alone.push(group);
    return group;
  }

  #dequeue(task: Task): void {
    task.queued = false;
    const group = waitingGroup(task.service, task.spec.version)!;
    group.tasks.splice(group.tasks.indexOf(task), 1);
    this.#left(group, 1);
  }

  /** So many tasks of a group wait no more. */
  #left(group: WaitingGroup, count: number): void {
    this.#waitingTasks -= count;
    this.#log.queueDepth(this.#waitingTasks);
    if (group.tasks.length > 0) return;
    const { service } = group;
    service.waiting = service.waiting.length === 1 ? NO_GROUPS : service.waiting.filter((other) => other !== group);
    this.#spareGroups.push(group);
    // Kinds stay: there are few.
    const alike = this.#kindOf.get(group.spec)!.groups;
    const last = alike.pop()!;
    if (last === group) return;
    alike[group.at] = last;
    last.at = group.at;
  }
}
