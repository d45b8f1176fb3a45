import type { SequentialRandom } from '../../../engine/random/sequential-random.ts';
import type { AgentFit } from '../agent-fit.ts';
import type { Offers } from '../allocator/offers.ts';
import type { AgentFields } from './agent-fields.ts';
import type { App } from './app.ts';
import { type GroupByRule, meets, UnusableConstraint } from './constraints/placement-constraint.ts';
import type { HostPorts } from './host-ports.ts';
import type { LaunchTokens } from './launch-tokens.ts';
import { type AppRequest, type Mismatch, mismatches } from './resource-matcher.ts';

/** What matching reads. */
export interface MatchingParts {
  readonly fit: AgentFit;
  /** Columns of GPUs: apps without GPUs refuse offers that have some left in one of them. Empty: they do not mind. */
  readonly keepOffGpus: readonly number[];
  readonly fields: AgentFields;
  readonly ports: HostPorts;
  readonly tokens: LaunchTokens;
  readonly random: SequentialRandom;
  /** Per shape: thousandths of cpus, mem, gpus. */
  readonly demands: readonly Float64Array[];
  readonly rule: GroupByRule;
  readonly maxInstancesPerOffer: number;
  /** Whether a planned outage of an agent is under way or about to begin; undefined = no agent has one. */
  readonly inMaintenance: () => ((agent: number) => boolean) | undefined;
  /** An app has looked at the offers; agent -1 = none of them suits its next instance. */
  readonly looked: (app: App, offers: Offers, agent: number) => void;
  /** Launches the app's next instance. */
  readonly launch: (app: App, agent: number, resources: Float64Array) => void;
}

/** What a round of matching has come to. */
export interface MatchOutcome {
  /** Apps asked, instance by instance. */
  readonly decisions: number;
  /** Ended for want of launch tokens: what is left is declined for a short time only. */
  readonly cutShort: boolean;
}

/**
 * Matches the offers of one cycle with the apps that wait: they take turns in random order, one instance at a time (mesosphere/marathon 1.11,
 * src/main/scala/mesosphere/marathon/core/matcher/manager/impl/OfferMatcherManagerActor.scala). An offer that an app has passed over is not looked at again by it in this round.
 */
export class OfferMatching {
  readonly #parts: MatchingParts;

  constructor(parts: MatchingParts) {
    this.#parts = parts;
  }

  match(offers: Offers, waiting: readonly App[], nowUs: number): MatchOutcome {
    const { demands, tokens, random, maxInstancesPerOffer, looked, launch } = this.#parts;
    const onAgent = new Map<number, number>();
    const cursors = new Map<App, number>();
    const order = Array.from(waiting, (_, i) => i);
    random.shuffle(order, order.length);
    let turns = order.map((i) => waiting[i]!);
    let decisions = 0;
    while (turns.length > 0) {
      const next: App[] = [];
      for (const app of turns) {
        if (tokens.at(nowUs) <= 0) return { decisions, cutShort: true };
        const demand = demands[app.shape]!;
        const accepts = this.#accepts(app, offers);
        decisions++;
        const agent = offers.find(demand, cursors.get(app) ?? 0, (candidate) => (onAgent.get(candidate) ?? 0) < maxInstancesPerOffer && accepts(candidate), app.place.choice);
        looked(app, offers, agent);
        if (agent < 0) continue;
        cursors.set(app, offers.foundAt);
        const resources = offers.take(agent, demand, app.place.choice);
        onAgent.set(agent, (onAgent.get(agent) ?? 0) + 1);
        tokens.take(nowUs);
        launch(app, agent, resources);
        if (app.waiting.length > 0) next.push(app);
      }
      turns = next;
    }
    return { decisions, cutShort: false };
  }

  /** Every reason for which an app would refuse an agent with these resources left, in Marathon's words; empty = it would take it. */
  refusals(app: App, agent: number, left: (column: number) => number): string[] {
    const { fit, keepOffGpus, fields, demands, ports, rule } = this.#parts;
    const [cpus, mem, gpus] = demands[app.shape]!;
    const request: AppRequest = { cpus: cpus!, mem: mem!, gpus: gpus!, disk: 0, acceptedRoles: ['*'], constraints: app.spec.constraints, keepOffGpus: keepOffGpus.length > 0, instances: app.wanted };
    const { choice } = app.place;
    const usable = (name: number): number => (choice === undefined ? left(name) : choice.usable(left, name));
    const found: Mismatch[] = mismatches(
      request,
      { cpus: usable(0), mem: usable(1), gpus: usable(2), disk: 0, role: '*', hasGpus: keepOffGpus.some((column) => left(column) > 0), inMaintenance: this.#parts.inMaintenance()?.(agent) ?? false, value: (field) => fields.valuesOf(field)[agent] },
      app.counts,
      rule,
    );
    const general = fit.verdict(app.shape, agent);
    const reasons = [...(general === undefined ? [] : [general]), ...found.map(({ reason, detail }) => (detail === '' ? reason : `${reason}: ${detail}`))];
    if (reasons.length === 0 && !ports.offers(agent, app.spec.hostPorts)) reasons.push(`InsufficientPorts: wanted ${app.spec.hostPorts.map((port) => (port === 0 ? 'any' : String(port))).join(', ')}`);
    return reasons;
  }

  /** All that is asked of an agent and its offer beside enough resources. */
  #accepts(app: App, offers: Offers): (agent: number) => boolean {
    const { fit, keepOffGpus, demands, fields, ports, rule } = this.#parts;
    const fits = fit.accepts(app.shape);
    // Of the offer, not of the agent: one whose GPUs are all in use is welcome.
    const allowed = keepOffGpus.length === 0 || demands[app.shape]![GPUS]! > 0 ? fits : (agent: number): boolean => fits(agent) && !keepOffGpus.some((column) => offers.left(agent, column) > 0);
    const { constraints, hostPorts } = app.spec;
    const inMaintenance = this.#parts.inMaintenance();
    if (constraints.length === 0 && hostPorts.length === 0 && inMaintenance === undefined) return allowed;
    const values = constraints.map(({ field }) => fields.valuesOf(field));
    return (agent) => {
      if (!allowed(agent) || inMaintenance?.(agent) === true) return false;
      try {
        for (let i = 0; i < constraints.length; i++) if (!meets(constraints[i]!, values[i]![agent], app.counts[i]!, app.wanted, rule)) return false;
      } catch (error) {
        if (error instanceof UnusableConstraint) return false;
        throw error;
      }
      return ports.offers(agent, hostPorts);
    };
  }
}

/** Index of GPUs among a shape's demands. */
const GPUS = 2;
