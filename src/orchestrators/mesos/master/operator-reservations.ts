import type { Simulation } from '../../../engine/simulation.ts';
import type { MachineInventory } from '../../../world/machine-inventory.ts';
import type { HierarchicalAllocator } from '../allocator/hierarchical-allocator.ts';
import { isDynamic, namedBy, type Reservation } from '../reservations.ts';
import type { ResourceKinds } from '../resource-kinds.ts';

/** Refusal that the loser of an offer is taken to have given (src/master/http.cpp: a default Filters object). */
const DEFAULT_REFUSAL_US = 5_000_000;

/**
 * Reservations that an operator makes and undoes in the course of a run (Apache Mesos 1.12, docs/reservation.md, src/master/http.cpp, `reserveResources`, `unreserveResources`): each needs resources
 * that nobody uses, which offers are taken back for. Where too much is in use the master answers 409, and the operator's tool tries again.
 */
export class OperatorReservations {
  readonly #kinds: ResourceKinds;
  readonly #retryUs: number;
  readonly #simulation: Simulation;
  readonly #allocator: HierarchicalAllocator;
  readonly #orders: { readonly agent: number; readonly entry: Reservation; from: Float64Array | null; to: Float64Array | null }[] = [];
  readonly #reserveOp: number;
  readonly #unreserveOp: number;
  /** Answers of 409 so far. */
  conflicts = 0;

  /** @param known whether the master knows the agent at present */
  constructor(simulation: Simulation, inventory: MachineInventory, kinds: ResourceKinds, allocator: HierarchicalAllocator, reservations: readonly Reservation[], retryUs: number, known: (agent: number) => boolean) {
    this.#simulation = simulation;
    this.#kinds = kinds;
    this.#allocator = allocator;
    this.#retryUs = retryUs;
    this.#reserveOp = simulation.on('mesos/operator', (index) => {
      const order = this.#orders[index]!;
      const { from, to } = kinds.conversion(order.agent, order.entry);
      const until = order.entry.until ?? Infinity;
      // An operator whose reservation would be over gives up.
      if (simulation.nowUs >= until) return;
      if (!known(order.agent) || !this.#convert(order.agent, from, to)) this.#again(this.#reserveOp, index);
      else {
        order.from = from;
        order.to = to;
      }
    });
    this.#unreserveOp = simulation.on('mesos/operator', (index) => {
      const { agent, from, to } = this.#orders[index]!;
      if (from === null || to === null) return;
      if (!known(agent) || !this.#convert(agent, to, from)) this.#again(this.#unreserveOp, index);
    });
    for (const entry of reservations.filter(isDynamic)) {
      for (let agent = 0; agent < inventory.count; agent++) {
        if (!namedBy(entry, inventory, agent)) continue;
        const index = this.#orders.push({ agent, entry, from: null, to: null }) - 1;
        simulation.at(entry.from!, this.#reserveOp, index);
        if (entry.until !== undefined) simulation.at(entry.until, this.#unreserveOp, index);
      }
    }
  }

  #convert(agent: number, from: Float64Array, to: Float64Array): boolean {
    if (!this.#allocator.agents.convertFree(agent, from, to, DEFAULT_REFUSAL_US)) {
      this.conflicts++;
      return false;
    }
    this.#kinds.convert(agent, from, to);
    return true;
  }

  #again(operation: number, index: number): void {
    this.#simulation.after(this.#retryUs, operation, index);
  }
}
