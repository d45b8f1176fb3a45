import { Counter, RecordKind } from '../../../metrics/log.ts';
import type { AgentFit } from '../agent-fit.ts';
import type { Offers } from '../allocator/offers.ts';
import type { Framework, FrameworkParts, TaskView } from '../framework-parts.ts';
import { Reason, type Scheduler } from '../master/framework-port.ts';
import { SchedulerDriver } from '../master/scheduler-driver.ts';
import { isTerminal, TaskState } from '../task-state.ts';
import { Holder } from '../task-table.ts';
import { AgentFields } from './agent-fields.ts';
import { App } from './app.ts';
import { type AppSpec, appSpecOf } from './app-spec.ts';
import { AppHealth } from './app-health.ts';
import { Dependencies } from './dependencies.ts';
import { HostPorts } from './host-ports.ts';
import { Condition, Instance } from './instance.ts';
import { KillRetries } from './kill-retries.ts';
import { LaunchTokens } from './launch-tokens.ts';
import type { MarathonOptions } from './marathon-options.ts';
import { OfferMatching } from './offer-matching.ts';
import { OverdueLaunches } from './overdue-launches.ts';
import { ReviveGate } from './revive-gate.ts';
import { ServicePorts } from './service-ports.ts';
import { slotsToGiveUp } from './slots-to-give-up.ts';
import { UnreachableInstances } from './unreachable-instances.ts';
import { Upgrade } from './upgrade.ts';

/** Marathon: keeps the instances of apps at their number and configuration (mesosphere/marathon 1.11). */
export class Marathon implements Framework, Scheduler {
  readonly name: string;
  readonly role: string;
  readonly fit: AgentFit;
  waiting = 0;
  readonly #parts: FrameworkParts;
  readonly #options: MarathonOptions;
  readonly #driver: SchedulerDriver;
  readonly #tokens: LaunchTokens;
  readonly #gate: ReviveGate;
  readonly #matching: OfferMatching;
  readonly #fields: AgentFields;
  readonly #hostPorts = new HostPorts();
  readonly #servicePorts: ServicePorts;
  readonly #health: AppHealth;
  readonly #overdue: OverdueLaunches;
  readonly #kills: KillRetries;
  readonly #unreachable: UnreachableInstances;
  readonly #dependencies: Dependencies;
  readonly #apps = new Map<number, App>();
  readonly #specs: AppSpec[] = [];
  /** Apps with waiting instances. */
  readonly #pending = new Set<App>();
  /** Apps that have failed lately: some of them may not launch yet. */
  readonly #backedOff = new Set<App>();
  /** Launched instances by their row in the task table. */
  readonly #byRow = new Map<number, Instance>();
  /** Rows launched in the present round of matching. */
  #launches: number[] = [];
  #serial = 0;
  readonly #inbox: Offers[] = [];
  #busyUntilUs = 0;
  #backoffWakeUs = -1;
  readonly #lookOp: number;
  readonly #backoffOp: number;

  constructor(parts: FrameworkParts, options: MarathonOptions) {
    this.#parts = parts;
    this.#options = options;
    this.name = parts.name;
    this.role = parts.role;
    this.fit = parts.fit(options.gpuScheduling === 'restricted');
    const { context, tasks, master } = parts;
    const { simulation } = context;
    const component = `mesos/${this.name}`;
    const random = context.stream(this.name);
    this.#fields = new AgentFields(context.inventory);
    this.#servicePorts = new ServicePorts(options.localPortMin, options.localPortMax, () => random.u());
    this.#tokens = new LaunchTokens(options.launchTokens, options.launchTokenRefresh);
    this.#driver = new SchedulerDriver(context, tasks, master, { name: this.name, role: this.role, checkpoint: options.checkpoint, heedsRunning: true }, this);
    this.#gate = new ReviveGate(simulation, component, options.minReviveInterval, this.#driver);
    this.#lookOp = simulation.on(component, () => this.#look());
    this.#backoffOp = simulation.on(component, () => this.#wantOffers(true));
    this.#kills = new KillRetries(simulation, component, options.killRetry, (instance) => this.#driver.kill(instance.row));
    this.#health = new AppHealth(parts, options, this.#driver.endpoint, {
      changed: (instance, change) => this.#change(instance, change),
      overdue: (instance) => this.#kill(instance),
    });
    const { taskLaunchTimeout, taskLaunchSweep, taskLaunchSweepDelay, unreachableSweep, unreachableSweepDelay } = options;
    this.#overdue = new OverdueLaunches(simulation, component, { timeoutUs: taskLaunchTimeout, firstUs: taskLaunchSweepDelay, intervalUs: taskLaunchSweep }, (instance) => this.#kills.add(instance));
    this.#unreachable = new UnreachableInstances(simulation, component, unreachableSweepDelay, unreachableSweep, {
      inactive: (instance) => this.#giveUp(instance),
      expunge: (instance) => this.#forget(instance),
    });
    this.#dependencies = new Dependencies(context.workload, (job) => this.#apps.get(job)?.deployed === true, (app) => this.#deploy(app));
    this.#matching = new OfferMatching({
      fit: this.fit,
      fields: this.#fields,
      ports: this.#hostPorts,
      tokens: this.#tokens,
      random,
      demands: parts.demands,
      rule: options.groupByRule,
      maxInstancesPerOffer: options.maxInstancesPerOffer,
      inMaintenance: () => (master.allocator.inverse.planned ? (agent) => this.#inMaintenance(agent) : undefined),
      looked: (app, offers, agent) => {
        if (app.waiting[0]!.task === context.watchedTask) parts.explainMatch(context.watchedTask, offers, agent);
      },
      launch: (app, agent) => this.#launch(app, agent, () => random.u()),
    });
  }

  get index(): number {
    return this.#driver.framework;
  }

  // Users

  submit(job: number): void {
    const { workload, client } = this.#parts.context;
    if (this.#apps.has(job)) return;
    const shape = workload.columns.jobShape[job]!;
    const spec = this.#specOf(shape);
    const app = new App(job, workload.size(job), client.wanted(job), shape, spec);
    this.#apps.set(job, app);
    app.servicePorts = this.#servicePorts.assign(spec.servicePorts);
    if (this.#dependencies.ready(app)) this.#deploy(app);
  }

  /** Nothing is ever refused or given back, so nothing comes again. */
  retry(): void {}

  cancel(job: number): void {
    const app = this.#apps.get(job);
    if (app === undefined) return;
    this.#apps.delete(job);
    this.#backedOff.delete(app);
    this.#dependencies.drop(app);
    app.upgrade = null;
    app.slotWanted.fill(0);
    app.wanted = 0;
    this.#health.drop(app);
    this.#servicePorts.release(app.servicePorts);
    for (const instance of app.instances()) this.#kill(instance);
    this.#wantOffers(false);
  }

  /** Tasks whose instances go when an app is scaled down. */
  victims(job: number, count: number): readonly number[] | undefined {
    const app = this.#apps.get(job);
    if (app === undefined) return undefined;
    const first = this.#parts.context.workload.firstTask(job);
    return slotsToGiveUp(app, app.wanted - count, this.#fields).map((slot) => first + slot);
  }

  /** Changes the number of instances of an app. A running upgrade goes on with the new number (force=true). */
  scale(job: number, count: number): void {
    const app = this.#apps.get(job);
    if (app === undefined) return;
    const wanted = Math.min(count, app.slots.length);
    for (const slot of slotsToGiveUp(app, app.wanted - wanted, this.#fields)) app.slotWanted[slot] = 0;
    for (let slot = 0, missing = wanted - app.wanted; missing > 0; slot++) {
      if (app.slotWanted[slot] === 1) continue;
      app.slotWanted[slot] = 1;
      missing--;
    }
    app.wanted = wanted;
    if (this.#dependencies.waits(app)) return;
    for (const instance of app.instances()) if (app.slotWanted[instance.slot] === 0) this.#kill(instance);
    if (app.upgrade === null) {
      for (const [slot, instance] of app.slots.entries()) {
        if (app.slotWanted[slot] === 1 && (instance === undefined || instance.decommissioned)) this.#schedule(app, slot);
      }
    } else app.upgrade.launch();
    this.#wantOffers(true);
  }

  /** Gives an app another configuration by a rolling upgrade; one that still runs is superseded (force=true). */
  update(job: number, shape: number): void {
    const app = this.#apps.get(job);
    if (app === undefined) return;
    this.#servicePorts.release(app.servicePorts);
    app.upgrade = null;
    for (const instance of app.waiting.slice()) this.#kill(instance, true);
    app.configure(shape, this.#specOf(shape));
    app.servicePorts = this.#servicePorts.assign(app.spec.servicePorts);
    if (this.#dependencies.waits(app)) return;
    this.#health.watch(app);
    app.upgrade = new Upgrade(app, {
      kill: (instance) => this.#kill(instance),
      start: (slot) => this.#schedule(app, slot),
      finished: () => (app.upgrade = null),
    });
    app.upgrade.launch();
    this.#wantOffers(true);
  }

  view(task: number): TaskView {
    const { context } = this.#parts;
    const { nowUs } = context.simulation;
    const job = context.workload.jobOf(task);
    const app = this.#apps.get(job);
    const instance = app?.slots[task - context.workload.firstTask(job)];
    const notes: string[] = [];
    if (app !== undefined) {
      const deadlineUs = app.launchAfterUs(nowUs);
      if (deadlineUs > nowUs) notes.push(`the app is in back-off until ${deadlineUs / 1e6} s`);
      if (this.#tokens.at(nowUs) <= 0) notes.push('no launch tokens left');
      if (this.#dependencies.waits(app)) notes.push(`waits for ${app.spec.dependencies.join(', ')} to be deployed`);
      if (app.upgrade !== null) notes.push(`an upgrade is under way: ${app.up} of ${app.wanted} instances are new, healthy and ready`);
    }
    return { waiting: instance?.condition === Condition.scheduled || (app !== undefined && this.#dependencies.waits(app)), row: instance?.row ?? -1, note: notes.join('; ') };
  }

  refusal(task: number, agent: number, left: (column: number) => number): string | undefined {
    const app = this.#apps.get(this.#parts.context.workload.jobOf(task));
    if (app === undefined) return undefined;
    const reasons = this.#matching.refusals(app, agent, left);
    return reasons.length === 0 ? undefined : reasons.join('; ');
  }

  invariants(): string[] {
    const broken: string[] = [];
    let waiting = 0;
    for (const app of this.#apps.values()) {
      waiting += app.waiting.length;
      let up = 0;
      for (const instance of app.slots) if (instance?.version === app.version && app.isUp(instance)) up++;
      if (up !== app.up) broken.push(`${this.name}: ${up} instances of ${this.#parts.context.workload.jobName(app.job)} are up, ${app.up} are counted`);
    }
    if (waiting !== this.waiting) broken.push(`${this.name}: ${waiting} instances wait, ${this.waiting} are counted`);
    return broken;
  }

  // Master

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
    const instance = this.#byRow.get(row)!;
    const { app } = instance;
    const before = tasks.frameworkState[row];
    tasks.frameworkState[row] = state;
    if (!isTerminal(state)) {
      if (state === TaskState.running && before !== TaskState.running) this.#tokens.add(nowUs);
      if (instance.version === app.version) app.progressed(nowUs);
      if (state === TaskState.running) this.#runs(instance);
      return;
    }
    if (state === TaskState.unreachable && this.#outlives(instance)) {
      this.#loseSight(instance);
      return;
    }
    // KILLED, LOST and UNREACHABLE do not count against the app.
    if ((state === TaskState.failed || state === TaskState.finished || state === TaskState.dropped) && instance.version === app.version) {
      app.failed(nowUs);
      this.#backedOff.add(app);
    }
    this.#gone(instance, reason !== Reason.invalidOffers);
    this.#wantOffers(true);
  }

  unknownTask(row: number, id: number, state: TaskState): void {
    if (!isTerminal(state)) this.#driver.kill(row, id);
  }

  /** Settings of a shape, read once. */
  #specOf(shape: number): AppSpec {
    return (this.#specs[shape] ??= appSpecOf(this.#parts.context.workload.shapes[shape]!, this.#options));
  }

  // Life of an instance

  #deploy(app: App): void {
    this.#health.watch(app);
    for (let slot = 0; slot < app.slots.length; slot++) if (app.slotWanted[slot] === 1) this.#schedule(app, slot);
    this.#wantOffers(true);
  }

  #schedule(app: App, slot: number): void {
    const before = app.slots[slot];
    if (before !== undefined) app.setAside(before);
    const instance = new Instance(app, this.#parts.context.workload.firstTask(app.job) + slot, slot, app.version, app.shape, ++this.#serial);
    app.slots[slot] = instance;
    app.waiting.push(instance);
    this.#pending.add(app);
    this.#countWaiting(1);
  }

  #countWaiting(by: number): void {
    this.waiting += by;
    this.#parts.waitingChanged(by);
  }

  #launch(app: App, agent: number, draw: () => number): void {
    const { tasks, context } = this.#parts;
    const instance = app.waiting.shift()!;
    if (app.waiting.length === 0) this.#pending.delete(app);
    this.#countWaiting(-1);
    instance.row = tasks.launch(instance.task, instance.shape, agent, this.index);
    instance.agent = agent;
    instance.condition = Condition.staging;
    instance.launchedUs = context.simulation.nowUs;
    instance.hostPorts = this.#hostPorts.take(agent, app.spec.hostPorts, draw);
    this.#byRow.set(instance.row, instance);
    this.#launches.push(instance.row);
    this.#overdue.add(instance);
    this.#count(instance);
    app.progressed(context.simulation.nowUs);
  }

  /** It counts for the constraints of its app from now on. */
  #count({ app, version, serial, agent }: Instance): void {
    if (version === app.version) app.counts.forEach((counts, i) => counts.add(serial, this.#fields.valuesOf(app.spec.constraints[i]!.field)[agent]));
  }

  #uncount({ app, version, serial }: Instance): void {
    if (version === app.version) for (const counts of app.counts) counts.remove(serial);
  }

  #runs(instance: Instance): void {
    if (instance.condition === Condition.running) return;
    const { condition } = instance;
    const { nowUs } = this.#parts.context.simulation;
    this.#overdue.delete(instance);
    this.#unreachable.delete(instance);
    if (condition === Condition.unreachableInactive && !this.#stays(instance)) return;
    if (condition === Condition.unreachable) this.#count(instance);
    if (condition === Condition.staging) instance.runningSinceUs = nowUs;
    const { healthCheck, readinessIntervalUs } = instance.app.spec;
    if (healthCheck === null && readinessIntervalUs === 0) this.#change(instance, runsUnchecked);
    else {
      this.#change(instance, runs);
      this.#health.runs(instance);
    }
  }

  /** An instance is back that was replaced while it was out of sight: one of the two has to go. Answers whether it is the one that stays. */
  #stays(instance: Instance): boolean {
    const { app, slot } = instance;
    const other = app.slots[slot];
    if (instance.version !== app.version || (other !== undefined && app.spec.killSelection === 'OLDEST_FIRST') || app.slotWanted[slot] === 0) {
      // It can be told to end now that it is in sight.
      instance.condition = Condition.running;
      this.#kill(instance);
      return false;
    }
    app.takeBack(instance);
    app.slots[slot] = instance;
    if (other === undefined) return true;
    if (app.isUp(other)) app.up--;
    app.setAside(other);
    this.#kill(other);
    return true;
  }

  /** Whether an instance that is out of sight is waited for. */
  #outlives({ app, decommissioned }: Instance): boolean {
    return !decommissioned && this.#apps.get(app.job) === app && (app.spec.inactiveAfterUs > 0 || app.spec.expungeAfterUs > 0);
  }

  #loseSight(instance: Instance): void {
    const { app } = instance;
    this.#overdue.delete(instance);
    this.#uncount(instance);
    this.#change(instance, isOutOfSight);
    instance.unreachableSinceUs = this.#parts.context.simulation.nowUs;
    if (app.spec.inactiveAfterUs === 0) this.#giveUp(instance);
    this.#unreachable.add(instance);
  }

  /** Out of sight for too long: it is replaced, and still remembered. */
  #giveUp(instance: Instance): void {
    const { app } = instance;
    instance.condition = Condition.unreachableInactive;
    this.#count(instance);
    if (app.slots[instance.slot] !== instance || app.slotWanted[instance.slot] === 0) return;
    app.slots[instance.slot] = undefined;
    app.setAside(instance);
    this.#replace(app, instance, true);
    this.#wantOffers(true);
  }

  #forget(instance: Instance): void {
    this.#gone(instance, instance.condition === Condition.unreachable);
    this.#wantOffers(true);
  }

  /** @param atOnce it was never launched: nobody replaces it */
  #kill(instance: Instance, atOnce = false): void {
    if (instance.decommissioned) return;
    this.#change(instance, isDecommissioned);
    const { app, condition } = instance;
    if (condition === Condition.scheduled) {
      app.waiting.splice(app.waiting.indexOf(instance), 1);
      if (app.waiting.length === 0) this.#pending.delete(app);
      this.#countWaiting(-1);
      if (atOnce) {
        instance.condition = Condition.gone;
        app.slots[instance.slot] = undefined;
      } else this.#gone(instance, false);
    } else if (condition === Condition.unreachable || condition === Condition.unreachableInactive) this.#gone(instance, false);
    else this.#kills.add(instance);
  }

  /** The end of an instance is known. */
  #gone(instance: Instance, decide: boolean): void {
    const { app } = instance;
    this.#uncount(instance);
    this.#overdue.delete(instance);
    this.#unreachable.delete(instance);
    this.#change(instance, isGone);
    this.#kills.delete(instance);
    if (instance.row >= 0) {
      this.#hostPorts.give(instance.agent, instance.hostPorts);
      this.#byRow.delete(instance.row);
      this.#parts.tasks.forget(instance.row, Holder.framework);
      instance.row = -1;
    }
    if (app.slots[instance.slot] === instance) app.slots[instance.slot] = undefined;
    else app.takeBack(instance);
    this.#replace(app, instance, decide);
  }

  /** An instance no longer stands for its slot. */
  #replace(app: App, instance: Instance, decide: boolean): void {
    const { slot, task } = instance;
    if (app.slotWanted[slot] === 1 && app.slots[slot] === undefined && (app.upgrade === null || instance.version === app.version)) {
      if (decide) this.#parts.context.log.record(RecordKind.decide, task);
      this.#schedule(app, slot);
    }
    app.upgrade?.oldGone(instance);
  }

  /** Changes something about an instance that may make its app go on. */
  #change(instance: Instance, change: (instance: Instance) => void): void {
    const { app } = instance;
    const before = app.isUp(instance);
    change(instance);
    const after = app.isUp(instance);
    if (before === after || instance.version !== app.version || app.slots[instance.slot] !== instance) return;
    app.up += after ? 1 : -1;
    if (!after) return;
    app.upgrade?.newUp();
    if (app.deployed || app.up < app.wanted) return;
    app.deployed = true;
    this.#dependencies.deployed();
  }

  // Offers

  /** Offers of agents whose planned outage is under way or about to begin are refused. */
  #inMaintenance(agent: number): boolean {
    const window = this.#parts.master.allocator.inverse.unavailability(agent);
    const { nowUs } = this.#parts.context.simulation;
    return window !== undefined && nowUs >= window.startUs - this.#options.draining && nowUs < window.startUs + window.durationUs;
  }

  /** Offers are wanted while an app waits that is not in back-off. */
  #wantOffers(fresh: boolean): void {
    const { simulation } = this.#parts.context;
    let delayed = 0;
    let nextUs = Infinity;
    for (const app of this.#backedOff) {
      const deadlineUs = app.launchAfterUs(simulation.nowUs);
      if (deadlineUs === -Infinity) this.#backedOff.delete(app);
      else if (deadlineUs > simulation.nowUs && this.#pending.has(app)) {
        delayed++;
        if (deadlineUs < nextUs) nextUs = deadlineUs;
      }
    }
    const ready = this.#pending.size > delayed;
    this.#gate.want(ready ? 'revive' : 'suppress', ready && fresh);
    if (nextUs !== Infinity && nextUs !== this.#backoffWakeUs) {
      this.#backoffWakeUs = nextUs;
      simulation.at(nextUs, this.#backoffOp);
    }
  }

  #look(): void {
    const { context } = this.#parts;
    const { nowUs } = context.simulation;
    const offers = this.#inbox.shift()!;
    const visitedBefore = offers.visited;
    const ready = [...this.#pending].filter((app) => app.launchAfterUs(nowUs) <= nowUs);
    this.#launches = [];
    const { decisions, cutShort } = this.#matching.match(offers, ready, nowUs);
    const { decisionBase, decisionPerTask, refuseUsed, declineOfferDuration } = this.#options;
    const launches = this.#launches;
    const thinkUs = decisionBase + decisionPerTask * launches.length;
    context.log.count(Counter.decisions, decisions);
    context.log.count(Counter.decisionUs, thinkUs);
    context.log.count(Counter.machinesScored, offers.visited - visitedBefore);
    this.#busyUntilUs = nowUs + thinkUs;
    this.#driver.answer({ offers, launches, refuseUsedUs: refuseUsed, refuseUnusedUs: cutShort ? refuseUsed : declineOfferDuration }, thinkUs);
    this.#wantOffers(false);
    if (this.#inbox.length > 0) context.simulation.at(this.#busyUntilUs, this.#lookOp);
  }
}

function runs(instance: Instance): void {
  instance.condition = Condition.running;
}

/** Nothing checks it: it is healthy and ready as soon as it runs. */
function runsUnchecked(instance: Instance): void {
  instance.condition = Condition.running;
  instance.healthy = true;
  instance.ready = true;
}

function isOutOfSight(instance: Instance): void {
  instance.condition = Condition.unreachable;
}

function isDecommissioned(instance: Instance): void {
  instance.decommissioned = true;
}

function isGone(instance: Instance): void {
  instance.condition = Condition.gone;
}
