import { ContainerState } from '../../../world/container-state.ts';
import type { FrameworkParts } from '../framework-parts.ts';
import type { App } from './app.ts';
import { HealthChecks, type Probe } from './health-checks.ts';
import { Condition, type Instance } from './instance.ts';
import type { MarathonOptions } from './marathon-options.ts';

/** What health means for instances. */
export interface AppHealthPort {
  /** Applies a change that may make an instance count as up, or no longer. */
  changed(instance: Instance, change: () => void): void;
  /** It failed too many checks. */
  overdue(instance: Instance): void;
}

/**
 * Health and readiness of the instances of all apps of a Marathon. An instance answers when its machine can be reached and is not frozen, and it has run for its warm-up. Without a health check an
 * instance is healthy as soon as it runs, without a readiness check it is ready then.
 */
export class AppHealth {
  readonly #parts: FrameworkParts;
  readonly #options: MarathonOptions;
  readonly #endpoint: number;
  readonly #port: AppHealthPort;
  readonly #component: string;
  /** Apps by agent on which a check of theirs may notice something. */
  readonly #appsOn = new Map<number, Set<App>>();
  readonly #pending = new Map<number, { readonly instance: Instance; readonly row: number }>();
  #serial = 0;
  readonly #passOp: number;
  readonly #readyOp: number;

  /** @param endpoint of Marathon, from where it checks */
  constructor(parts: FrameworkParts, options: MarathonOptions, endpoint: number, port: AppHealthPort) {
    this.#parts = parts;
    this.#options = options;
    this.#endpoint = endpoint;
    this.#port = port;
    this.#component = `mesos/${parts.name}`;
    const { simulation } = parts.context;
    this.#passOp = simulation.on(this.#component, (serial) => this.#pass(serial));
    this.#readyOp = simulation.on(this.#component, (serial) => this.#checkReady(serial));
  }

  /** Begins with the checks of an app, or goes over to other ones. */
  watch(app: App): void {
    app.health?.stop();
    app.health = null;
    const { healthCheck } = app.spec;
    if (healthCheck === null || healthCheck.onAgent) return;
    app.health = new HealthChecks(this.#parts.context.simulation, this.#component, healthCheck, {
      instances: () => app.instances(),
      probe: (instance) => this.#probe(instance),
      passed: (instance) => this.#healthy(instance),
      failed: (instance) => this.#port.changed(instance, () => (instance.healthy = false)),
      overdue: (instance) => this.#port.overdue(instance),
    });
    for (const instance of app.instances()) if (instance.condition === Condition.running) this.#watchAgent(instance);
    app.health.wake();
  }

  drop(app: App): void {
    app.health?.stop();
    app.health = null;
  }

  /** An instance runs, for the first time or again. */
  runs(instance: Instance): void {
    const { healthCheck, readinessIntervalUs } = instance.app.spec;
    const { simulation } = this.#parts.context;
    if (healthCheck === null) this.#healthy(instance);
    else if (healthCheck.onAgent) {
      if (!instance.everHealthy) simulation.after(Math.max(healthCheck.delayUs, this.#options.warmUp), this.#passOp, this.#note(instance));
    } else {
      this.#watchAgent(instance);
      instance.app.health?.wake();
    }
    if (instance.ready) return;
    if (readinessIntervalUs === 0) this.#port.changed(instance, () => (instance.ready = true));
    // The first check comes at once, then one per interval until one is passed.
    else simulation.after(Math.ceil(this.#options.warmUp / readinessIntervalUs) * readinessIntervalUs, this.#readyOp, this.#note(instance));
  }

  #note(instance: Instance): number {
    this.#pending.set(++this.#serial, { instance, row: instance.row });
    return this.#serial;
  }

  #take(serial: number): Instance | undefined {
    const { instance, row } = this.#pending.get(serial)!;
    this.#pending.delete(serial);
    return instance.row === row && instance.condition === Condition.running && !instance.decommissioned ? instance : undefined;
  }

  #pass(serial: number): void {
    const instance = this.#take(serial);
    if (instance !== undefined) this.#healthy(instance);
  }

  #checkReady(serial: number): void {
    const instance = this.#take(serial);
    if (instance === undefined) return;
    if (this.#probe(instance) === 'answers') this.#port.changed(instance, () => (instance.ready = true));
    else this.#parts.context.simulation.after(instance.app.spec.readinessIntervalUs, this.#readyOp, this.#note(instance));
  }

  #healthy(instance: Instance): void {
    this.#port.changed(instance, () => {
      instance.healthy = true;
      instance.everHealthy = true;
      instance.failures = 0;
    });
  }

  #watchAgent({ app, agent }: Instance): void {
    let apps = this.#appsOn.get(agent);
    if (apps === undefined) {
      const watched = new Set<App>();
      apps = watched;
      this.#appsOn.set(agent, apps);
      const { processes } = this.#parts.context;
      processes.watch(this.#parts.agents.process[agent]!, () => {
        for (const other of watched) other.health?.wake();
      });
    }
    apps.add(app);
  }

  /** What a request from Marathon to an instance would meet now. */
  #probe({ row, agent, task }: Instance): Probe {
    const { context, tasks, agents } = this.#parts;
    const { containers, network, simulation } = context;
    if (!network.connected(this.#endpoint, agents.endpoint(agent)) || containers.isFrozen(agent)) return 'silent';
    const container = tasks.container[row]!;
    const runs = container >= 0 && containers.state[container] === ContainerState.running && containers.cookie[container] === row && containers.task[container] === task;
    return runs && containers.runningSinceUs[container]! + this.#options.warmUp <= simulation.nowUs ? 'answers' : 'refuses';
  }
}
