import type { App } from './app.ts';
import { Condition, type Instance } from './instance.ts';
import { type RestartStrategy, restartStrategy } from './restart-strategy.ts';

/** What a rolling upgrade does to instances. */
export interface UpgradePort {
  kill(instance: Instance): void;
  /** Puts a new instance of the present configuration into a slot; one that stands there goes on beside it. */
  start(slot: number): void;
  finished(): void;
}

/**
 * One rolling upgrade of an app (mesosphere/marathon 1.11, src/main/scala/mesosphere/marathon/core/deployment/impl/TaskReplaceActor.scala): some old instances are killed at once, as many new
 * ones are started as there is room for, each new one that is healthy and ready ends an old one, each old one that is gone makes room.
 */
export class Upgrade {
  readonly #app: App;
  readonly #port: UpgradePort;
  #maxCapacity: number;
  /** Old instances that are not gone. */
  readonly #old: Set<Instance>;
  /** Old instances in the order in which they are killed, from `#next` on. */
  readonly #toKill: readonly Instance[];
  #next = 0;
  readonly #killImmediately: number;
  /** Slots in the order in which new instances take them: free ones first. */
  readonly #slots: number[];
  #nextSlot = 0;
  /** Slots that became free since. */
  readonly #freed: number[] = [];
  #over = false;

  /** The app has its new configuration already; instances that wait are of it. */
  constructor(app: App, port: UpgradePort) {
    this.#app = app;
    this.#port = port;
    const old = app.instances().filter((instance) => instance.version !== app.version && !instance.decommissioned);
    // Unhealthy ones go first; the order is otherwise that of their tasks.
    this.#toKill = [...old.filter((instance) => !isHealthy(instance)), ...old.filter(isHealthy)];
    this.#old = new Set(old);
    const strategy = this.#strategy(old);
    this.#maxCapacity = strategy.maxCapacity;
    const slots = app.slots.map((_, slot) => slot);
    const taken = new Set(this.#toKill.map((instance) => instance.slot));
    this.#slots = [...slots.filter((slot) => !taken.has(slot)), ...taken];
    this.#killImmediately = strategy.killImmediately;
  }

  /** Kills what goes at once and starts what there is room for. */
  begin(): void {
    for (let i = 0; i < this.#killImmediately; i++) this.#killNext();
    this.launch();
  }

  /** The number of instances that the app should have has changed: room is measured by it from now on. */
  rescaled(): void {
    this.#maxCapacity = this.#strategy(this.#app.instances().filter((instance) => !instance.decommissioned)).maxCapacity;
    // Each new instance that is to come ends an old one: what is beyond that goes now.
    let left = 0;
    for (const instance of this.#old) if (!instance.decommissioned) left++;
    for (; left > this.#app.wanted - this.#app.up && this.#next < this.#toKill.length; left--) this.#killNext();
    this.launch();
  }

  /** Starts what there is room for. */
  launch(): void {
    let started = 0;
    for (const [slot, instance] of this.#app.slots.entries()) if (this.#app.slotWanted[slot] === 1 && instance?.version === this.#app.version) started++;
    let room = Math.min(this.#app.wanted - started, Math.max(0, this.#maxCapacity - this.#old.size - started));
    for (; room > 0; room--) {
      const slot = this.#takeSlot();
      if (slot < 0) break;
      this.#port.start(slot);
    }
    this.#checkFinished();
  }

  /** A new instance is healthy and ready. */
  newUp(): void {
    this.#killNext();
    this.#checkFinished();
  }

  /** An old instance is gone, killed or by itself. */
  oldGone(instance: Instance): void {
    if (!this.#old.delete(instance)) return;
    if (this.#app.slots[instance.slot] === undefined) this.#freed.push(instance.slot);
    this.launch();
  }

  #strategy(instances: readonly Instance[]): RestartStrategy {
    const { wanted, spec } = this.#app;
    return restartStrategy({
      instances: wanted,
      minimumHealthCapacity: spec.minimumHealthCapacity,
      maximumOverCapacity: spec.maximumOverCapacity,
      running: instances.length,
      consideredHealthy: instances.filter(isHealthy).length,
      resident: spec.resident,
    });
  }

  #killNext(): void {
    while (this.#next < this.#toKill.length) {
      const instance = this.#toKill[this.#next++]!;
      if (instance.condition === Condition.gone || instance.decommissioned) continue;
      this.#port.kill(instance);
      return;
    }
  }

  #takeSlot(): number {
    for (;;) {
      const slot = this.#freed.pop() ?? (this.#nextSlot < this.#slots.length ? this.#slots[this.#nextSlot++]! : -1);
      // Slots that were not wanted when their turn came may be so since.
      if (slot < 0) return this.#app.slots.findIndex((_, candidate) => this.#isOpen(candidate));
      if (this.#isOpen(slot)) return slot;
    }
  }

  /** Whether a slot should have a new instance and has none. */
  #isOpen(slot: number): boolean {
    return this.#app.slotWanted[slot] === 1 && this.#app.slots[slot]?.version !== this.#app.version;
  }

  #checkFinished(): void {
    if (this.#over || this.#old.size > 0 || this.#app.up < this.#app.wanted) return;
    this.#over = true;
    this.#port.finished();
  }
}

function isHealthy(instance: Instance): boolean {
  return instance.condition === Condition.running && instance.healthy;
}
