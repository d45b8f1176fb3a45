import type { FrameworkSpec } from './allocator-parts.ts';
import type { AllocatorState } from './allocator-state.ts';
import type { CycleLoop } from './cycle-loop.ts';
import type { InverseOffers } from './inverse-offers.ts';
import { type AllocatorFramework, Subscription } from './subscription.ts';

/** The frameworks that the allocator knows, with the roles that they subscribe to (Apache Mesos 1.12, src/master/allocator/mesos/hierarchical.cpp). */
export class FrameworkRoster {
  readonly #state: AllocatorState;
  readonly #cycles: CycleLoop;
  readonly #inverse: InverseOffers;

  constructor(state: AllocatorState, cycles: CycleLoop, inverse: InverseOffers) {
    this.#state = state;
    this.#cycles = cycles;
    this.#inverse = inverse;
  }

  /**
   * Subscribes a framework; sets off a cycle over all agents unless it is inactive. Returns its index.
   * @param used what it uses on agents that came before it
   */
  add(spec: FrameworkSpec, used: readonly { readonly role: string; readonly resources: ArrayLike<number> }[] = []): number {
    const framework: AllocatorFramework = {
      index: this.#state.frameworks.length,
      name: spec.name,
      active: true,
      gpuResources: spec.gpuResources ?? false,
      revocableResources: spec.revocableResources ?? false,
      subscriptions: [],
    };
    this.#state.frameworks.push(framework);
    for (const roleName of spec.roles) {
      const role = this.#state.role(roleName);
      const suppressed = spec.suppressedRoles?.includes(roleName) ?? false;
      const subscription = new Subscription(framework, role, suppressed, this.#state.books.capacity, this.#state.books.width);
      framework.subscriptions.push(subscription);
      role.subscriptions.set(spec.name, subscription);
      this.#state.subscriptions.push(subscription);
      role.sorter.add(spec.name);
      if (!suppressed) role.sorter.activate(spec.name);
    }
    for (const entry of used) {
      const subscription = framework.subscriptions.find(({ role }) => role.name === entry.role);
      if (subscription !== undefined) this.#state.book(subscription, entry.resources, 1);
    }
    if (spec.active === false) this.deactivate(framework.index);
    else this.#cycles.requestAll();
    return framework.index;
  }

  /** Removes a framework from roles and sorters. What it uses comes back by {@link HierarchicalAllocator.recover}. */
  remove(index: number): void {
    const framework = this.#state.framework(index);
    for (const subscription of framework.subscriptions) {
      const { role } = subscription;
      subscription.filters.clear();
      this.#state.roleSorter.unallocated(role.name, role.sorter.allocation(framework.name));
      role.sorter.remove(framework.name);
      role.subscriptions.delete(framework.name);
      this.#state.subscriptions.splice(this.#state.subscriptions.indexOf(subscription), 1);
      if (role.subscriptions.size === 0) {
        this.#state.roleSorter.remove(role.name);
        this.#state.roles.delete(role.name);
      }
    }
    this.#inverse.forget(index);
    this.#state.frameworks[index] = undefined;
  }

  activate(index: number): void {
    const framework = this.#state.framework(index);
    framework.active = true;
    for (const subscription of framework.subscriptions) {
      if (!subscription.suppressed) subscription.role.sorter.activate(framework.name);
      subscription.reopen();
    }
    this.#cycles.requestAll();
  }

  /** The framework is disconnected: no offers, its filters are gone, its usage still counts. */
  deactivate(index: number): void {
    const framework = this.#state.framework(index);
    framework.active = false;
    this.#inverse.forget(index);
    for (const subscription of framework.subscriptions) {
      subscription.role.sorter.deactivate(framework.name);
      subscription.filters.clear();
      subscription.forget();
    }
  }

  /** No more offers for the framework in these roles (default: all). Not a trigger. */
  suppress(index: number, roles?: readonly string[]): void {
    for (const subscription of this.#state.chosen(index, roles)) {
      subscription.suppressed = true;
      subscription.role.sorter.deactivate(subscription.framework.name);
      subscription.forget();
    }
  }

  /** Offers again: drops the filters of these roles and sets off a cycle over all agents. */
  revive(index: number, roles?: readonly string[]): void {
    for (const subscription of this.#state.chosen(index, roles)) {
      subscription.filters.clear();
      subscription.suppressed = false;
      if (subscription.framework.active) subscription.role.sorter.activate(subscription.framework.name);
      subscription.reopen();
    }
    this.#inverse.clearRefusals(index);
    this.#cycles.requestAll();
  }

  /** Sets a framework's own minimum quantities in a role; waits for the next batch. */
  setMinimum(index: number, role: string, sets: readonly ReadonlyMap<string, number>[]): void {
    const [subscription] = this.#state.chosen(index, [role]);
    subscription!.minimum = this.#state.minimumSets(sets);
    this.#cycles.reconsider();
  }
}
