import type { SequentialRandom } from '../../../engine/random/sequential-random.ts';
import { Counter, RecordKind } from '../../../metrics/log.ts';
import type { AgentFit } from '../agent-fit.ts';
import type { Offers } from '../allocator/offers.ts';
import type { Framework, FrameworkParts, TaskView } from '../framework-parts.ts';
import { Reason, type Scheduler } from '../master/framework-port.ts';
import { SchedulerDriver } from '../master/scheduler-driver.ts';
import { isTerminal, TaskState } from '../task-state.ts';
import { Holder } from '../task-table.ts';
import { Stage } from '../task-work.ts';
import { LaunchBackoff } from './launch-backoff.ts';
import { LaunchTokens } from './launch-tokens.ts';
import type { MarathonOptions } from './marathon-options.ts';
import { ReviveGate } from './revive-gate.ts';

/** A service job as Marathon keeps it. */
interface App {
  readonly job: number;
  readonly shape: number;
  /** Instances that wait to be launched. */
  readonly waiting: number[];
  readonly backoff: LaunchBackoff;
}

/**
 * Marathon as far as launching and keeping up services goes: matching of offers, launch tokens, back-off, revive and suppress, replacement of instances
 * that were lost (mesosphere/marathon 1.11; unreachableStrategy 0 s and 0 s: an unreachable instance is replaced and forgotten at once, and killed if it comes back).
 */
export class Marathon implements Framework, Scheduler {
  readonly name: string;
  readonly role: string;
  readonly fit: AgentFit;
  waiting = 0;
  readonly #parts: FrameworkParts;
  readonly #options: MarathonOptions;
  readonly #driver: SchedulerDriver;
  readonly #random: SequentialRandom;
  readonly #tokens: LaunchTokens;
  readonly #gate: ReviveGate;
  readonly #apps = new Map<number, App>();
  /** Apps with waiting instances. */
  readonly #pending = new Set<App>();
  readonly #stage: Uint8Array;
  readonly #row: Int32Array;
  readonly #inbox: Offers[] = [];
  #busyUntilUs = 0;
  readonly #lookOp: number;
  readonly #backoffOp: number;

  constructor(parts: FrameworkParts, options: MarathonOptions) {
    this.#parts = parts;
    this.#options = options;
    this.name = parts.name;
    this.role = parts.role;
    this.fit = parts.fit(options.gpuScheduling === 'restricted');
    const { context, tasks, master, work } = parts;
    this.#random = context.stream(this.name);
    this.#stage = work.stage;
    this.#row = work.row;
    this.#tokens = new LaunchTokens(options.launchTokens, options.launchTokenRefresh);
    this.#driver = new SchedulerDriver(context, tasks, master, { name: this.name, role: this.role, checkpoint: options.checkpoint, heedsRunning: true }, this);
    this.#gate = new ReviveGate(context.simulation, `mesos/${this.name}`, options.minReviveInterval, this.#driver);
    this.#lookOp = context.simulation.on(`mesos/${this.name}`, () => this.#look());
    this.#backoffOp = context.simulation.on(`mesos/${this.name}`, () => this.#wantOffers(true));
  }

  get index(): number {
    return this.#driver.framework;
  }

  submit(job: number): void {
    const { context } = this.#parts;
    const { workload } = context;
    const { backoff, backoffFactor, maxLaunchDelay } = this.#options;
    const first = workload.firstTask(job);
    const app: App = {
      job,
      shape: workload.columns.jobShape[job]!,
      waiting: [],
      backoff: new LaunchBackoff({ backoffUs: backoff, factor: backoffFactor, maxLaunchDelayUs: maxLaunchDelay }),
    };
    this.#apps.set(job, app);
    for (let task = first; task < first + context.client.wanted(job); task++) this.#enqueue(app, task);
    this.#wantOffers(true);
  }

  retry(task: number): void {
    const app = this.#apps.get(this.#parts.context.workload.jobOf(task));
    if (app === undefined || this.#stage[task] !== Stage.none) return;
    this.#enqueue(app, task);
    this.#wantOffers(true);
  }

  cancel(job: number): void {
    const app = this.#apps.get(job);
    if (app === undefined) return;
    const { workload } = this.#parts.context;
    const first = workload.firstTask(job);
    for (let task = first; task < first + workload.size(job); task++) this.#stop(app, task);
    this.#apps.delete(job);
    this.#wantOffers(false);
  }

  /** Changes the number of instances of an app; those beyond are killed, youngest index first. */
  scale(job: number, count: number): void {
    const app = this.#apps.get(job);
    if (app === undefined) return;
    const { workload } = this.#parts.context;
    const first = workload.firstTask(job);
    const size = workload.size(job);
    for (let task = first + size - 1; task >= first + count; task--) this.#stop(app, task);
    for (let task = first; task < first + Math.min(count, size); task++) {
      if (this.#stage[task] !== Stage.over && this.#stage[task] !== Stage.none) continue;
      // An instance that is still being killed is started anew when its end is known.
      if (this.#row[task]! >= 0) this.#stage[task] = Stage.launched;
      else this.#enqueue(app, task);
    }
    this.#wantOffers(true);
  }

  resourceOffers(offers: Offers): void {
    const { simulation } = this.#parts.context;
    this.#inbox.push(offers);
    if (this.#inbox.length > 1) return;
    if (this.#busyUntilUs > simulation.nowUs) simulation.at(this.#busyUntilUs, this.#lookOp);
    else this.#look();
  }

  statusUpdate(row: number, state: TaskState, reason: Reason): void {
    const { tasks, context } = this.#parts;
    const { nowUs } = context.simulation;
    const task = tasks.task[row]!;
    const app = this.#apps.get(context.workload.jobOf(task));
    const before = tasks.frameworkState[row];
    tasks.frameworkState[row] = state;
    if (!isTerminal(state)) {
      if (state === TaskState.running && before !== TaskState.running) this.#tokens.add(nowUs);
      app?.backoff.advance(nowUs);
      return;
    }
    tasks.forget(row, Holder.framework);
    this.#row[task] = -1;
    if (app === undefined || this.#stage[task] === Stage.over) return;
    // KILLED, LOST and UNREACHABLE do not count against the app.
    if (state === TaskState.failed || state === TaskState.finished || state === TaskState.dropped) app.backoff.fail(nowUs);
    if (reason !== Reason.invalidOffers) context.log.record(RecordKind.decide, task);
    this.#enqueue(app, task);
    this.#wantOffers(true);
  }

  unknownTask(row: number, id: number, state: TaskState): void {
    if (!isTerminal(state)) this.#driver.kill(row, id);
  }

  view(task: number): TaskView {
    const { context } = this.#parts;
    const { nowUs } = context.simulation;
    const app = this.#apps.get(context.workload.jobOf(task));
    const deadlineUs = app?.backoff.deadlineUs(nowUs) ?? -Infinity;
    const notes: string[] = [];
    if (deadlineUs > nowUs) notes.push(`the app is in back-off until ${deadlineUs / 1e6} s`);
    if (this.#tokens.at(nowUs) <= 0) notes.push('no launch tokens left');
    return { waiting: this.#stage[task] === Stage.waiting, row: this.#row[task]!, note: notes.join('; ') };
  }

  invariants(): string[] {
    const { workload } = this.#parts.context;
    let waiting = 0;
    for (const { job } of this.#apps.values()) {
      const first = workload.firstTask(job);
      for (let task = first; task < first + workload.size(job); task++) if (this.#stage[task] === Stage.waiting) waiting++;
    }
    return waiting === this.waiting ? [] : [`${this.name}: ${waiting} instances wait, ${this.waiting} are counted`];
  }

  #enqueue(app: App, task: number): void {
    this.#stage[task] = Stage.waiting;
    app.waiting.push(task);
    this.#pending.add(app);
    this.waiting++;
    this.#parts.waitingChanged(1);
  }

  #stop(app: App, task: number): void {
    const stage = this.#stage[task];
    this.#stage[task] = Stage.over;
    if (stage === Stage.waiting) {
      app.waiting.splice(app.waiting.indexOf(task), 1);
      this.#leaveQueue(app);
    } else if (stage === Stage.launched) this.#driver.kill(this.#row[task]!);
  }

  #leaveQueue(app: App): void {
    if (app.waiting.length === 0) this.#pending.delete(app);
    this.waiting--;
    this.#parts.waitingChanged(-1);
  }

  /** Offers are wanted while an app waits that is not in back-off. */
  #wantOffers(fresh: boolean): void {
    const { simulation } = this.#parts.context;
    let ready = false;
    let nextUs = Infinity;
    for (const app of this.#pending) {
      const deadlineUs = app.backoff.deadlineUs(simulation.nowUs);
      if (deadlineUs <= simulation.nowUs) ready = true;
      else if (deadlineUs < nextUs) nextUs = deadlineUs;
    }
    this.#gate.want(ready ? 'revive' : 'suppress', ready && fresh);
    if (nextUs !== Infinity && nextUs !== this.#backoffWakeUs) {
      this.#backoffWakeUs = nextUs;
      simulation.at(nextUs, this.#backoffOp);
    }
  }

  #backoffWakeUs = -1;

  #look(): void {
    const { context } = this.#parts;
    const offers = this.#inbox.shift()!;
    const visitedBefore = offers.visited;
    const { launches, decisions, cutShort } = this.#match(offers);
    const { decisionBase, decisionPerTask, refuseUsed, declineOfferDuration } = this.#options;
    const thinkUs = decisionBase + decisionPerTask * launches.length;
    context.log.count(Counter.decisions, decisions);
    context.log.count(Counter.decisionUs, thinkUs);
    context.log.count(Counter.machinesScored, offers.visited - visitedBefore);
    this.#busyUntilUs = context.simulation.nowUs + thinkUs;
    this.#driver.answer({ offers, launches, refuseUsedUs: refuseUsed, refuseUnusedUs: cutShort ? refuseUsed : declineOfferDuration }, thinkUs);
    this.#wantOffers(false);
    if (this.#inbox.length > 0) context.simulation.at(this.#busyUntilUs, this.#lookOp);
  }

  /** Waiting apps take turns, in random order, one instance at a time. */
  #match(offers: Offers): { launches: number[]; decisions: number; cutShort: boolean } {
    const { context, tasks, demands } = this.#parts;
    const { fit } = this;
    const { nowUs } = context.simulation;
    const launches: number[] = [];
    const onAgent = new Map<number, number>();
    const cursors = new Map<App, number>();
    const apps = [...this.#pending].filter((app) => app.backoff.deadlineUs(nowUs) <= nowUs);
    const order = Array.from(apps, (_, i) => i);
    this.#random.shuffle(order, order.length);
    let turns = order.map((i) => apps[i]!);
    let decisions = 0;
    while (turns.length > 0) {
      const next: App[] = [];
      for (const app of turns) {
        if (this.#tokens.at(nowUs) <= 0) return { launches, decisions, cutShort: true };
        const task = app.waiting[0]!;
        const demand = demands[app.shape]!;
        const accepts = fit.accepts(app.shape);
        decisions++;
        const agent = offers.find(demand, cursors.get(app) ?? 0, (candidate) => (onAgent.get(candidate) ?? 0) < this.#options.maxInstancesPerOffer && accepts(candidate));
        if (task === context.watchedTask) this.#parts.explainMatch(task, offers, agent);
        if (agent < 0) continue;
        cursors.set(app, offers.foundAt);
        offers.take(agent, demand);
        onAgent.set(agent, (onAgent.get(agent) ?? 0) + 1);
        this.#tokens.take(nowUs);
        app.waiting.shift();
        this.#leaveQueue(app);
        this.#stage[task] = Stage.launched;
        const row = tasks.launch(task, app.shape, agent, this.index);
        this.#row[task] = row;
        launches.push(row);
        app.backoff.advance(nowUs);
        if (app.waiting.length > 0) next.push(app);
      }
      turns = next;
    }
    return { launches, decisions, cutShort: false };
  }
}
