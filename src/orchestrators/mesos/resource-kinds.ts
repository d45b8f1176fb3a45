import type { MachineInventory } from '../../world/machine-inventory.ts';
import { EntryChoice, type EntryUse } from './allocator/entry-choice.ts';
import { plainColumn, ResourceColumns } from './allocator/resource-columns.ts';
import { amountsOf, isDynamic, isWhole, namedBy, type Reservation } from './reservations.ts';
import { RESOURCE_NAMES } from './task-state.ts';
import { memoryThousandths } from './translate.ts';

/** What an agent has in all, by resource name: cpus and gpus as the machine has them, memory in whole MB (Apache Mesos 1.12, src/slave/containerizer/containerizer.cpp). */
export function machineTotal({ cpuMilli, memoryBytes, gpuCount }: MachineInventory, agent: number): Float64Array {
  return Float64Array.of(Math.floor(cpuMilli[agent]!), Math.floor(memoryThousandths(memoryBytes[agent]!) / 1000) * 1000, gpuCount[agent]! * 1000);
}

/** What decides which resource entries a run has. */
export interface ResourceSettings {
  readonly reservations: readonly Reservation[];
  /** There is quota. */
  readonly quota: boolean;
  /** Agents lend CPU that can be revoked. */
  readonly revocable: boolean;
  /** There are apps that take reserved, or unreserved, resources only. */
  readonly choosy: boolean;
}

/**
 * The resource entries of a run, and what agents register with. Without reservations of parts of agents, revocable CPU, or reservations beside quota, every resource is one entry, and whole agents
 * that are reserved are known by their role ({@link wholeAgents}): cycles then offer in bulk.
 */
export class ResourceKinds {
  readonly columns: ResourceColumns;
  /** Role that all resources of an agent are reserved to, '' = unreserved; null = none is, or entries say so. */
  readonly wholeAgents: readonly string[] | null;
  /** Column of revocable CPU; -1 = there is none. */
  readonly revocableCpus: number;
  readonly #inventory: MachineInventory;
  readonly #static: readonly Reservation[];
  /** Present split over entries of agents that have reservations. */
  readonly #split = new Map<number, Float64Array>();
  readonly #roles: readonly string[];
  readonly #choices = new Map<string, EntryChoice>();

  constructor(inventory: MachineInventory, { reservations, quota, revocable, choosy }: ResourceSettings) {
    this.#inventory = inventory;
    this.#static = reservations.filter((entry) => !isDynamic(entry));
    const bulk = !revocable && !((quota || choosy) && reservations.length > 0) && reservations.every((entry) => isWhole(entry) && !isDynamic(entry));
    this.#roles = bulk ? [] : [...new Set(reservations.map(({ role }) => role))];
    const columns = RESOURCE_NAMES.map(plainColumn);
    for (const role of this.#roles) for (const name of RESOURCE_NAMES) columns.push({ ...plainColumn(name), reservedTo: role });
    this.revocableCpus = revocable ? columns.push({ ...plainColumn('cpus'), revocable: true }) - 1 : -1;
    this.columns = new ResourceColumns(columns);
    this.wholeAgents = bulk && reservations.length > 0 ? inventory.names.map((_, agent) => this.#static.find((entry) => namedBy(entry, inventory, agent))?.role ?? '') : null;
    if (!bulk) for (let agent = 0; agent < inventory.count; agent++) this.#reserveStatic(agent);
  }

  /** What an agent registers with, by column; revocable CPU it reports later. */
  totalOf(agent: number): Float64Array {
    const total = this.#split.get(agent)?.slice() ?? new Float64Array(this.columns.count);
    if (!this.#split.has(agent)) total.set(machineTotal(this.#inventory, agent));
    return total;
  }

  /** The columns that a reservation on an agent takes from, with those that it gives to. */
  conversion(agent: number, entry: Reservation): { readonly from: Float64Array; readonly to: Float64Array } {
    const unreserved = this.totalOf(agent).subarray(0, RESOURCE_NAMES.length);
    const amounts = isWhole(entry) ? unreserved : amountsOf(entry);
    const from = new Float64Array(this.columns.count);
    const to = new Float64Array(this.columns.count);
    const first = RESOURCE_NAMES.length * (1 + this.#roles.indexOf(entry.role));
    from.set(amounts);
    to.set(amounts, first);
    return { from, to };
  }

  /** A reservation has been made, or with the arguments exchanged undone: the agent registers with it from now on. */
  convert(agent: number, from: Float64Array, to: Float64Array): void {
    const split = this.totalOf(agent);
    for (let c = 0; c < split.length; c++) split[c]! += to[c]! - from[c]!;
    this.#split.set(agent, split);
  }

  /** Which entries tasks take; undefined where every resource has one entry. */
  choice(use: EntryUse): EntryChoice | undefined {
    if (this.columns.plain && use.unreserved && use.revocable !== 'only') return undefined;
    const key = JSON.stringify([use.role, use.reserved, use.unreserved, use.revocable]);
    let choice = this.#choices.get(key);
    if (choice === undefined) this.#choices.set(key, (choice = new EntryChoice(this.columns, use)));
    return choice;
  }

  /** What else is free on an agent, in entries that a choice does not take: ` (also free there: cpus(prod):2, cpus{REV}:1)`, or nothing. */
  besides(choice: EntryChoice | undefined, free: (column: number) => number): string {
    if (choice === undefined) return '';
    const others = this.columns.columns.flatMap(({ name, reservedTo, revocable }, c) =>
      free(c) > 0 && !choice.takes(c) ? [`${name}${reservedTo === '' ? '' : `(${reservedTo})`}${revocable ? '{REV}' : ''}:${free(c) / 1000}`] : [],
    );
    return others.length === 0 ? '' : ` (also free there: ${others.join(', ')})`;
  }

  #reserveStatic(agent: number): void {
    for (const entry of this.#static) {
      if (!namedBy(entry, this.#inventory, agent)) continue;
      const { from, to } = this.conversion(agent, entry);
      this.convert(agent, from, to);
    }
  }
}
