import { AgentBooks } from './agent-books.ts';
import type { AllocatorParts } from './allocator-parts.ts';
import { BulkOffers } from './bulk-offers.ts';
import { ClusterTotal } from './client-tree.ts';
import { DrfSorter } from './drf-sorter.ts';
import type { Offers } from './offers.ts';
import type { Quota } from './quota.ts';
import { RandomSorter } from './random-sorter.ts';
import { type AllocatorFramework, type AllocatorRole, Subscription } from './subscription.ts';

/** Where a role stands in its sorter: position from 0 among so many, weighted dominant share. */
export interface RoleStanding {
  readonly position: number;
  readonly roles: number;
  readonly share: number;
}

/** The allocator's books: agents, roles, frameworks, sorters, quota, and what is offered at present. Cycles read and change them. */
export class AllocatorState {
  readonly parts: AllocatorParts;
  readonly books: AgentBooks;
  readonly total: ClusterTotal;
  readonly minimum: readonly Float64Array[];
  readonly roleSorter: DrfSorter | RandomSorter;
  readonly roles = new Map<string, AllocatorRole>();
  readonly frameworks: (AllocatorFramework | undefined)[] = [];
  readonly subscriptions: Subscription[] = [];
  readonly quotas = new Map<string, Quota>();
  /** Per top-level role: unreserved, non-revocable resources offered or used, by name. */
  readonly charged = new Map<string, Float64Array>();
  readonly outstanding = new Set<Offers>();
  /** Outstanding bulk over everything; at most one. */
  all: BulkOffers | null = null;
  agentsWithoutMultiRole = 0;
  /** Static partitioning: framework index per agent; null = all are shared. */
  owners: Int32Array | null = null;
  /** Role that all resources of an agent are reserved to, '' = unreserved; null = none is. */
  reservedRoles: readonly string[] | null = null;
  agentsWithGpus = 0;
  /** Agents that may have become offerable to any active framework since the last cycle over all agents. */
  recent: number[] = [];
  readonly #inRecent: Uint8Array;
  /** Subscriptions with filters that are implied by the free resources of agents. */
  readonly #massFilters = new Set<Subscription>();
  readonly #standings = new WeakMap<Offers, RoleStanding>();
  readonly #excluded: Uint8Array;

  constructor(parts: AllocatorParts) {
    this.parts = parts;
    const { columns, options } = parts;
    this.total = new ClusterTotal(columns.names.length);
    this.#excluded = Uint8Array.from(columns.names, (name) => (options.fairnessExcluded.includes(name) || columns.columns.some((column) => column.name === name && !column.scalar) ? 1 : 0));
    this.minimum = this.minimumSets(options.minAllocatable);
    this.#inRecent = new Uint8Array(parts.agentCapacity);
    this.books = new AgentBooks(columns, parts.agentCapacity, this.minimum);
    this.roleSorter =
      options.roleSorter === 'drf'
        ? new DrfSorter({ total: this.total, excluded: this.#excluded, staleInternalWeights: options.staleInternalWeights })
        : new RandomSorter(columns.names.length, options.staleInternalWeights, parts.draw);
  }

  /** Books resources to (or back from) a framework in both sorters and in what its top-level role is charged with. */
  book(subscription: Subscription, resources: ArrayLike<number>, sign: 1 | -1, counts = true, times = 1): void {
    const { role, framework } = subscription;
    const { columns } = this.parts;
    const quantities = columns.plain ? resources : columns.byName(resources);
    if (sign === -1) {
      role.sorter.unallocated(framework.name, quantities);
      this.roleSorter.unallocated(role.name, quantities);
    } else if (counts) {
      role.sorter.allocated(framework.name, quantities, times);
      this.roleSorter.allocated(role.name, quantities, times);
    } else {
      const nothing = new Float64Array(columns.names.length);
      role.sorter.update(framework.name, nothing, quantities);
      this.roleSorter.update(role.name, nothing, quantities);
    }
    let charged = this.charged.get(role.top);
    if (charged === undefined) this.charged.set(role.top, (charged = new Float64Array(columns.names.length)));
    for (let c = 0; c < columns.columns.length; c++) {
      const column = columns.columns[c]!;
      if (column.reservedTo === '' && !column.revocable && column.scalar) charged[columns.nameOf[c]!]! += sign * resources[c]!;
    }
  }

  /** Whether cycles may offer in bulk: nothing is reserved, limited or revocable, and no framework has minimum quantities of its own. */
  plain(): boolean {
    return this.parts.columns.plain && this.quotas.size === 0 && this.subscriptions.every((subscription) => subscription.minimum === undefined);
  }

  /** Roles in the order of the sorter, with their weighted dominant shares; null = the order is random. */
  roleShares(): (readonly [string, number])[] | null {
    const { roleSorter } = this;
    return roleSorter instanceof DrfSorter ? roleSorter.sort().map((role) => [role, roleSorter.shareOf(role)] as const) : null;
  }

  keepStanding(offers: Offers, order: readonly (readonly [string, number])[]): void {
    const position = order.findIndex(([role]) => role === offers.role);
    if (position >= 0) this.#standings.set(offers, { position, roles: order.length, share: order[position]![1] });
  }

  /** Where a role stood in the sorter at the beginning of the cycle that made these offers. */
  standingOf(offers: Offers): RoleStanding | undefined {
    return this.#standings.get(offers);
  }

  heldByBulk(agent: number): boolean {
    return this.books.held[agent] !== 0 || (this.all !== null && this.all.covers(agent));
  }

  /** The outstanding bulk that offers what the books hold free on an agent. */
  bulkCovering(agent: number): BulkOffers | undefined {
    if (this.all !== null && this.all.covers(agent)) return this.all;
    if (this.books.held[agent] === 0) return undefined;
    for (const offers of this.outstanding) if (offers instanceof BulkOffers && offers.serial === this.books.held[agent]) return offers;
    return undefined;
  }

  beforeChange(agent: number): void {
    const { free, width } = this.books;
    for (const subscription of this.#massFilters) {
      if (subscription.filters.sparse) this.#massFilters.delete(subscription);
      else subscription.filters.beforeChange(agent, free, agent * width);
    }
  }

  /** The subscription has filters that have to be written down before free resources change. */
  filteredInBulk(subscription: Subscription): void {
    this.#massFilters.add(subscription);
  }

  /** An agent may have become offerable to anybody. */
  consider(agent: number): void {
    if (this.#inRecent[agent] === 1) return;
    this.#inRecent[agent] = 1;
    this.recent.push(agent);
  }

  /** Whether there is another framework that what comes back from this one may be offered to, and that is not to look at everything anyway. */
  othersThan(subscription: Subscription | undefined): boolean {
    return this.subscriptions.some((other) => other !== subscription && other.active && !other.open);
  }

  isRecent(agent: number): boolean {
    return this.#inRecent[agent] === 1;
  }

  /** After a cycle over all agents: what a framework has been offered in bulk may come back from it, everything else is settled. */
  settleRecent(): void {
    const { all } = this;
    const holder = all === null ? undefined : this.subscriptionOf(all);
    const others = all !== null && this.subscriptions.some((subscription) => subscription !== holder && subscription.active);
    const kept: number[] = [];
    for (const agent of this.recent) {
      if (others && all.covers(agent)) kept.push(agent);
      else this.#inRecent[agent] = 0;
    }
    this.recent = kept;
  }

  /** Agents by their position in this cycle. */
  inOrder(agents: readonly number[]): number[] {
    const { order } = this.books;
    order.rekey(this.parts.orderSeed, this.parts.simulation.nowUs, 0);
    if (agents.length < 2) return [...agents];
    if (agents.length * DENSE > order.size) {
      // Most agents are in: walking the positions is cheaper than sorting them.
      const chosen = new Uint8Array(order.size);
      for (const agent of agents) chosen[agent] = 1;
      const ordered: number[] = [];
      for (let position = 0; position < order.size; position++) {
        const agent = order.agentAt(position);
        if (chosen[agent] === 1) ordered.push(agent);
      }
      return ordered;
    }
    const keys = Float64Array.from(agents, (agent) => order.positionOf(agent) * POSITION_UNIT + agent).sort();
    return Array.from(keys, (key) => key % POSITION_UNIT);
  }

  /** Whole agents for one framework, held until answered. */
  members(subscription: Subscription, agents: readonly number[], booked = false): BulkOffers {
    const { books } = this;
    const sum = new Float64Array(books.width);
    const serial = ++books.serial;
    for (const agent of agents) {
      for (let c = 0; c < books.width; c++) sum[c]! += books.free[agent * books.width + c]!;
      books.hold(agent, serial);
    }
    if (!booked) this.book(subscription, sum, 1, true, agents.length);
    return new BulkOffers(books, subscription.framework.index, subscription.role.name, serial, agents, sum, agents.length, this.parts.orderSeed, this.parts.simulation.nowUs);
  }

  role(name: string): AllocatorRole {
    let role = this.roles.get(name);
    if (role !== undefined) return role;
    const { columns, options } = this.parts;
    role = {
      name,
      top: name.split('/')[0]!,
      sorter:
        options.frameworkSorter === 'random'
          ? new RandomSorter(columns.names.length, options.staleInternalWeights, this.parts.draw)
          : new DrfSorter({ total: this.total, excluded: this.#excluded, staleInternalWeights: options.staleInternalWeights }),
      subscriptions: new Map(),
      allocatable: Uint8Array.from(columns.columns, ({ reservedTo }) => (reservedTo === '' || reservedTo === name || name.startsWith(`${reservedTo}/`) ? 1 : 0)),
      ownReservation: Uint8Array.from(columns.columns, ({ reservedTo }) => (reservedTo === name ? 1 : 0)),
    };
    this.roles.set(name, role);
    this.roleSorter.add(name);
    this.roleSorter.activate(name);
    return role;
  }

  framework(index: number): AllocatorFramework {
    const framework = this.frameworks[index];
    if (framework === undefined) throw new Error(`no framework ${index}`);
    return framework;
  }

  chosen(index: number, roles: readonly string[] | undefined): Subscription[] {
    return this.framework(index).subscriptions.filter((subscription) => roles === undefined || roles.includes(subscription.role.name));
  }

  subscriptionOf(offers: Offers): Subscription | undefined {
    return this.subscription(offers.framework, offers.role);
  }

  /** What of an agent's free resources a framework may be offered in a role, by column. */
  available({ role, framework }: Subscription, agent: number, into: Float64Array): void {
    const { free, width } = this.books;
    const { columns } = this.parts.columns;
    for (let c = 0; c < width; c++) into[c] = role.allocatable[c] === 1 && (!columns[c]!.revocable || framework.revocableResources) ? free[agent * width + c]! : 0;
  }

  capable(subscription: Subscription, agent: number): boolean {
    const { books } = this;
    if (this.reservedRoles !== null && !mayUse(subscription.role.name, this.reservedRoles[agent]!)) return false;
    if (books.multiRole[agent] === 0 || (this.owners !== null && this.owners[agent] !== subscription.framework.index)) return false;
    return books.hasGpus[agent] === 0 || subscription.framework.gpuResources || !this.parts.options.filterGpuResources;
  }

  /** Sets by name index. A set that asks for a resource nobody has can never be met. */
  minimumSets(sets: readonly ReadonlyMap<string, number>[]): Float64Array[] {
    const { names } = this.parts.columns;
    return sets.map((set) => {
      const possible = [...set].every(([name, amount]) => amount <= 0 || names.includes(name));
      return Float64Array.from(names, (name) => (possible ? (set.get(name) ?? 0) : Infinity));
    });
  }

  /** What a framework has subscribed to; undefined when it is gone. */
  subscription(framework: number, role: string): Subscription | undefined {
    const subscriptions = this.frameworks[framework]?.subscriptions ?? [];
    for (const subscription of subscriptions) if (subscription.role.name === role) return subscription;
    return undefined;
  }

  /** Whether an agent can be offered to a framework now. */
  eligible(subscription: Subscription, agent: number): boolean {
    const { books } = this;
    if (books.offerable[agent] === 0 || (this.all !== null && this.all.covers(agent))) return false;
    return this.capable(subscription, agent) && !subscription.filters.blocks(agent, books.free, agent * books.width);
  }
}

/** Whether a role may have what is reserved to another: to itself, or to one that it is below of. */
function mayUse(role: string, reservedTo: string): boolean {
  return reservedTo === '' || role === reservedTo || role.startsWith(`${reservedTo}/`);
}

const POSITION_UNIT = 16_777_216;
/** From this share of all positions on (one in so many), agents are put in order by walking the positions. */
const DENSE = 16;
