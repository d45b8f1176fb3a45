import type { App } from './app.ts';

/** Where an instance stands in Marathon's eyes (src/main/scala/mesosphere/marathon/core/condition/Condition.scala); provisioned, staging and starting are one. */
export const Condition = { scheduled: 0, staging: 1, running: 2, unreachable: 3, unreachableInactive: 4, gone: 5 } as const;
export type Condition = (typeof Condition)[keyof typeof Condition];

/** One instance of an app: wanted, launched or running. */
export class Instance {
  readonly app: App;
  /** Task of the workload that it stands for. */
  readonly task: number;
  /** Place among the tasks of its job. */
  readonly slot: number;
  /** Which configuration of the app it has: counts updates. */
  readonly version: number;
  readonly shape: number;
  /** Tells instances of a framework apart, in order of creation. */
  readonly serial: number;
  condition: Condition = Condition.scheduled;
  /** Row in the task table; -1 = none. */
  row = -1;
  agent = -1;
  launchedUs = 0;
  runningSinceUs = 0;
  unreachableSinceUs = 0;
  /** Its goal is to be gone. */
  decommissioned = false;
  healthy = false;
  everHealthy = false;
  /** Failed health checks in a row. */
  failures = 0;
  ready = false;
  hostPorts: readonly number[] = [];

  constructor(app: App, task: number, slot: number, version: number, shape: number, serial: number) {
    this.app = app;
    this.task = task;
    this.slot = slot;
    this.version = version;
    this.shape = shape;
    this.serial = serial;
  }
}
