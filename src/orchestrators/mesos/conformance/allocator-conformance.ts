import { Simulation } from '../../../engine/simulation.ts';
import type { ConformanceCase, ConformanceResult, ConformanceSuite } from '../../conformance.ts';
import { HierarchicalAllocator } from '../allocator/hierarchical-allocator.ts';
import { type Offers, RowOffers } from '../allocator/offers.ts';
import type { ResourceColumns } from '../allocator/resource-columns.ts';
import { readResources, type ResourceEntry, ResourceTexts } from './resource-text.ts';

/** Recorded decisions of the real allocator: its own tests, and sequences derived from the written rule. */
export const mesosAllocator: ConformanceSuite = {
  name: 'mesos-allocator',
  file: 'mesos/conformance/mesos-allocator.jsonl',
  complete: true,
  accepts: (record) => record.kind === 'allocator',
  check: (record) => checkAllocator(record as unknown as AllocatorCase),
};

interface OfferText {
  readonly framework: string;
  readonly role: string;
  readonly agent: string;
  readonly resources: string;
}

interface Step {
  readonly op: string;
  readonly framework: string;
  readonly agent: string;
  readonly role: string;
  readonly roles?: readonly string[];
  readonly active?: boolean;
  readonly suppressed_roles?: readonly string[];
  readonly capabilities?: readonly string[];
  readonly min_allocatable?: unknown;
  readonly total?: string;
  readonly used?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly unavailability?: { readonly start_s?: number; readonly duration_s?: number } | null;
  readonly start_s?: number | null;
  readonly duration_s?: number | null;
  readonly attributes?: unknown;
  readonly resources: string;
  readonly refuse_s?: number;
  readonly from: string;
  readonly to: string;
  readonly guarantee?: string;
  readonly limit?: string;
  readonly weight: number;
  readonly agents?: readonly string[] | null;
  readonly seconds: number;
  readonly offers: readonly OfferText[];
  readonly sums: Readonly<Record<string, string>>;
  readonly shares: Readonly<Record<string, number>>;
}

interface AllocatorCase extends ConformanceCase {
  readonly config: { readonly allocation_interval_s: number; readonly min_allocatable: readonly Readonly<Record<string, number>>[]; readonly fairness_exclude?: readonly string[] };
  readonly steps: readonly Step[];
}

const COVERED = new Set(['revocable_resources', 'gpu_resources', 'multi_role', 'reservation_refinement', 'partition_aware', 'shared_resources', 'hierarchical_role']);

function checkAllocator(record: AllocatorCase): ConformanceResult {
  const missing = uncovered(record);
  if (missing !== undefined) return { outcome: 'uncovered', missing };
  const entries: ResourceEntry[] = [];
  for (const text of record.steps.flatMap(textsOf)) {
    const read = readResources(text);
    if (read === undefined) return { outcome: 'uncovered', missing: `resources with volumes or other metadata: ${text}` };
    entries.push(...read);
  }
  return new Replay(record, new ResourceTexts(entries)).run();
}

/** What a case is about that the model does not have yet. */
function uncovered(record: AllocatorCase): string | undefined {
  for (const step of record.steps) {
    if (!KNOWN_OPS.has(step.op)) return `operation ${step.op}`;
    for (const capability of step.capabilities ?? []) if (!COVERED.has(capability.toLowerCase())) return `capability ${capability}`;
  }
  return undefined;
}

function textsOf(step: Step): string[] {
  const texts = [step.total, step.resources, step.from, step.to, step.guarantee, step.limit, ...(step.offers ?? []).map((offer) => offer.resources), ...Object.values(step.sums ?? {})];
  for (const used of Object.values(step.used ?? {})) texts.push(...(typeof used === 'string' ? [used] : Object.values(used)));
  return texts.filter((text): text is string => typeof text === 'string');
}

/** Builds the state of one case step by step; every step settles before the next. */
class Replay {
  readonly #record: AllocatorCase;
  readonly #texts: ResourceTexts;
  readonly #columns: ResourceColumns;
  readonly #simulation = new Simulation();
  readonly #allocator: HierarchicalAllocator;
  readonly #frameworks = new Map<string, number>();
  readonly #frameworkNames: string[] = [];
  readonly #agents = new Map<string, number>();
  readonly #agentNames: string[] = [];
  /** Known usage per agent, `framework|role` to vector: what the master would report on removal. */
  readonly #usage = new Map<number, Map<string, Float64Array>>();
  #offered: { readonly key: string; readonly agent: string; readonly resources: Float64Array }[] = [];
  /** Inverse offers since the last expectation of them. */
  #asked: string[] = [];
  #lastExpected: { readonly key: string; readonly agent: string; readonly resources: Float64Array }[] = [];

  constructor(record: AllocatorCase, texts: ResourceTexts) {
    this.#record = record;
    this.#texts = texts;
    this.#columns = texts.columns;
    this.#allocator = new HierarchicalAllocator({
      simulation: this.#simulation,
      columns: texts.columns,
      agentCapacity: Math.max(1, record.steps.filter((step) => step.op === 'add_agent').length),
      options: {
        allocationIntervalUs: record.config.allocation_interval_s * 1e6,
        minAllocatable: record.config.min_allocatable.map(setOf),
        fairnessExcluded: record.config.fairness_exclude ?? [],
        staleInternalWeights: true,
        roleSorter: 'drf',
        filterGpuResources: true,
      },
      orderSeed: 1,
      draw: () => 0,
      deliver: (offers) => this.#deliver(offers),
      cycled: () => {},
      users: (agent) => this.#used(agent).flatMap(({ framework }) => (framework < 0 ? [] : [framework])),
      ask: (framework, agent) => this.#asked.push(`${this.#frameworkNames[framework]} ${this.#agentNames[agent]}`),
    });
  }

  run(): ConformanceResult {
    for (const [index, step] of this.#record.steps.entries()) {
      const compared = this.#step(step);
      this.#simulation.run(this.#simulation.nowUs);
      if (compared !== undefined && compared.expected !== compared.got) return { outcome: 'disagrees', expected: `step ${index} (${step.op}): ${compared.expected}`, got: compared.got };
      const broken = this.#allocator.invariants();
      if (broken.length > 0) return { outcome: 'disagrees', expected: `step ${index} (${step.op}): sound books`, got: broken.join('; ') };
    }
    return { outcome: 'agrees' };
  }

  /** Everything offered is held by its framework until a step says otherwise: as if it had all been launched on. */
  #deliver(offers: Offers): void {
    const launched = new Map<number, Float64Array>();
    for (const agent of offers.agents()) {
      const resources = offers instanceof RowOffers ? offers.resources(agent)! : Float64Array.from({ length: this.#columns.count }, (_, c) => offers.left(agent, c));
      launched.set(agent, resources);
      const key = `${this.#frameworkNames[offers.framework]}|${offers.role}`;
      this.#use(agent, key, resources, 1);
      this.#offered.push({ key, agent: this.#agentNames[agent]!, resources });
    }
    this.#allocator.answer(offers, launched, { used: undefined, unused: undefined });
  }

  #step(step: Step): { expected: string; got: string } | undefined {
    const allocator = this.#allocator;
    switch (step.op) {
      case 'add_framework': {
        const spec = {
          name: step.framework,
          roles: step.roles!,
          suppressedRoles: step.suppressed_roles ?? [],
          active: step.active !== false,
          gpuResources: hasCapability(step, 'gpu_resources'),
          revocableResources: hasCapability(step, 'revocable_resources'),
        };
        const index = allocator.frameworks.add(spec, this.#usedBefore(step.framework));
        this.#frameworks.set(step.framework, index);
        this.#frameworkNames[index] = step.framework;
        this.#minimum(step);
        return undefined;
      }
      case 'update_framework':
        this.#minimum(step);
        return undefined;
      case 'remove_framework':
        allocator.frameworks.remove(this.#framework(step));
        return undefined;
      case 'activate_framework':
        allocator.frameworks.activate(this.#framework(step));
        return undefined;
      case 'deactivate_framework':
        allocator.frameworks.deactivate(this.#framework(step));
        return undefined;
      case 'suppress':
        allocator.frameworks.suppress(this.#framework(step), step.roles);
        return undefined;
      case 'revive':
        allocator.frameworks.revive(this.#framework(step), step.roles);
        return undefined;
      case 'add_agent':
        this.#addAgent(step);
        return undefined;
      case 'update_agent':
        if (step.total !== undefined) allocator.agents.update(this.#agent(step), this.#vector(step.total));
        if (step.attributes !== undefined) allocator.agents.attributesChanged(this.#agent(step));
        if (step.capabilities !== undefined) allocator.agents.setMultiRole(this.#agent(step), hasCapability(step, 'multi_role'));
        return undefined;
      case 'remove_agent': {
        const agent = this.#agent(step);
        allocator.agents.remove(agent, this.#used(agent));
        this.#usage.delete(agent);
        return undefined;
      }
      case 'recover':
        this.#recover(step.framework, step.role, this.#agent(step), this.#vector(step.resources), step.refuse_s === undefined ? undefined : step.refuse_s * 1e6);
        return undefined;
      case 'recover_offered':
        for (const { key, agent, resources } of this.#lastExpected) {
          const [framework, role] = splitKey(key);
          this.#recover(framework, role, this.#agents.get(agent)!, resources, undefined);
        }
        this.#lastExpected = [];
        return undefined;
      case 'convert': {
        const agent = this.#agent(step);
        if (step.framework === undefined) {
          allocator.agents.convertFree(agent, this.#vector(step.from), this.#vector(step.to));
          return undefined;
        }
        allocator.agents.convert(this.#framework(step), step.role, agent, this.#vector(step.from), this.#vector(step.to));
        this.#use(agent, `${step.framework}|${step.role}`, this.#vector(step.from), -1);
        this.#use(agent, `${step.framework}|${step.role}`, this.#vector(step.to), 1);
        return undefined;
      }
      case 'set_quota':
        allocator.setQuota(step.role, this.#set(step.guarantee), this.#set(step.limit));
        return undefined;
      case 'remove_quota':
        allocator.setQuota(step.role, new Map(), new Map());
        return undefined;
      case 'set_weight':
        allocator.setWeight(step.role, step.weight);
        return undefined;
      case 'set_whitelist':
        allocator.agents.setWhitelist(step.agents === undefined || step.agents === null ? null : new Set(step.agents));
        return undefined;
      case 'set_unavailability':
        this.#plan(this.#agent(step), step.start_s === undefined || step.start_s === null ? undefined : step);
        return undefined;
      case 'advance':
        this.#simulation.run(this.#simulation.nowUs + Math.round(step.seconds * 1e6));
        return undefined;
      default:
        return this.#expect(step);
    }
  }

  #expect(step: Step): { expected: string; got: string } {
    const offered = this.#offered;
    const text = (resources: ArrayLike<number>): string => this.#texts.write(resources);
    if (step.op === 'expect_inverse_offers') {
      const asked = this.#asked;
      this.#asked = [];
      return { expected: step.offers.map(({ framework, agent }) => `${framework} ${agent}`).sort().join(', '), got: asked.sort().join(', ') };
    }
    if (step.op === 'expect_role_shares') {
      const roles = Object.keys(step.shares).sort();
      const subscribed = [...this.#allocator.roles()].sort();
      const got = subscribed.map((role) => `${role}=${round(this.#allocator.roleShare(role)!)}`).join(' ');
      return { expected: roles.map((role) => `${role}=${round(step.shares[role]!)}`).join(' '), got };
    }
    this.#lastExpected = offered;
    this.#offered = [];
    if (step.op === 'expect_offers') {
      const expected = step.offers.map((offer) => `${offer.framework}|${offer.role} ${offer.agent} ${text(this.#vector(offer.resources))}`);
      return { expected: expected.sort().join(', '), got: offered.map((offer) => `${offer.key} ${offer.agent} ${text(offer.resources)}`).sort().join(', ') };
    }
    const sums = new Map<string, Float64Array>();
    const total = new Float64Array(this.#columns.count);
    for (const { key, resources } of offered) {
      const sum = sums.get(key) ?? new Float64Array(this.#columns.count);
      for (let c = 0; c < total.length; c++) {
        sum[c]! += resources[c]!;
        total[c]! += resources[c]!;
      }
      sums.set(key, sum);
    }
    if (step.op === 'expect_total') return { expected: text(this.#vector(step.resources)), got: text(total) };
    const expected = Object.entries(step.sums).map(([key, resources]) => `${key} ${text(this.#vector(resources))}`);
    return { expected: expected.sort().join(', '), got: [...sums].map(([key, sum]) => `${key} ${text(sum)}`).sort().join(', ') };
  }

  #addAgent(step: Step): void {
    const agent = this.#agentNames.length;
    this.#agents.set(step.agent, agent);
    this.#agentNames.push(step.agent);
    for (const [key, byRole] of Object.entries(step.used ?? {})) {
      if (typeof byRole === 'string') this.#use(agent, key, this.#vector(byRole), 1);
      else for (const [role, resources] of Object.entries(byRole)) this.#use(agent, `${key}|${role}`, this.#vector(resources), 1);
    }
    this.#allocator.agents.add(agent, step.agent, this.#vector(step.total!), this.#used(agent), step.capabilities === undefined || hasCapability(step, 'multi_role'));
    if (step.unavailability !== undefined && step.unavailability !== null) this.#plan(agent, step.unavailability);
  }

  #plan(agent: number, window: { readonly start_s?: number | null; readonly duration_s?: number | null } | undefined): void {
    const us = (seconds: number | null | undefined): number => (seconds === undefined || seconds === null ? Infinity : Math.round(seconds * 1e6));
    this.#allocator.planUnavailability(agent, window && { startUs: us(window.start_s ?? 0), durationUs: us(window.duration_s) });
  }

  #recover(framework: string, role: string, agent: number, resources: Float64Array, refuseUs: number | undefined): void {
    this.#use(agent, `${framework}|${role}`, resources, -1);
    this.#allocator.recover(this.#frameworks.get(framework)!, role, agent, resources, refuseUs);
  }

  #used(agent: number): { framework: number; role: string; resources: Float64Array }[] {
    const used: { framework: number; role: string; resources: Float64Array }[] = [];
    for (const [key, resources] of this.#usage.get(agent) ?? []) {
      const [framework, role] = splitKey(key);
      if (resources.some((amount) => amount > 0)) used.push({ framework: this.#frameworks.get(framework) ?? -1, role, resources });
    }
    return used;
  }

  #usedBefore(name: string): { role: string; resources: Float64Array }[] {
    const used: { role: string; resources: Float64Array }[] = [];
    for (const byKey of this.#usage.values()) {
      for (const [key, resources] of byKey) {
        const [framework, role] = splitKey(key);
        if (framework === name) used.push({ role, resources });
      }
    }
    return used;
  }

  #use(agent: number, key: string, resources: Float64Array, sign: 1 | -1): void {
    let byKey = this.#usage.get(agent);
    if (byKey === undefined) this.#usage.set(agent, (byKey = new Map()));
    const sum = byKey.get(key) ?? new Float64Array(this.#columns.count);
    for (let c = 0; c < sum.length; c++) sum[c]! += sign * resources[c]!;
    byKey.set(key, sum);
  }

  #minimum(step: Step): void {
    for (const [role, sets] of Object.entries((step.min_allocatable ?? {}) as Readonly<Record<string, readonly Readonly<Record<string, number>>[]>>)) {
      this.#allocator.frameworks.setMinimum(this.#framework(step), role, sets.map(setOf));
    }
  }

  #framework(step: Step): number {
    return this.#frameworks.get(step.framework)!;
  }

  #agent(step: Step): number {
    return this.#agents.get(step.agent)!;
  }

  #vector(text: string): Float64Array {
    return this.#texts.vector(readResources(text)!);
  }

  #set(text: string | undefined): Map<string, number> {
    return new Map((text === undefined ? [] : readResources(text)!).map(({ name, thousandths }) => [name, thousandths]));
  }
}

const KNOWN_OPS = new Set(
  (
    'add_framework update_framework remove_framework activate_framework deactivate_framework suppress revive add_agent update_agent remove_agent recover recover_offered ' +
    'set_unavailability expect_inverse_offers convert set_quota remove_quota set_weight set_whitelist advance expect_offers expect_sums expect_total expect_role_shares'
  ).split(' '),
);

function setOf(set: Readonly<Record<string, number>>): Map<string, number> {
  return new Map(Object.entries(set).map(([name, value]) => [name, Math.round(value * 1000)]));
}

function hasCapability(step: Step, capability: string): boolean {
  return step.capabilities?.some((entry) => entry.toLowerCase() === capability) ?? false;
}

function splitKey(key: string): [string, string] {
  const bar = key.indexOf('|');
  return [key.slice(0, bar), key.slice(bar + 1)];
}

function round(share: number): string {
  return share.toFixed(6);
}
