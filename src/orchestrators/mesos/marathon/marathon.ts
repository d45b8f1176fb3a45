import { RecordKind } from '../../../metrics/log.ts';
import type { AgentFit } from '../agent-fit.ts';
import type { EntryChoice } from '../allocator/entry-choice.ts';
import type { Offers } from '../allocator/offers.ts';
import type { Framework, FrameworkParts, TaskView } from '../framework-parts.ts';
import { FrameworkRoles } from '../framework-roles.ts';
import { Reason, type Scheduler } from '../master/framework-port.ts';
import { SchedulerDriver } from '../master/scheduler-driver.ts';
import { isTerminal, TaskState } from '../task-state.ts';
import { Holder } from '../task-table.ts';
import { AgentFields } from './agent-fields.ts';
import { App, type AppPlace } from './app.ts';
import { type AppSpec, appSpecOf } from './app-spec.ts';
import { AppHealth } from './app-health.ts';
import { Dependencies } from './dependencies.ts';
import { HostPorts } from './host-ports.ts';
import { Condition, Instance } from './instance.ts';
import { KillRetries } from './kill-retries.ts';
import { LaunchQueue } from './launch-queue.ts';
import type { MarathonOptions } from './marathon-options.ts';
import { OverdueLaunches } from './overdue-launches.ts';
import { ServicePorts } from './service-ports.ts';
import { slotsToGiveUp } from './slots-to-give-up.ts';
import { UnreachableInstances } from './unreachable-instances.ts';
import { Upgrade } from './upgrade.ts';

/** Marathon: keeps the instances of apps at their number and configuration (mesosphere/marathon 1.11). */
export class Marathon implements Framework, Scheduler {
  readonly name: string;
  readonly #roles: FrameworkRoles;
  readonly fit: AgentFit;
  readonly #parts: FrameworkParts;
  readonly #options: MarathonOptions;
  readonly #driver: SchedulerDriver;
  readonly #queue: LaunchQueue;
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
  /** Launched instances by their row in the task table. */
  readonly #byRow = new Map<number, Instance>();
  #serial = 0;

  constructor(parts: FrameworkParts, options: MarathonOptions) {
    this.#parts = parts;
    this.#options = options;
    this.name = parts.name;
    this.#roles = new FrameworkRoles(parts.roles, parts.context.workload.shapes, []);
    this.fit = parts.fit(options.gpuScheduling === 'restricted');
    const { context, tasks, master } = parts;
    const { simulation } = context;
    const component = `mesos/${this.name}`;
    const random = context.stream(this.name);
    this.#fields = new AgentFields(context.inventory);
    this.#servicePorts = new ServicePorts(options.localPortMin, options.localPortMax, () => random.u());
    this.#driver = new SchedulerDriver(context, tasks, master, { name: this.name, roles: this.#roles.names, checkpoint: options.checkpoint, partitionAware: true, subscription: parts.subscription, heedsRunning: true }, this);
    this.#kills = new KillRetries(simulation, component, options.killRetry, (instance) => this.#driver.kill(instance.row));
    this.#health = new AppHealth(parts, options, this.#driver.endpoint, {
      changed: (instance, change) => this.#change(instance, change),
      overdue: (instance) => this.#kill(instance),
    });
    const { taskLaunchTimeout, taskLaunchConfirmTimeout, taskLaunchSweep, taskLaunchSweepDelay } = options;
    this.#overdue = new OverdueLaunches(simulation, component, { timeoutUs: Math.min(taskLaunchTimeout, taskLaunchConfirmTimeout), firstUs: taskLaunchSweepDelay, intervalUs: taskLaunchSweep }, (instance) => this.#kills.add(instance));
    this.#unreachable = new UnreachableInstances(simulation, component, { sweepFirstUs: options.unreachableSweepDelay, sweepIntervalUs: options.unreachableSweep, reconcileFirstUs: options.reconciliationDelay, reconcileIntervalUs: options.reconciliation }, {
      inactive: (instance) => this.#giveUp(instance),
      expunge: (instance) => this.#forget(instance),
      reconcile: (instance) => this.#driver.reconcile(instance.row),
    });
    this.#dependencies = new Dependencies(context.workload, (job) => this.#apps.get(job)?.deployed === true, (app) => this.#deploy(app));
    this.#queue = new LaunchQueue(parts, options, {
      driver: this.#driver,
      fit: this.fit,
      fields: this.#fields,
      ports: this.#hostPorts,
      random,
      launch: (instance, agent, resources) => this.#launch(instance, agent, resources, () => random.u()),
      roles: this.#roles.names,
    });
  }

  /** Instances that wait for an offer. */
  get waiting(): number {
    return this.#queue.waiting;
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
    const app = new App(job, workload.size(job), client.wanted(job), shape, spec, this.#placeOf(shape));
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
    this.#queue.drop(app);
    this.#dependencies.drop(app);
    app.upgrade = null;
    app.slotWanted.fill(0);
    app.wanted = 0;
    this.#health.drop(app);
    this.#servicePorts.release(app.servicePorts);
    for (const instance of app.instances()) this.#kill(instance);
    this.#queue.wantOffers(false);
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
    } else app.upgrade.rescaled();
    this.#queue.wantOffers(true);
  }

  /** Gives an app another configuration by a rolling upgrade; one that still runs is superseded (force=true). */
  update(job: number, shape: number): void {
    const app = this.#apps.get(job);
    if (app === undefined) return;
    this.#servicePorts.release(app.servicePorts);
    app.upgrade = null;
    for (const instance of app.waiting.slice()) this.#kill(instance, true);
    app.configure(shape, this.#specOf(shape), this.#placeOf(shape));
    app.servicePorts = this.#servicePorts.assign(app.spec.servicePorts);
    if (this.#dependencies.waits(app)) return;
    this.#health.watch(app);
    app.upgrade = new Upgrade(app, {
      kill: (instance) => this.#kill(instance),
      start: (slot) => this.#schedule(app, slot),
      finished: () => (app.upgrade = null),
    });
    app.upgrade.begin();
    this.#queue.wantOffers(true);
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
      if (this.#queue.tokens.at(nowUs) <= 0) notes.push('no launch tokens left');
      if (this.#dependencies.waits(app)) notes.push(`waits for ${app.spec.dependencies.join(', ')} to be deployed`);
      if (app.servicePorts.length > 0) notes.push(`service ports ${app.servicePorts.join(', ')}`);
      if (app.upgrade !== null) notes.push(`an upgrade is under way: ${app.up} of ${app.wanted} instances are new, healthy and ready`);
    }
    return { waiting: instance?.condition === Condition.scheduled || (app !== undefined && this.#dependencies.waits(app)), row: instance?.row ?? -1, note: notes.join('; ') };
  }

  refusal(task: number, agent: number, left: (column: number) => number): string | undefined {
    const app = this.#apps.get(this.#parts.context.workload.jobOf(task));
    if (app === undefined) return undefined;
    const reasons = this.#queue.refusals(app, agent, left);
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
    this.#queue.receive(offers);
  }

  statusUpdate(row: number, state: TaskState, reason: Reason): void {
    const { tasks, context } = this.#parts;
    const { nowUs } = context.simulation;
    const instance = this.#byRow.get(row)!;
    const { app } = instance;
    const before = tasks.frameworkState[row];
    tasks.frameworkState[row] = state;
    if (!isTerminal(state)) {
      if (state === TaskState.running && before !== TaskState.running) this.#queue.tokens.add(nowUs);
      if (instance.version === app.version) app.progressed(nowUs);
      if (state === TaskState.running) this.#runs(instance);
      return;
    }
    if (state === TaskState.unreachable && this.#outlives(instance)) {
      this.#loseSight(instance);
      return;
    }
    // KILLED, LOST and UNREACHABLE do not count against the app.
    if ((state === TaskState.failed || state === TaskState.finished || state === TaskState.dropped || state === TaskState.gone) && instance.version === app.version) this.#queue.failed(app);
    this.#gone(instance, reason !== Reason.invalidOffers);
    this.#queue.wantOffers(true);
  }

  unknownTask(row: number, id: number, state: TaskState): void {
    if (!isTerminal(state)) this.#driver.kill(row, id);
  }

  /** Settings of a shape, read once. */
  #specOf(shape: number): AppSpec {
    return (this.#specs[shape] ??= appSpecOf(this.#parts.context.workload.shapes[shape]!, this.#options));
  }

  rolesOf(shape: number): readonly string[] {
    return [this.#placeOf(shape).role];
  }

  choiceOf(shape: number): EntryChoice | undefined {
    return this.#placeOf(shape).choice;
  }

  /** The role that the app names, or the first of the framework's that is for it. */
  #placeOf(shape: number): AppPlace {
    const { role: named, reserved, unreserved } = this.#specOf(shape);
    const role = named ?? this.#roles.of(shape)[0]!;
    return { role, choice: this.#parts.choice({ role, reserved, unreserved, revocable: 'never' }) };
  }

  // Life of an instance

  #deploy(app: App): void {
    this.#health.watch(app);
    for (let slot = 0; slot < app.slots.length; slot++) if (app.slotWanted[slot] === 1) this.#schedule(app, slot);
    this.#queue.wantOffers(true);
  }

  #schedule(app: App, slot: number): void {
    const before = app.slots[slot];
    if (before !== undefined) app.setAside(before);
    const instance = new Instance(app, this.#parts.context.workload.firstTask(app.job) + slot, slot, app.version, app.shape, ++this.#serial);
    app.slots[slot] = instance;
    this.#queue.add(instance);
  }

  #launch(instance: Instance, agent: number, resources: Float64Array, draw: () => number): number {
    const { tasks, context } = this.#parts;
    const { app } = instance;
    instance.row = tasks.launch(instance.task, instance.shape, agent, this.index, app.place.role, resources);
    instance.agent = agent;
    instance.condition = Condition.staging;
    instance.launchedUs = context.simulation.nowUs;
    instance.hostPorts = this.#hostPorts.take(agent, app.spec.hostPorts, draw);
    this.#byRow.set(instance.row, instance);
    this.#overdue.add(instance);
    this.#count(instance);
    app.progressed(context.simulation.nowUs);
    return instance.row;
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
    this.#queue.wantOffers(true);
  }

  #forget(instance: Instance): void {
    this.#gone(instance, instance.condition === Condition.unreachable);
    this.#queue.wantOffers(true);
  }

  /** @param atOnce it was never launched: nobody replaces it */
  #kill(instance: Instance, atOnce = false): void {
    if (instance.decommissioned) return;
    this.#change(instance, isDecommissioned);
    const { app, condition } = instance;
    if (condition === Condition.scheduled) {
      this.#queue.remove(instance);
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
