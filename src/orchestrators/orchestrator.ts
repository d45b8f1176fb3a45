import type { Network } from '../engine/network.ts';
import type { KeyedRandom } from '../engine/random/keyed-random.ts';
import type { SequentialRandom } from '../engine/random/sequential-random.ts';
import type { Simulation } from '../engine/simulation.ts';
import type { Log } from '../metrics/log.ts';
import type { ClientPort } from '../workload/client.ts';
import type { NativeSettings, Shape } from '../workload/shape.ts';
import type { Workload } from '../workload/workload.ts';
import type { Containers } from '../world/containers.ts';
import type { MachineInventory } from '../world/machine-inventory.ts';
import type { Processes } from '../world/processes.ts';
import type { z } from 'zod';

/**
 * What an orchestrator gets: clock, network, processes, the container runtime of the machines, its own random numbers, the log and a bootstrap inventory.
 * Never the state of machines: what its components know of them they learn by messages.
 */
export interface OrchestratorContext {
  readonly simulation: Simulation;
  readonly network: Network;
  readonly processes: Processes;
  /** Only for components that run on the machine concerned (engine, agent, kubelet), through their supervisor. */
  readonly containers: Containers;
  /** What an operator would have configured: names, capacities, attributes. */
  readonly inventory: MachineInventory;
  /** Requests as submitted. */
  readonly workload: Workload;
  /** Requests as this system sees them, per shape index, after {@link OrchestratorDefinition.translate}; `null` = it cannot express the shape, no such task will be submitted. */
  readonly requests: readonly (Shape | null)[];
  /** Draws by key (phases, latencies). */
  readonly random: KeyedRandom;
  /** A stream of its own for decisions inside the orchestrator (ties, shuffles). */
  stream(name: string): SequentialRandom;
  readonly log: Log;
  readonly client: ClientPort;
  /** For components that real systems give access to their cloud's API: autoscalers, cloud controllers. */
  readonly cloud: Cloud;
  /** Task whose placement decisions are to be explained through {@link explained}; -1 = none. */
  readonly watchedTask: number;
  /** Takes the explanation of a decision about {@link watchedTask} at the moment it is made, from the policy's own snapshot. */
  explained(explanation: Explanation): void;
}

/** Why a task is where it is, or why it waits, in the words of the system modelled. */
export interface Explanation {
  /** The system's own name for the task's state: `Pending`, `TASK_STAGING`, `created`. */
  readonly state: string;
  /** One line as the real system would print it. */
  readonly summary: string;
  /** Verdict per machine that was looked at, in the order looked at. */
  readonly machines: readonly { readonly machine: string; readonly verdict: string; readonly score?: number }[];
}

/** One running orchestrator. The client calls it as its user would; everything else reaches it by messages and timers. */
export interface Orchestrator {
  /** Takes a job: all its tasks, one shape. */
  submit(job: number): void;
  /** Takes one task of a job again that was refused or failed before. */
  retry(task: number): void;
  /** Takes a job back: its tasks end or never start. */
  cancel(job: number): void;
  /** Forgets a finished task that still holds resources; only called where `capabilities.finishedTasksHoldResources`. */
  remove(task: number): void;
  /** Changes the number of tasks of a running service job that should exist; tasks beyond are stopped, highest first. Absent where the system has no such notion. */
  scale?(job: number, count: number): void;
  /**
   * Gives a running service job another version: from now on its tasks should have this shape (same requests; another image, failure share or native settings),
   * each instance replaced by the system's own rules for updates. Absent where the system has no such notion.
   */
  update?(job: number, shape: number): void;
  /**
   * Tasks that it would end if a job had only so many: for systems that choose by themselves. Asked before {@link scale}, which then ends these. Absent or undefined: the highest tasks go; when the
   * job grows again, the lowest that are missing come first in any case.
   */
  victims?(job: number, count: number): readonly number[] | undefined;
  /** Takes a machine out of service by the system's own route, or back in. */
  drain(machine: number, drained: boolean): void;
  /** Why the task waits or where it is now, as the system would say. */
  explain(task: number): Explanation;
  /** Broken invariants of the books, in words; empty when all is well. Called at the end of a run and by tests. */
  invariants(): string[];
}

/** The infrastructure that machines are instances of, as its API shows it to a control plane that may start and stop them. */
export interface Cloud {
  /** Whether the instance exists and is switched on; a hung or unreachable one is. */
  running(machine: number): boolean;
  start(machine: number): void;
  stop(machine: number): void;
}

/** What a system can express; used for translation, tests and the report's "threats to validity". */
export interface Capabilities {
  /** Requests that cannot be placed wait inside the system (true) or are refused to the client (false). */
  readonly queues: boolean;
  readonly gangs: boolean;
  readonly dependencies: boolean;
  readonly fractionalCpu: boolean;
  readonly gpu: boolean;
  readonly gpuShares: boolean;
  readonly constraints: boolean;
  readonly priorities: boolean;
  /** Finished containers count as used until the client removes them. */
  readonly finishedTasksHoldResources: boolean;
  /** Replaces services after the loss of their machine by itself. */
  readonly replacesLostServices: boolean;
  readonly replacesLostBatch: boolean;
}

/** One line of a translation table: what the system cannot express and what is done instead. */
export interface TranslationRule {
  /** Stable key for files: `cpu-ceil`, `gpu-share-whole`. */
  readonly key: string;
  readonly meaning: string;
}

/** Result of translating one shape. */
export interface Translation {
  /** The request as the system sees it; `null` = cannot be expressed. */
  readonly request: Shape | null;
  /** Keys of the rules that changed (or rejected) it; empty = expressed exactly. */
  readonly applied: readonly string[];
}

/** An orchestrator as registered: data about it and how to create one. */
export interface OrchestratorDefinition<Options = unknown> {
  /** `kubernetes`, `reference/fifo`. */
  readonly name: string;
  /** Version of the real system that is modelled; '' for ideals. */
  readonly models: string;
  readonly summary: string;
  readonly capabilities: Capabilities;
  /** Options with defaults; each default cites its source in its description. */
  readonly options: z.ZodType<Options>;
  readonly translations: readonly TranslationRule[];
  /** Formats of `Shape.native` that it interprets; a shape in another format counts as translated by the rule `foreign-settings`. */
  readonly nativeFormats?: readonly NativeSettings['format'][];
  /**
   * Options that may name a file in the system's own format, and how it is read: the scenario layer replaces the path by what `read` makes of the text (plain
   * data, which becomes part of the run's identity). `read` throws InputError naming file and line.
   */
  readonly optionFiles?: Readonly<Record<string, (text: string, file: string) => unknown>>;
  translate(shape: Shape, options: Options): Translation;
  /**
   * Whether options that name machines, jobs or images fit what is there: called before anything is run.
   * @throws InputError that names the option, what it names, and the nearest valid name
   */
  check?(options: Options, parts: { readonly inventory: MachineInventory; readonly workload: Workload }): void;
  create(context: OrchestratorContext, options: Options): Orchestrator;
}
