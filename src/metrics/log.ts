import { Digest } from '../engine/digest.ts';
import type { Simulation } from '../engine/simulation.ts';
import type { ExitOutcome } from '../world/exit-outcome.ts';
import type { MachineState, WorldObserver } from '../world/world-observer.ts';

/** The closed set of state-change records. `task`, `machine`, `fault` are indices; meaning of (a, b, c) per kind. */
export const RecordKind = {
  /** (task): the client submitted it for the first time. */
  submit: 1,
  /** (task): the orchestrator cannot express it; never submitted. */
  reject: 2,
  /** (task, reason): the orchestrator refused it; reason indexes {@link Log.reasons}. */
  refuse: 3,
  /** (task, machine): the orchestrator committed capacity of the machine to the task in its books. */
  bind: 4,
  /** (task, machine): the orchestrator took that back. */
  release: 5,
  /** (task, machine, container, GPU devices as bits): physically began to do work. */
  start: 6,
  /** (task, machine, outcome, container): a container physically ended; outcome is {@link ExitOutcome}, plus 16 if it had begun to do work. */
  end: 7,
  /** (task, outcome): over for the client, see {@link TaskOutcome}. */
  done: 8,
  /** (task, n): the client submitted it again for the n-th time. */
  retry: 9,
  /** (fault, phase, machine): 0 = began on the machine, 1 = ended. */
  fault: 10,
  /** (machine): the orchestrator holds the machine for failed. */
  detect: 11,
  /** (task): the orchestrator decided to replace an instance of the task. */
  decide: 12,
  /** (machine, state): {@link MachineState}. */
  machine: 13,
  /** (task, machine): an instance was pushed out by the orchestrator (eviction of a lost machine, node pressure). */
  evict: 14,
  /** (task, machine): an instance was pushed out for a more important one. */
  preempt: 15,
  /** (role, term): the role indexed by {@link Log.reasons} leads from now on; term -1 = nobody. */
  leader: 16,
  /** (task, machine): the view of a service that its clients use (DNS, endpoints, load balancer) began to hold the instance on this machine. */
  route: 17,
  /** (task, machine): it ceased to hold it. */
  unroute: 18,
} as const;
export type RecordKind = (typeof RecordKind)[keyof typeof RecordKind];

/** How a task ended for its client. */
export const TaskOutcome = {
  finished: 1,
  /** A service at the end of its lifetime, or a job taken back. */
  cancelled: 2,
  /** The client stopped trying: refused or failed too often. */
  gaveUp: 3,
} as const;
export type TaskOutcome = (typeof TaskOutcome)[keyof typeof TaskOutcome];

/** Quantities that are counted but are no state changes: outside the digest. */
export const Counter = {
  /** Placement decisions taken (successful or not). */
  decisions: 0,
  /** Simulated time that serial components were busy deciding, microseconds. */
  decisionUs: 1,
  /** Machines whose score or fit was evaluated one by one. */
  machinesScored: 2,
  offersSent: 3,
  offersDeclined: 4,
  /** Optimistic writes or commits that lost. */
  conflicts: 5,
  /** API writes. */
  writes: 6,
  /** Allocation or scheduling cycles executed. */
  cycles: 7,
} as const;
export const COUNTER_NAMES = Object.keys(Counter) as readonly (keyof typeof Counter)[];

/** What one serial component of a control plane (a scheduler, an allocator) has done: a row of components.csv. Outside the digest. */
export class Component {
  readonly name: string;
  /** Time spent deciding, microseconds, counted when a decision is complete. */
  busyUs = 0;
  /** Attempts to place a job. */
  decisions = 0;
  /** Of them transactions that went through whole. */
  commits = 0;
  /** Transactions that lost anything to another component. */
  conflicts = 0;
  /** Jobs given up. */
  abandoned = 0;
  /** Jobs that have come to their first attempt, and what they waited for it. */
  jobs = 0;
  waitUs = 0;

  constructor(name: string) {
    this.name = name;
  }

  firstAttempt(waitedUs: number): void {
    this.jobs++;
    this.waitUs += waitedUs;
  }
}

/** Receives every record as it is made; computes metrics while the run goes on. */
export interface Collector {
  /** @param d the fourth operand, for kinds that have one; never part of the digest */
  record(timeUs: number, kind: RecordKind, a: number, b: number, c: number, d?: number): void;
}

/** A collector that also follows the depth of the orchestrator's queue. */
export interface QueueDepthCollector extends Collector {
  queueDepthChanged(timeUs: number, depth: number): void;
}

/** A collector that also follows the pace at which machines work when their CPU is over-committed. */
export interface PaceCollector extends Collector {
  /** @param pace part of its undisturbed pace, in (0, 1] */
  paceChanged(timeUs: number, machine: number, pace: number): void;
}

/**
 * The log of a run: every state change goes through here once, into the digest and to the collectors. Nothing is stored.
 */
export class Log implements WorldObserver {
  readonly digest = new Digest();
  readonly counters = new Float64Array(COUNTER_NAMES.length);
  /** Texts that records refer to by index: reasons and role names, in order of first use. */
  readonly reasons: string[] = [];
  /** In order of creation. */
  readonly components: Component[] = [];
  readonly #reasonIndex = new Map<string, number>();
  readonly #simulation: Simulation;
  readonly #collectors: readonly Collector[];
  readonly #depthCollectors: readonly QueueDepthCollector[];
  readonly #paceCollectors: readonly PaceCollector[];

  constructor(simulation: Simulation, collectors: readonly Collector[]) {
    this.#simulation = simulation;
    this.#collectors = collectors;
    this.#depthCollectors = collectors.filter((collector): collector is QueueDepthCollector => 'queueDepthChanged' in collector);
    this.#paceCollectors = collectors.filter((collector): collector is PaceCollector => 'paceChanged' in collector);
  }

  record(kind: RecordKind, a: number, b = 0, c = 0, d = 0): void {
    const timeUs = this.#simulation.nowUs;
    this.digest.add(timeUs, kind, a, b, c);
    const collectors = this.#collectors;
    for (let i = 0; i < collectors.length; i++) collectors[i]!.record(timeUs, kind, a, b, c, d);
  }

  /** The index of a text, for records that carry one. */
  reason(text: string): number {
    let index = this.#reasonIndex.get(text);
    if (index === undefined) {
      index = this.reasons.push(text) - 1;
      this.#reasonIndex.set(text, index);
    }
    return index;
  }

  /** The accumulators of a component, by name. */
  component(name: string): Component {
    let component = this.components.find((other) => other.name === name);
    if (component === undefined) {
      component = new Component(name);
      this.components.push(component);
    }
    return component;
  }

  /** Adds to a {@link Counter}. */
  count(counter: number, amount = 1): void {
    this.counters[counter]! += amount;
  }

  /** The number of tasks that wait inside the orchestrator changed. */
  queueDepth(depth: number): void {
    for (const collector of this.#depthCollectors) collector.queueDepthChanged(this.#simulation.nowUs, depth);
  }

  containerRunning(task: number, machine: number, container: number, gpuMask: number): void {
    this.record(RecordKind.start, task, machine, container, gpuMask);
  }

  containerEnded(task: number, machine: number, container: number, outcome: ExitOutcome, ran: boolean): void {
    this.record(RecordKind.end, task, machine, outcome + (ran ? RAN : 0), container);
  }

  machineChanged(machine: number, state: MachineState): void {
    this.record(RecordKind.machine, machine, state);
  }

  /** What follows from the records of starts and ends: outside the digest. */
  paceChanged(machine: number, pace: number): void {
    for (const collector of this.#paceCollectors) collector.paceChanged(this.#simulation.nowUs, machine, pace);
  }
}

/** Added to the outcome of an `end` record when the container had begun to do work. */
export const RAN = 16;
