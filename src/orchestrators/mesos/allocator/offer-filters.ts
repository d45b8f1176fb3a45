/** All filters that one message installed: they end together. */
export class FilterGroup {
  alive = true;
  /** Agents covered; `null` = every agent that was offered in bulk. */
  readonly agents: readonly number[] | null;
  readonly serial: number;

  constructor(serial: number, agents: readonly number[] | null) {
    this.serial = serial;
    this.agents = agents;
  }
}

interface Filter {
  readonly refused: Float64Array;
  readonly group: FilterGroup;
}

/**
 * What one framework has refused in one role. A filter blocks an offer only if what was refused contains it entry by entry (Apache Mesos 1.12,
 * src/master/allocator/mesos/hierarchical.cpp, `RefusedOfferFilter`): when more has become free, the agent is offered again.
 *
 * Filters of agents that have not changed since are kept as one mark for all of them; {@link beforeChange} writes the refused resources down when the free
 * resources of such an agent are about to change.
 */
export class OfferFilters {
  readonly #width: number;
  readonly #agentCount: number;
  readonly #explicit = new Map<number, Filter[]>();
  /** The living group that covers every agent but those marked exempt with its serial. */
  #all: FilterGroup | null = null;
  #exempt: Int32Array = NONE;
  /** Group per agent whose filter is implied by its free resources; 0 = none. */
  #implied: Int32Array = NONE;
  readonly #impliedGroups = new Map<number, FilterGroup>();

  constructor(agentCount: number, width: number) {
    this.#width = width;
    this.#agentCount = agentCount;
  }

  /** Whether nothing is filtered but, at most, some single agents. */
  get sparse(): boolean {
    return this.#all === null && this.#impliedGroups.size === 0;
  }

  /** Agents with filters of their own, dead ones possibly among them. */
  explicitAgents(): IterableIterator<number> {
    return this.#explicit.keys();
  }

  /** Whether an offer of this agent's free resources, or any part of them, is blocked because nothing has changed since they were refused. */
  impliedBlock(agent: number): boolean {
    if (this.#all !== null && this.#all.alive && this.#exempt[agent] !== this.#all.serial) return true;
    const serial = this.#impliedSerial(agent);
    return serial !== 0 && this.#impliedGroups.get(serial)?.alive === true;
  }

  /** Whether an offer of `vector[at ...]` from an agent is blocked. */
  blocks(agent: number, vector: ArrayLike<number>, at: number): boolean {
    if (this.impliedBlock(agent)) return true;
    const filters = this.#explicit.get(agent);
    if (filters === undefined) return false;
    let kept = 0;
    let blocked = false;
    for (const filter of filters) {
      if (!filter.group.alive) continue;
      filters[kept++] = filter;
      if (!blocked && contains(filter.refused, vector, at, this.#width)) blocked = true;
    }
    filters.length = kept;
    if (kept === 0) this.#explicit.delete(agent);
    return blocked;
  }

  /** Installs a filter with the refused resources written down. */
  add(agent: number, refused: Float64Array, group: FilterGroup): void {
    const filters = this.#explicit.get(agent);
    if (filters === undefined) this.#explicit.set(agent, [{ refused, group }]);
    else filters.push({ refused, group });
  }

  /** Covers every agent, as it is now, but those in `except`. */
  addAll(group: FilterGroup, except: Iterable<number>): void {
    if (this.#exempt === NONE) this.#exempt = new Int32Array(this.#agentCount);
    this.#all = group;
    for (const agent of except) this.#exempt[agent] = group.serial;
  }

  /** Covers the agents of the group as they are now. */
  addImplied(group: FilterGroup): void {
    if (this.#implied === NONE) this.#implied = new Int32Array(this.#agentCount);
    this.#impliedGroups.set(group.serial, group);
    for (const agent of group.agents!) this.#implied[agent] = group.serial;
  }

  /** The free resources of an agent, now `free[at ...]`, are about to change. */
  beforeChange(agent: number, free: Float64Array, at: number): void {
    const all = this.#all;
    if (all !== null && this.#exempt[agent] !== all.serial) {
      this.#exempt[agent] = all.serial;
      if (all.alive) this.add(agent, free.slice(at, at + this.#width), all);
    }
    const serial = this.#impliedSerial(agent);
    if (serial === 0) return;
    this.#implied[agent] = 0;
    const group = this.#impliedGroups.get(serial);
    if (group?.alive === true) this.add(agent, free.slice(at, at + this.#width), group);
  }

  /** The agent is no longer filtered: removed, or re-registered with other attributes. */
  removeAgent(agent: number): void {
    this.#explicit.delete(agent);
    if (this.#implied !== NONE) this.#implied[agent] = 0;
    if (this.#all !== null) this.#exempt[agent] = this.#all.serial;
  }

  #impliedSerial(agent: number): number {
    return this.#implied === NONE ? 0 : this.#implied[agent]!;
  }

  /** Ends the filters of one message. */
  expire(group: FilterGroup): void {
    group.alive = false;
    this.#impliedGroups.delete(group.serial);
    if (this.#all === group) this.#all = null;
  }

  /** Ends all filters: revive, deactivation. */
  clear(): void {
    if (this.#all !== null) this.#all.alive = false;
    this.#all = null;
    for (const group of this.#impliedGroups.values()) group.alive = false;
    this.#impliedGroups.clear();
    for (const filters of this.#explicit.values()) for (const filter of filters) filter.group.alive = false;
    this.#explicit.clear();
  }
}

/** Columns over agents are made when they are first needed: most frameworks of many never refuse in bulk. */
const NONE = new Int32Array(0);

function contains(refused: Float64Array, vector: ArrayLike<number>, at: number, width: number): boolean {
  for (let c = 0; c < width; c++) if (vector[at + c]! > refused[c]!) return false;
  return true;
}
