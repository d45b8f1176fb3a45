import { AgentOrder } from './agent-order.ts';
import { FreeTree } from './free-tree.ts';
import type { ResourceColumns } from './resource-columns.ts';

/**
 * What the allocator knows of agents: totals and what is neither offered nor used, in integer thousandths, one row per agent. Keeps the sum over all agents that
 * can be offered now, so that offering everything to one framework costs nothing per agent.
 */
export class AgentBooks {
  readonly width: number;
  readonly capacity: number;
  readonly names: (string | undefined)[] = [];
  readonly total: Float64Array;
  readonly free: Float64Array;
  readonly known: Uint8Array;
  /** Activated and on the whitelist. */
  readonly active: Uint8Array;
  /** Known, but not active. */
  readonly inactive = new Set<number>();
  readonly hasGpus: Uint8Array;
  readonly multiRole: Uint8Array;
  /** Known, active, not held by an outstanding bulk of listed agents, and at least the minimum free. */
  readonly offerable: Uint8Array;
  /** Value of {@link serial} when the agent last became offerable: it is not part of what was offered in bulk before. */
  readonly offerableSince: Float64Array;
  /** Agents that became offerable while everything was offered in bulk; null = nothing is. */
  joined: number[] | null = null;
  /** Numbers bulks and moments between them. */
  serial = 0;
  /** Serial of the bulk that holds the agent as a listed member; 0 = none. */
  readonly held: Int32Array;
  readonly tree: FreeTree;
  readonly order: AgentOrder;
  readonly offerableSum: Float64Array;
  offerableCount = 0;
  readonly #minimum: readonly Float64Array[];

  /** @param minimum sets of quantities per column name, any of which makes an agent worth offering (`--min_allocatable_resources`) */
  constructor(columns: ResourceColumns, capacity: number, minimum: readonly Float64Array[]) {
    this.width = columns.count;
    this.capacity = capacity;
    this.total = new Float64Array(capacity * this.width);
    this.free = new Float64Array(capacity * this.width);
    this.known = new Uint8Array(capacity);
    this.active = new Uint8Array(capacity);
    this.hasGpus = new Uint8Array(capacity);
    this.multiRole = new Uint8Array(capacity).fill(1);
    this.offerable = new Uint8Array(capacity);
    this.held = new Int32Array(capacity);
    this.offerableSince = new Float64Array(capacity);
    this.tree = new FreeTree(capacity, this.width);
    this.order = new AgentOrder(capacity);
    this.offerableSum = new Float64Array(this.width);
    this.#minimum = minimum.map((set) => Float64Array.from(columns.columns, (_, c) => set[columns.nameOf[c]!]!));
  }

  /** Adds `sign * vector` to what is free on an agent. */
  change(agent: number, vector: ArrayLike<number>, sign: 1 | -1): void {
    const { free, width, offerableSum } = this;
    const base = agent * width;
    const counted = this.offerable[agent] === 1;
    for (let c = 0; c < width; c++) {
      const amount = sign * vector[c]!;
      free[base + c]! += amount;
      if (counted) offerableSum[c]! += amount;
      if (free[base + c]! < 0) throw new Error(`agent ${this.names[agent]} would have ${free[base + c]} thousandths of column ${c} free`);
    }
    this.refresh(agent);
  }

  /** A bulk of listed agents holds the agent from now on. */
  hold(agent: number, serial: number): void {
    this.held[agent] = serial;
    this.#count(agent);
  }

  /** The bulk that held the agent has been answered. */
  letGo(agent: number): void {
    this.held[agent] = 0;
    this.#count(agent);
  }

  /** Takes back what a framework had set aside on an agent. */
  restore(agent: number): void {
    for (let c = 0; c < this.width; c++) {
      if (this.tree.at(agent, c) === this.free[agent * this.width + c]) continue;
      this.refresh(agent);
      return;
    }
  }

  /** Recomputes whether an agent can be offered. */
  refresh(agent: number): void {
    this.#count(agent);
    this.tree.set(agent, this.free, agent * this.width, this.known[agent] === 1 && this.active[agent] === 1);
  }

  #count(agent: number): void {
    const { width, free } = this;
    const base = agent * width;
    const usable = this.known[agent] === 1 && this.active[agent] === 1 && this.held[agent] === 0;
    const now = usable && this.#worthOffering(base) ? 1 : 0;
    if (now !== this.offerable[agent]) {
      const sign = now === 1 ? 1 : -1;
      for (let c = 0; c < width; c++) this.offerableSum[c]! += sign * free[base + c]!;
      this.offerableCount += sign;
      if (now === 1) {
        this.offerableSince[agent] = ++this.serial;
        this.joined?.push(agent);
      }
      this.offerable[agent] = now;
    }
  }

  #worthOffering(base: number): boolean {
    if (this.#minimum.length === 0) {
      for (let c = 0; c < this.width; c++) if (this.free[base + c]! > 0) return true;
      return false;
    }
    for (const set of this.#minimum) {
      let enough = true;
      for (let c = 0; c < this.width; c++) if (this.free[base + c]! < set[c]!) enough = false;
      if (enough) return true;
    }
    return false;
  }
}
