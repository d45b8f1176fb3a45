import type { DrfSorter } from './drf-sorter.ts';
import { OfferFilters } from './offer-filters.ts';
import type { RandomSorter } from './random-sorter.ts';

/** A framework as the allocator knows it. */
export interface AllocatorFramework {
  readonly index: number;
  readonly name: string;
  active: boolean;
  /** Has the GPU_RESOURCES capability. */
  readonly gpuResources: boolean;
  /** Has the REVOCABLE_RESOURCES capability. */
  readonly revocableResources: boolean;
  readonly subscriptions: Subscription[];
}

/** A role with the frameworks subscribed to it. */
export interface AllocatorRole {
  readonly name: string;
  /** Top-level ancestor, which quota is charged to. */
  readonly top: string;
  readonly sorter: DrfSorter | RandomSorter;
  readonly subscriptions: Map<string, Subscription>;
  /** Per column: unreserved, or reserved to the role or an ancestor. */
  readonly allocatable: Uint8Array;
  /** Per column: reserved to exactly this role. */
  readonly ownReservation: Uint8Array;
}

/** One framework in one role: what can be suppressed, revived, filtered and offered to. */
export class Subscription {
  readonly framework: AllocatorFramework;
  readonly role: AllocatorRole;
  readonly filters: OfferFilters;
  suppressed: boolean;
  /** Own sets of minimum quantities per resource name; undefined = the global ones. */
  minimum: readonly Float64Array[] | undefined;
  /** Every agent may be offerable to it: nothing has been ruled out yet. */
  open = true;
  /** Otherwise: the agents that may be to it alone (a filter has ended); agents that have changed are in the state's list for all. */
  maybe: number[] = [];
  /** Made when it is first needed. */
  #inMaybe: Uint8Array | null = null;
  readonly #agentCapacity: number;

  constructor(framework: AllocatorFramework, role: AllocatorRole, suppressed: boolean, agentCapacity: number, width: number) {
    this.framework = framework;
    this.role = role;
    this.suppressed = suppressed;
    this.filters = new OfferFilters(agentCapacity, width);
    this.#agentCapacity = agentCapacity;
  }

  get active(): boolean {
    return this.framework.active && !this.suppressed;
  }

  /** An agent may have become offerable. */
  consider(agent: number): void {
    if (this.open || !this.active) return;
    this.#inMaybe ??= new Uint8Array(this.#agentCapacity);
    if (this.#inMaybe[agent] === 1) return;
    this.#inMaybe[agent] = 1;
    this.maybe.push(agent);
  }

  /** Whether an agent is one of {@link maybe}. */
  considers(agent: number): boolean {
    return this.#inMaybe !== null && this.#inMaybe[agent] === 1;
  }

  /** Anything may have become offerable. */
  reopen(): void {
    this.open = true;
    this.forget();
  }

  /** Keeps only those agents that may still be offerable. */
  prune(keep: (agent: number) => boolean): void {
    const kept: number[] = [];
    for (const agent of this.maybe) {
      if (keep(agent)) kept.push(agent);
      else this.#inMaybe![agent] = 0;
    }
    this.maybe = kept;
  }

  forget(): void {
    for (const agent of this.maybe) this.#inMaybe![agent] = 0;
    this.maybe = [];
  }
}
