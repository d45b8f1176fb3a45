import type { AgentFit } from '../agent-fit.ts';
import type { EntryChoice } from '../allocator/entry-choice.ts';
import type { Offers } from '../allocator/offers.ts';
import type { Framework, FrameworkParts, TaskView } from '../framework-parts.ts';
import { FrameworkRoles } from '../framework-roles.ts';
import { Reason, type Scheduler } from '../master/framework-port.ts';
import { SchedulerDriver } from '../master/scheduler-driver.ts';
import { isTerminal, TaskState } from '../task-state.ts';
import { AgentFields } from './agent-fields.ts';
import { App, type AppPlace } from './app.ts';
import { type AppSpec, appSpecOf } from './app-spec.ts';
import { Dependencies } from './dependencies.ts';
import { Condition } from './instance.ts';
import { InstanceLife } from './instance-life.ts';
import { LaunchQueue } from './launch-queue.ts';
import type { MarathonOptions } from './marathon-options.ts';
import { ServicePorts } from './service-ports.ts';
import { slotsToGiveUp } from './slots-to-give-up.ts';
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
  readonly #servicePorts: ServicePorts;
  readonly #life: InstanceLife;
  readonly #dependencies: Dependencies;
  readonly #apps = new Map<number, App>();
  readonly #specs: AppSpec[] = [];

  constructor(parts: FrameworkParts, options: MarathonOptions) {
    this.#parts = parts;
    this.#options = options;
    this.name = parts.name;
    this.#roles = new FrameworkRoles(parts.roles, parts.context.workload.shapes, []);
    this.fit = parts.fit;
    const { context, tasks, master } = parts;
    const random = context.stream(this.name);
    this.#fields = new AgentFields(context.inventory);
    this.#servicePorts = new ServicePorts(options.localPortMin, options.localPortMax, () => random.u());
    this.#driver = new SchedulerDriver(context, tasks, master, { name: this.name, roles: this.#roles.names, checkpoint: options.checkpoint, partitionAware: true, subscription: parts.subscription, heedsRunning: true }, this);
    this.#life = new InstanceLife(parts, options, this.#driver, this.#fields, { exists: (app) => this.#apps.get(app.job) === app, deployed: () => this.#dependencies.deployed() });
    this.#dependencies = new Dependencies(context.workload, (job) => this.#apps.get(job)?.deployed === true, (app) => this.#deploy(app));
    this.#queue = new LaunchQueue(parts, options, {
      driver: this.#driver,
      fields: this.#fields,
      ports: this.#life.hostPorts,
      random,
      launch: (instance, agent, resources) => this.#life.launch(instance, agent, resources, () => random.u()),
      roles: this.#roles.names,
    });
    this.#life.connect(this.#queue);
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
    this.#life.health.drop(app);
    this.#servicePorts.release(app.servicePorts);
    for (const instance of app.instances()) this.#life.kill(instance);
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
    for (const instance of app.instances()) if (app.slotWanted[instance.slot] === 0) this.#life.kill(instance);
    if (app.upgrade === null) {
      for (const [slot, instance] of app.slots.entries()) {
        if (app.slotWanted[slot] === 1 && (instance === undefined || instance.decommissioned)) this.#life.schedule(app, slot);
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
    for (const instance of app.waiting.slice()) this.#life.kill(instance, true);
    app.configure(shape, this.#specOf(shape), this.#placeOf(shape));
    app.servicePorts = this.#servicePorts.assign(app.spec.servicePorts);
    if (this.#dependencies.waits(app)) return;
    this.#life.health.watch(app);
    app.upgrade = new Upgrade(app, {
      kill: (instance) => this.#life.kill(instance),
      start: (slot) => this.#life.schedule(app, slot),
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
    const instance = this.#life.instanceAt(row);
    const { app } = instance;
    const before = tasks.frameworkState[row];
    tasks.frameworkState[row] = state;
    if (!isTerminal(state)) {
      if (state === TaskState.running && before !== TaskState.running) this.#queue.tokens.add(nowUs);
      if (instance.version === app.version) app.progressed(nowUs);
      if (state === TaskState.running) this.#life.runs(instance);
      return;
    }
    if (state === TaskState.unreachable && this.#life.outlives(instance)) {
      this.#life.loseSight(instance);
      return;
    }
    // KILLED, LOST and UNREACHABLE do not count against the app.
    if ((state === TaskState.failed || state === TaskState.finished || state === TaskState.dropped || state === TaskState.gone) && instance.version === app.version) this.#queue.failed(app);
    this.#life.gone(instance, reason !== Reason.invalidOffers);
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

  #deploy(app: App): void {
    this.#life.health.watch(app);
    for (let slot = 0; slot < app.slots.length; slot++) if (app.slotWanted[slot] === 1) this.#life.schedule(app, slot);
    this.#queue.wantOffers(true);
  }
}
