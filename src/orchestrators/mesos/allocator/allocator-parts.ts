import type { Simulation } from '../../../engine/simulation.ts';
import type { Unavailability } from './inverse-offers.ts';
import type { Offers } from './offers.ts';
import type { ResourceColumns } from './resource-columns.ts';

/** Settings of the allocator. */
export interface AllocatorOptions {
  readonly allocationIntervalUs: number;
  /** Quantities by name in thousandths; any set that is met makes an agent worth offering; no sets = anything is. */
  readonly minAllocatable: readonly ReadonlyMap<string, number>[];
  /** Resource names left out of shares. */
  readonly fairnessExcluded: readonly string[];
  readonly staleInternalWeights: boolean;
  readonly roleSorter: 'drf' | 'random';
  /** Order of frameworks within a role; default DRF. */
  readonly frameworkSorter?: 'drf' | 'random';
  /** Agents with GPUs are only offered to frameworks with GPU_RESOURCES. */
  readonly filterGpuResources: boolean;
}

/** What the allocator is made of and whom it tells. */
export interface AllocatorParts {
  readonly simulation: Simulation;
  readonly columns: ResourceColumns;
  readonly agentCapacity: number;
  readonly options: AllocatorOptions;
  /** Key of the order in which agents are visited. */
  readonly orderSeed: number;
  /** Keep where roles stood when offers were made, for explanations. */
  readonly keepsStandings?: boolean;
  /** Draws of the random role sorter. */
  readonly draw: () => number;
  /** Takes what a cycle offers, after the cycle. */
  readonly deliver: (offers: Offers) => void;
  /** A cycle has run that had anything to consider, over these agents (null = all), and this is what it offers. */
  readonly cycled: (agents: readonly number[] | null, results: readonly Offers[]) => void;
  /** Frameworks whose tasks use something on an agent; needed where maintenance is planned. */
  readonly users?: (agent: number) => Iterable<number>;
  /** An inverse offer: a framework is asked to give an agent back. */
  readonly ask?: (framework: number, agent: number, unavailability: Unavailability) => void;
}

/** A framework that subscribes. */
export interface FrameworkSpec {
  readonly name: string;
  readonly roles: readonly string[];
  readonly suppressedRoles?: readonly string[];
  /** False: subscribed, but not connected, as after a failover of the master. Default true. */
  readonly active?: boolean;
  readonly gpuResources?: boolean;
  readonly revocableResources?: boolean;
}

/** How an answered offer comes back. Microseconds; undefined = no filter. */
export interface AnswerFilters {
  /** For what is left of agents on which something was launched. */
  readonly used: number | undefined;
  /** For agents that were left alone. */
  readonly unused: number | undefined;
}
