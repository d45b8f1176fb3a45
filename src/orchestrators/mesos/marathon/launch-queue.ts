import type { SequentialRandom } from '../../../engine/random/sequential-random.ts';
import { Counter } from '../../../metrics/log.ts';
import type { Offers } from '../allocator/offers.ts';
import type { FrameworkParts } from '../framework-parts.ts';
import type { SchedulerDriver } from '../master/scheduler-driver.ts';
import type { AgentFields } from './agent-fields.ts';
import type { App } from './app.ts';
import type { HostPorts } from './host-ports.ts';
import type { Instance } from './instance.ts';
import { LaunchTokens } from './launch-tokens.ts';
import type { MarathonOptions } from './marathon-options.ts';
import { OfferMatching } from './offer-matching.ts';
import { ReviveGate } from './revive-gate.ts';

/** What the queue is given beside the parts of its framework. */
export interface LaunchQueueParts {
  readonly driver: SchedulerDriver;
  readonly fields: AgentFields;
  readonly ports: HostPorts;
  readonly random: SequentialRandom;
  /** Launches an instance on an agent; its row in the task table. */
  readonly launch: (instance: Instance, agent: number, resources: Float64Array) => number;
  readonly roles: readonly string[];
}

/**
 * Instances that wait to be launched, the offers that are asked for them, and what comes of these: tokens, back-off, revive and suppress
 * (mesosphere/marathon 1.11, src/main/scala/mesosphere/marathon/core/launchqueue, core/matcher/manager, core/flow).
 */
export class LaunchQueue {
  /** Instances that wait. */
  waiting = 0;
  readonly tokens: LaunchTokens;
  readonly #parts: FrameworkParts;
  readonly #options: MarathonOptions;
  readonly #driver: SchedulerDriver;
  /** Per role. */
  readonly #gates: ReadonlyMap<string, ReviveGate>;
  readonly #matching: OfferMatching;
  /** Apps with waiting instances. */
  readonly #pending = new Set<App>();
  /** How many of them, per role. */
  readonly #pendingIn: Map<string, number>;
  /** Apps that have failed lately: some of them may not launch yet. */
  readonly #backedOff = new Set<App>();
  readonly #inbox: Offers[] = [];
  /** Rows launched in the present round. */
  #launches: number[] = [];
  #busyUntilUs = 0;
  #backoffWakeUs = -1;
  readonly #lookOp: number;
  readonly #backoffOp: number;

  constructor(parts: FrameworkParts, options: MarathonOptions, { driver, fields, ports, random, launch, roles }: LaunchQueueParts) {
    this.#parts = parts;
    this.#options = options;
    this.#driver = driver;
    const { context, demands, explainMatch, master } = parts;
    const { simulation } = context;
    const component = `mesos/${parts.name}`;
    this.tokens = new LaunchTokens(options.launchTokens, options.launchTokenRefresh);
    this.#pendingIn = new Map(roles.map((role) => [role, 0]));
    this.#gates = new Map(roles.map((role) => [role, new ReviveGate(simulation, component, options.minReviveInterval, { revive: () => driver.revive([role]), suppress: () => driver.suppress([role]) })]));
    this.#lookOp = simulation.on(component, () => this.#look());
    this.#backoffOp = simulation.on(component, () => this.wantOffers(true));
    this.#matching = new OfferMatching({
      fit: parts.fit,
      keepOffGpus: options.gpuScheduling === 'restricted' && context.inventory.gpuCount.some((count) => count > 0) ? parts.gpuColumns : [],
      fields,
      ports,
      tokens: this.tokens,
      random,
      demands,
      rule: options.groupByRule,
      maxInstancesPerOffer: options.maxInstancesPerOffer,
      inMaintenance: () => (master.allocator.inverse.planned ? (agent) => this.#inMaintenance(agent) : undefined),
      looked: (app, offers, agent) => {
        if (app.waiting[0]!.task === context.watchedTask) explainMatch(context.watchedTask, offers, agent);
      },
      launch: (app, agent, resources) => {
        const instance = app.waiting[0]!;
        this.#leave(app, 0);
        this.#launches.push(launch(instance, agent, resources));
      },
    });
  }

  add(instance: Instance): void {
    const { app } = instance;
    if (app.waiting.push(instance) === 1) {
      this.#pending.add(app);
      this.#pendingIn.set(app.place.role, this.#pendingIn.get(app.place.role)! + 1);
    }
    this.#count(1);
  }

  remove(instance: Instance): void {
    const { app } = instance;
    this.#leave(app, app.waiting.indexOf(instance));
  }

  /** An instance of the app's present configuration has failed: the next launch is put off. */
  failed(app: App): void {
    app.failed(this.#parts.context.simulation.nowUs);
    this.#backedOff.add(app);
  }

  /** The app is gone. */
  drop(app: App): void {
    this.#backedOff.delete(app);
  }

  /** Every reason for which an app would refuse an agent. */
  refusals(app: App, agent: number, left: (column: number) => number): string[] {
    return this.#matching.refusals(app, agent, left);
  }

  /**
   * Offers are wanted while an app waits that is not in back-off.
   * @param fresh for something that earlier offers were not tried for
   */
  wantOffers(fresh: boolean): void {
    const { simulation } = this.#parts.context;
    let nextUs = Infinity;
    const delayed: App[] = [];
    for (const app of this.#backedOff) {
      const deadlineUs = app.launchAfterUs(simulation.nowUs);
      if (deadlineUs === -Infinity) this.#backedOff.delete(app);
      else if (deadlineUs > simulation.nowUs && this.#pending.has(app)) {
        delayed.push(app);
        if (deadlineUs < nextUs) nextUs = deadlineUs;
      }
    }
    for (const [role, gate] of this.#gates) {
      const ready = this.#pendingIn.get(role)! > delayed.reduce((count, app) => count + (app.place.role === role ? 1 : 0), 0);
      gate.want(ready ? 'revive' : 'suppress', ready && fresh);
    }
    if (nextUs !== Infinity && nextUs !== this.#backoffWakeUs) {
      this.#backoffWakeUs = nextUs;
      simulation.at(nextUs, this.#backoffOp);
    }
  }

  receive(offers: Offers): void {
    const { simulation } = this.#parts.context;
    this.#inbox.push(offers);
    if (this.#inbox.length > 1) return;
    if (this.#busyUntilUs > simulation.nowUs) simulation.at(this.#busyUntilUs, this.#lookOp);
    else this.#look();
  }

  #leave(app: App, position: number): void {
    if (position === 0) app.waiting.shift();
    else app.waiting.splice(position, 1);
    if (app.waiting.length === 0) {
      this.#pending.delete(app);
      this.#pendingIn.set(app.place.role, this.#pendingIn.get(app.place.role)! - 1);
    }
    this.#count(-1);
  }

  #count(by: number): void {
    this.waiting += by;
    this.#parts.waitingChanged(by);
  }

  /** Offers of agents whose planned outage is under way or about to begin are refused. */
  #inMaintenance(agent: number): boolean {
    const window = this.#parts.master.allocator.inverse.unavailability(agent);
    const { nowUs } = this.#parts.context.simulation;
    return window !== undefined && nowUs >= window.startUs - this.#options.draining && nowUs < window.startUs + window.durationUs;
  }

  #look(): void {
    const { log, simulation } = this.#parts.context;
    const { nowUs } = simulation;
    const offers = this.#inbox.shift()!;
    const visitedBefore = offers.visited;
    const ready = [...this.#pending].filter((app) => app.place.role === offers.role && app.launchAfterUs(nowUs) <= nowUs);
    this.#launches = [];
    const { decisions, cutShort } = this.#matching.match(offers, ready, nowUs);
    const { decisionBase, decisionPerTask, refuseUsed, declineOfferDuration } = this.#options;
    const launches = this.#launches;
    const thinkUs = decisionBase + decisionPerTask * launches.length;
    log.count(Counter.decisions, decisions);
    log.count(Counter.decisionUs, thinkUs);
    log.count(Counter.machinesScored, offers.visited - visitedBefore);
    this.#busyUntilUs = nowUs + thinkUs;
    this.#driver.answer({ offers, launches, refuseUsedUs: refuseUsed, refuseUnusedUs: cutShort ? refuseUsed : declineOfferDuration }, thinkUs);
    this.wantOffers(false);
    if (this.#inbox.length > 0) simulation.at(this.#busyUntilUs, this.#lookOp);
  }
}
