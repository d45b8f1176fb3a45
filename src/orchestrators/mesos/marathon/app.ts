import { FieldCounts } from './constraints/field-counts.ts';
import type { AppSpec } from './app-spec.ts';
import { LaunchBackoff } from './launch-backoff.ts';
import type { HealthChecks } from './health-checks.ts';
import { Condition, type Instance } from './instance.ts';
import type { Upgrade } from './upgrade.ts';

/** An app as Marathon keeps it: a service job, its settings, its instances. */
export class App {
  readonly job: number;
  readonly id: string;
  /** Instances that should exist. */
  wanted: number;
  /** Whether each task of the job should have an instance. */
  readonly slotWanted: Uint8Array;
  /** The instance that stands for each task of the job, if there is one. */
  readonly slots: (Instance | undefined)[];
  /** Instances beside those in slots: on their way out, or given up and not forgotten. */
  readonly others = new Set<Instance>();
  /** Instances to be launched, in order. */
  readonly waiting: Instance[] = [];
  /** Counts configurations: 0 is the first. */
  version = 0;
  shape: number;
  spec: AppSpec;
  backoff: LaunchBackoff;
  /** Per constraint of the app: values of its field over the counted instances. */
  counts: readonly FieldCounts[] = [];
  servicePorts: readonly number[] = [];
  upgrade: Upgrade | null = null;
  health: HealthChecks | null = null;
  /** Has been up as a whole once: apps that depend on it may start. */
  deployed = false;
  /** Instances of the present configuration that are healthy and ready. */
  up = 0;

  constructor(job: number, id: string, size: number, wanted: number, shape: number, spec: AppSpec) {
    this.job = job;
    this.id = id;
    this.wanted = wanted;
    this.shape = shape;
    this.spec = spec;
    this.slots = Array.from<Instance | undefined>({ length: size }).fill(undefined);
    this.slotWanted = new Uint8Array(size).fill(1, 0, wanted);
    this.backoff = new LaunchBackoff(spec.backoff);
    this.counts = spec.constraints.map(() => new FieldCounts());
  }

  /** Gives the app another configuration: constraints count from now on, the back-off is over. */
  configure(shape: number, spec: AppSpec): void {
    this.version++;
    this.shape = shape;
    this.spec = spec;
    this.backoff = new LaunchBackoff(spec.backoff);
    this.counts = spec.constraints.map(() => new FieldCounts());
    this.up = 0;
  }

  /** All instances that are not gone. */
  instances(): Instance[] {
    return [...this.slots.filter((instance) => instance !== undefined), ...this.others];
  }

  /** Whether an instance is what a deployment waits for. */
  isUp(instance: Instance): boolean {
    return instance.condition === Condition.running && instance.healthy && instance.ready && !instance.decommissioned;
  }
}
