import { RecordKind } from '../../../metrics/log.ts';
import type { FrameworkParts } from '../framework-parts.ts';
import type { SchedulerDriver } from '../master/scheduler-driver.ts';
import { Holder } from '../task-table.ts';
import type { AgentFields } from './agent-fields.ts';
import type { App } from './app.ts';
import { AppHealth } from './app-health.ts';
import { HostPorts } from './host-ports.ts';
import { Condition, Instance } from './instance.ts';
import { KillRetries } from './kill-retries.ts';
import type { LaunchQueue } from './launch-queue.ts';
import type { MarathonOptions } from './marathon-options.ts';
import { OverdueLaunches } from './overdue-launches.ts';
import { UnreachableInstances } from './unreachable-instances.ts';

/** What the life of instances means to their framework. */
export interface InstanceLifePort {
  /** The app has not been removed. */
  exists(app: App): boolean;
  /** An app is up as a whole for the first time. */
  deployed(): void;
}

/**
 * What becomes of instances: scheduled, launched, running, out of sight, told to end, gone, replaced (mesosphere/marathon 1.11, src/main/scala/mesosphere/marathon/core/instance, core/task).
 */
export class InstanceLife {
  readonly health: AppHealth;
  readonly hostPorts = new HostPorts();
  readonly #parts: FrameworkParts;
  readonly #driver: SchedulerDriver;
  readonly #fields: AgentFields;
  readonly #port: InstanceLifePort;
  readonly #overdue: OverdueLaunches;
  readonly #kills: KillRetries;
  readonly #unreachable: UnreachableInstances;
  /** Launched instances by their row in the task table. */
  readonly #byRow = new Map<number, Instance>();
  #queue!: LaunchQueue;
  #serial = 0;

  constructor(parts: FrameworkParts, options: MarathonOptions, driver: SchedulerDriver, fields: AgentFields, port: InstanceLifePort) {
    this.#parts = parts;
    this.#driver = driver;
    this.#fields = fields;
    this.#port = port;
    const { simulation } = parts.context;
    const component = `mesos/${parts.name}`;
    this.#kills = new KillRetries(simulation, component, options.killRetry, options.killsAtOnce, (instance) => driver.kill(instance.row));
    this.health = new AppHealth(parts, options, driver.endpoint, {
      changed: (instance, change) => this.#change(instance, change),
      overdue: (instance) => this.kill(instance),
    });
    const { taskLaunchTimeout, taskLaunchConfirmTimeout, taskLaunchSweep, taskLaunchSweepDelay } = options;
    this.#overdue = new OverdueLaunches(simulation, component, { timeoutUs: Math.min(taskLaunchTimeout, taskLaunchConfirmTimeout), firstUs: taskLaunchSweepDelay, intervalUs: taskLaunchSweep }, (instance) => this.#kills.add(instance));
    this.#unreachable = new UnreachableInstances(simulation, component, { sweepFirstUs: options.unreachableSweepDelay, sweepIntervalUs: options.unreachableSweep, reconcileFirstUs: options.reconciliationDelay, reconcileIntervalUs: options.reconciliation }, {
      inactive: (instance) => this.#giveUp(instance),
      expunge: (instance) => this.#forget(instance),
      reconcile: (instance) => driver.reconcile(instance.row),
    });
  }

  /** The queue in which instances wait to be launched. */
  connect(queue: LaunchQueue): void {
    this.#queue = queue;
  }

  /** A launched instance by its row in the task table. */
  instanceAt(row: number): Instance {
    return this.#byRow.get(row)!;
  }

  /** A new instance of the present configuration is to stand for a slot. */
  schedule(app: App, slot: number): void {
    const before = app.slots[slot];
    if (before !== undefined) app.setAside(before);
    const instance = new Instance(app, this.#parts.context.workload.firstTask(app.job) + slot, slot, app.version, app.shape, ++this.#serial);
    app.slots[slot] = instance;
    this.#queue.add(instance);
  }

  /** Launches an instance on an agent; its row in the task table. */
  launch(instance: Instance, agent: number, resources: Float64Array, draw: () => number): number {
    const { tasks, context } = this.#parts;
    const { app } = instance;
    instance.row = tasks.launch(instance.task, instance.shape, agent, this.#driver.framework, app.place.role, resources);
    instance.agent = agent;
    instance.condition = Condition.staging;
    instance.launchedUs = context.simulation.nowUs;
    instance.hostPorts = this.hostPorts.take(agent, app.spec.hostPorts, draw);
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

  /** It runs, as its master says. */
  runs(instance: Instance): void {
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
      this.health.runs(instance);
    }
  }

  /** An instance is back that was replaced while it was out of sight: one of the two has to go. Answers whether it is the one that stays. */
  #stays(instance: Instance): boolean {
    const { app, slot } = instance;
    const other = app.slots[slot];
    if (instance.version !== app.version || (other !== undefined && app.spec.killSelection === 'OLDEST_FIRST') || app.slotWanted[slot] === 0) {
      // It can be told to end now that it is in sight.
      instance.condition = Condition.running;
      this.kill(instance);
      return false;
    }
    app.takeBack(instance);
    app.slots[slot] = instance;
    if (other === undefined) return true;
    if (app.isUp(other)) app.up--;
    app.setAside(other);
    this.kill(other);
    return true;
  }

  /** Whether an instance that is out of sight is waited for. */
  outlives({ app, decommissioned }: Instance): boolean {
    return !decommissioned && this.#port.exists(app) && (app.spec.inactiveAfterUs > 0 || app.spec.expungeAfterUs > 0);
  }

  /** Its agent is out of sight. */
  loseSight(instance: Instance): void {
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
    this.gone(instance, instance.condition === Condition.unreachable);
    this.#queue.wantOffers(true);
  }

  /** Tells it to end. @param atOnce it was never launched: nobody replaces it */
  kill(instance: Instance, atOnce = false): void {
    if (instance.decommissioned) return;
    this.#change(instance, isDecommissioned);
    const { app, condition } = instance;
    if (condition === Condition.scheduled) {
      this.#queue.remove(instance);
      if (atOnce) {
        instance.condition = Condition.gone;
        app.slots[instance.slot] = undefined;
      } else this.gone(instance, false);
    } else if (condition === Condition.unreachable || condition === Condition.unreachableInactive) this.gone(instance, false);
    else this.#kills.add(instance);
  }

  /** The end of an instance is known. */
  gone(instance: Instance, decide: boolean): void {
    const { app } = instance;
    this.#uncount(instance);
    this.#overdue.delete(instance);
    this.#unreachable.delete(instance);
    this.#change(instance, isGone);
    this.#kills.delete(instance);
    if (instance.row >= 0) {
      this.hostPorts.give(instance.agent, instance.hostPorts);
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
      this.schedule(app, slot);
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
    this.#port.deployed();
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
