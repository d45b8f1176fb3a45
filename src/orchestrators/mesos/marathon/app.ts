import type { EntryChoice } from '../allocator/entry-choice.ts';
import { FieldCounts } from './constraints/field-counts.ts';
import type { AppSpec } from './app-spec.ts';
import { CLEANUP_INTERVAL_US, LaunchBackoff } from './launch-backoff.ts';
import type { HealthChecks } from './health-checks.ts';
import { Condition, type Instance } from './instance.ts';
import type { Upgrade } from './upgrade.ts';

const NO_COUNTS: readonly FieldCounts[] = [];

/** Where an app is launched. */
export interface AppPlace {
  readonly role: string;
  /** undefined where every resource has one entry. */
  readonly choice: EntryChoice | undefined;
}

/** An app as Marathon keeps it: a service job, its settings, its instances. */
export class App {
  readonly job: number;
  /** Instances that should exist. */
  wanted: number;
  /** Whether each task of the job should have an instance. */
  readonly slotWanted: number[];
  /** The instance that stands for each task of the job, if there is one. */
  readonly slots: (Instance | undefined)[];
  /** Instances beside those in slots: on their way out, or given up and not forgotten. */
  #others: Set<Instance> | undefined;
  /** Instances to be launched, in order. */
  readonly waiting: Instance[] = [];
  /** Counts configurations: 0 is the first. */
  version = 0;
  shape: number;
  spec: AppSpec;
  /** Role in whose offers it is launched, and the entries of them that it takes. */
  place: AppPlace;
  /** Since its first failure. */
  #backoff: LaunchBackoff | undefined;
  /** Per constraint of the app: values of its field over the counted instances. */
  counts: readonly FieldCounts[] = [];
  servicePorts: readonly number[] = [];
  upgrade: Upgrade | null = null;
  health: HealthChecks | null = null;
  /** Has been up as a whole once: apps that depend on it may start. */
  deployed = false;
  /** Instances of the present configuration that are healthy and ready. */
  up = 0;

  constructor(job: number, size: number, wanted: number, shape: number, spec: AppSpec, place: AppPlace) {
    this.place = place;
    this.job = job;
    this.wanted = wanted;
    this.shape = shape;
    this.spec = spec;
    this.slots = [];
    this.slotWanted = [];
    for (let slot = 0; slot < size; slot++) {
      this.slots.push(undefined);
      this.slotWanted.push(slot < wanted ? 1 : 0);
    }
    this.counts = spec.constraints.length === 0 ? NO_COUNTS : spec.constraints.map(() => new FieldCounts());
  }

  /** Gives the app another configuration: constraints count from now on, the back-off is over. */
  configure(shape: number, spec: AppSpec, place: AppPlace): void {
    this.place = place;
    this.version++;
    this.shape = shape;
    this.spec = spec;
    this.counts = spec.constraints.length === 0 ? NO_COUNTS : spec.constraints.map(() => new FieldCounts());
    this.up = 0;
  }

  /** Earliest next launch; -Infinity when there is no back-off. */
  launchAfterUs(nowUs: number): number {
    return this.#cleanBackoff(nowUs)?.deadlineUs ?? -Infinity;
  }

  /** An instance of the present configuration failed or ended by itself. */
  failed(nowUs: number): void {
    (this.#cleanBackoff(nowUs) ?? (this.#backoff = new LaunchBackoff(this.spec.backoff))).fail(nowUs);
  }

  /** An instance of the present configuration was launched or runs. */
  progressed(nowUs: number): void {
    this.#cleanBackoff(nowUs)?.advance(nowUs);
  }

  /** The back-off as the last clean-up left it. */
  #cleanBackoff(nowUs: number): LaunchBackoff | undefined {
    this.#backoff?.cleanUp(nowUs - (nowUs % CLEANUP_INTERVAL_US));
    return this.#backoff;
  }

  /** All instances that are not gone. */
  instances(): Instance[] {
    const found = this.slots.filter((instance) => instance !== undefined);
    if (this.#others !== undefined) found.push(...this.#others);
    return found;
  }

  /** It no longer stands for its slot, but is not gone. */
  setAside(instance: Instance): void {
    (this.#others ??= new Set()).add(instance);
  }

  /** It stands for its slot again, or is gone. */
  takeBack(instance: Instance): void {
    this.#others?.delete(instance);
  }

  /** Whether an instance is what a deployment waits for. */
  isUp(instance: Instance): boolean {
    return instance.condition === Condition.running && instance.healthy && instance.ready && !instance.decommissioned;
  }
}
