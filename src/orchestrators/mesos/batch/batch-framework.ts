import { type Component, Counter, RecordKind } from '../../../metrics/log.ts';
import type { AgentFit } from '../agent-fit.ts';
import type { EntryChoice } from '../allocator/entry-choice.ts';
import type { Offers } from '../allocator/offers.ts';
import { FrameworkRoles } from '../framework-roles.ts';
import type { Framework, FrameworkParts, TaskView } from '../framework-parts.ts';
import { Reason, type Scheduler } from '../master/framework-port.ts';
import { SchedulerDriver } from '../master/scheduler-driver.ts';
import { isTerminal, TaskState } from '../task-state.ts';
import { Holder } from '../task-table.ts';
import { Stage } from '../task-work.ts';
import type { BatchOptions } from './batch-options.ts';
import { ShapeQueues } from './shape-queues.ts';

/**
 * A framework for jobs that end: first come, first served, first offered agent that fits; a task that does not fit lets others pass. Suppresses offers
 * when nothing waits and revives them for new work, as frameworks are advised to (docs/scheduler-http-api.md). Tasks that were lost or have failed are launched again;
 * a task that comes back after it was given up is killed.
 */
export class BatchFramework implements Framework, Scheduler {
  readonly name: string;
  readonly #roles: FrameworkRoles;
  readonly fit: AgentFit;
  waiting = 0;
  readonly #parts: FrameworkParts;
  readonly #options: BatchOptions;
  readonly #driver: SchedulerDriver;
  readonly #queues = new ShapeQueues((task) => this.#stage[task] === Stage.waiting);
  /** {@link Stage} and current row per task. */
  readonly #stage: Uint8Array;
  readonly #row: Int32Array;
  readonly #failures = new Map<number, number>();
  /** Per role: waiting tasks that may use it, and whether offers are asked for in it. */
  readonly #waitingIn: number[];
  readonly #active: boolean[];
  /** Offers that have arrived while earlier ones were thought about. */
  readonly #inbox: Offers[] = [];
  readonly #component: Component;
  /** Jobs that have not been looked at yet, with the time of their submission. */
  #unseen: number[] = [];
  #busyUntilUs = 0;
  readonly #lookOp: number;
  readonly #reviveOp: number;
  #reviveAtUs = -1;
  #lastReviveUs = -Infinity;
  /** Tasks that began to wait after the last revive: agents refused before may suit them. */
  #fresh = 0;
  #freshFrom = 1;
  #lastSequence = 0;
  readonly #sequence: Uint32Array;

  constructor(parts: FrameworkParts, options: BatchOptions) {
    this.#parts = parts;
    this.#options = options;
    this.name = parts.name;
    const { revocable } = options;
    this.#roles = new FrameworkRoles(parts.roles, parts.context.workload.shapes, parts.roles.map(({ role }) => parts.choice({ role, reserved: true, unreserved: true, revocable })));
    this.#waitingIn = this.#roles.names.map(() => 0);
    this.#active = this.#roles.names.map(() => false);
    this.fit = parts.fit;
    const { context, tasks, master, work } = parts;
    this.#component = context.log.component(parts.name);
    this.#stage = work.stage;
    this.#row = work.row;
    this.#sequence = work.sequence;
    this.#driver = new SchedulerDriver(context, tasks, master, { name: this.name, roles: this.#roles.names, checkpoint: options.checkpoint, revocable: revocable !== 'never', partitionAware: options.partitionAware, subscription: parts.subscription, heedsRunning: false }, this);
    this.#lookOp = context.simulation.on(`mesos/${this.name}`, () => this.#look());
    this.#reviveOp = context.simulation.on(`mesos/${this.name}`, () => {
      this.#reviveAtUs = -1;
      if (this.#fresh > 0) this.#revive();
    });
  }

  get index(): number {
    return this.#driver.framework;
  }

  rolesOf(shape: number): readonly string[] {
    return this.#roles.of(shape);
  }

  choiceOf(_shape: number, role: string): EntryChoice | undefined {
    return this.#roles.choice(this.#roles.indexOf(role));
  }

  submit(job: number): void {
    const { workload } = this.#parts.context;
    const first = workload.firstTask(job);
    for (let task = first; task < first + workload.size(job); task++) this.#enqueue(task);
    this.#unseen.push(this.#parts.context.simulation.nowUs);
    this.#wantOffers();
  }

  retry(task: number): void {
    this.#failures.delete(task);
    this.#enqueue(task);
    this.#wantOffers();
  }

  cancel(job: number): void {
    const { workload } = this.#parts.context;
    const first = workload.firstTask(job);
    for (let task = first; task < first + workload.size(job); task++) {
      const stage = this.#stage[task];
      if (stage === Stage.waiting) this.#leaveQueue(task);
      this.#stage[task] = Stage.over;
      if (stage === Stage.launched) this.#driver.kill(this.#row[task]!);
    }
    this.#suppressIfIdle();
  }

  resourceOffers(offers: Offers): void {
    this.#inbox.push(offers);
    const { simulation } = this.#parts.context;
    if (this.#busyUntilUs > simulation.nowUs) {
      if (this.#inbox.length === 1) simulation.at(this.#busyUntilUs, this.#lookOp);
    } else if (this.#inbox.length === 1) this.#look();
  }

  statusUpdate(row: number, state: TaskState, reason: Reason): void {
    const { tasks, context } = this.#parts;
    const { client, log } = context;
    tasks.frameworkState[row] = state;
    if (!isTerminal(state)) return;
    const task = tasks.task[row]!;
    tasks.forget(row, Holder.framework);
    this.#row[task] = -1;
    if (this.#stage[task] === Stage.over) return;
    if (state === TaskState.finished) {
      this.#over(task);
      client.ended(task, true);
      return;
    }
    if (state === TaskState.failed) {
      const failures = (this.#failures.get(task) ?? 0) + 1;
      this.#failures.set(task, failures);
      if (failures >= this.#options.maxFailures) {
        this.#over(task);
        this.#stage[task] = Stage.none;
        client.ended(task, false);
        return;
      }
    }
    if (reason !== Reason.invalidOffers) log.record(RecordKind.decide, task);
    this.#enqueue(task);
    this.#wantOffers();
  }

  unknownTask(row: number, id: number, state: TaskState): void {
    if (!isTerminal(state)) this.#driver.kill(row, id);
  }

  /** Gives way: what runs there may end, nothing more is launched. */
  inverseOffer(agent: number): void {
    this.#driver.answerInverse(agent, true);
  }

  view(task: number): TaskView {
    const failures = this.#failures.get(task) ?? 0;
    return { waiting: this.#stage[task] === Stage.waiting, row: this.#row[task]!, note: failures > 0 ? `after ${failures} failed attempts` : '' };
  }

  invariants(): string[] {
    const waiting = this.#queues.count();
    return waiting === this.waiting ? [] : [`${this.name}: ${waiting} tasks wait, ${this.waiting} are counted`];
  }

  #enqueue(task: number): void {
    const { workload } = this.#parts.context;
    this.#stage[task] = Stage.waiting;
    this.#lastSequence = this.#queues.push(task, workload.shapeOf(task));
    this.#sequence[task] = this.#lastSequence;
    this.#fresh++;
    this.#countWaiting(task, 1);
  }

  #countWaiting(task: number, by: 1 | -1): void {
    this.waiting += by;
    const shape = this.#parts.context.workload.shapeOf(task);
    for (let i = 0; i < this.#waitingIn.length; i++) if (this.#roles.allows(shape, i)) this.#waitingIn[i]! += by;
    this.#parts.waitingChanged(by);
  }

  #leaveQueue(task: number): void {
    if (this.#sequence[task]! >= this.#freshFrom) this.#fresh--;
    this.#countWaiting(task, -1);
  }

  #over(task: number): void {
    this.#stage[task] = Stage.over;
    this.#failures.delete(task);
  }

  /** Asks for offers again, at most once in the revive interval. */
  #wantOffers(): void {
    if (this.#reviveAtUs >= 0 || this.#fresh === 0 || !this.#options.revive && !this.#active.includes(false)) return;
    const { simulation } = this.#parts.context;
    const atUs = this.#lastReviveUs + this.#options.reviveInterval;
    if (atUs <= simulation.nowUs) this.#revive();
    else {
      this.#reviveAtUs = atUs;
      simulation.at(atUs, this.#reviveOp);
    }
  }

  #revive(): void {
    this.#lastReviveUs = this.#parts.context.simulation.nowUs;
    this.#freshFrom = this.#lastSequence + 1;
    this.#fresh = 0;
    const roles = this.#roles.names.filter((_, i) => this.#waitingIn[i]! > 0 && (this.#options.revive || !this.#active[i]));
    if (roles.length === 0) return;
    for (const role of roles) this.#active[this.#roles.indexOf(role)] = true;
    this.#driver.revive(roles);
  }

  #suppressIfIdle(): void {
    if (!this.#options.revive) return;
    const roles = this.#roles.names.filter((_, i) => this.#active[i] && this.#waitingIn[i] === 0);
    if (roles.length === 0) return;
    for (const role of roles) this.#active[this.#roles.indexOf(role)] = false;
    this.#driver.suppress(roles);
  }

  #look(): void {
    const { context } = this.#parts;
    const { nowUs } = context.simulation;
    // What was rescinded in the meantime is not thought about.
    while (this.#inbox[0]?.ended === true) this.#inbox.shift();
    const offers = this.#inbox.shift();
    if (offers === undefined) return;
    const visitedBefore = offers.visited;
    const { launches, decisions } = this.#match(offers);
    const thinkUs = this.#options.decisionBase + this.#options.decisionPerTask * launches.length;
    context.log.count(Counter.decisions, decisions);
    context.log.count(Counter.decisionUs, thinkUs);
    context.log.count(Counter.machinesScored, offers.visited - visitedBefore);
    this.#busyUntilUs = nowUs + thinkUs;
    this.#component.busyUs += thinkUs;
    this.#component.decisions += decisions;
    for (const submittedUs of this.#unseen) this.#component.firstAttempt(nowUs - submittedUs);
    if (this.#unseen.length > 0) this.#unseen = [];
    this.#driver.answer({ offers, launches, refuseUsedUs: this.#options.refuseUsed, refuseUnusedUs: this.#options.refuseUnused }, thinkUs);
    this.#suppressIfIdle();
    if (this.#inbox.length > 0) context.simulation.at(this.#busyUntilUs, this.#lookOp);
  }

  #match(offers: Offers): { launches: number[]; decisions: number } {
    const { context, tasks, demands } = this.#parts;
    const { fit } = this;
    const { inverse } = this.#parts.master.allocator;
    const queues = this.#queues;
    const role = this.#roles.indexOf(offers.role);
    const choice = this.#roles.choice(role);
    const launches: number[] = [];
    const cursors = new Map<number, number>();
    let decisions = 0;
    queues.begin();
    while (queues.shape >= 0) {
      const { shape, task } = queues;
      if (!this.#roles.allows(shape, role)) {
        queues.skip();
        continue;
      }
      const demand = demands[shape]!;
      decisions++;
      const fits = fit.accepts(shape);
      // Offers say when their agent will be out of service.
      const agent = offers.find(demand, cursors.get(shape) ?? 0, inverse.planned ? (candidate) => inverse.unavailability(candidate) === undefined && fits(candidate) : fits, choice);
      if (task === context.watchedTask) this.#parts.explainMatch(task, offers, agent);
      if (agent < 0) {
        queues.skip();
        continue;
      }
      cursors.set(shape, offers.foundAt);
      const resources = offers.take(agent, demand, choice);
      this.#leaveQueue(task);
      this.#stage[task] = Stage.launched;
      const row = tasks.launch(task, shape, agent, this.index, offers.role, resources);
      this.#row[task] = row;
      launches.push(row);
      queues.take();
    }
    return { launches, decisions };
  }
}
