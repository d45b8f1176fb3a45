import type { Explanation } from '../../orchestrator.ts';
import { failureText } from './failure-text.ts';
import type { NodeChoice } from './node-choice.ts';
import type { PendingPods } from './pending-pods.ts';
import type { PodGroups } from './pod-groups.ts';
import type { Preemptor } from './preemptor.ts';
import type { SchedulerCache } from './scheduler-cache.ts';

/** Words for what the scheduler decided, from the same snapshot and plugins that decided it. */
export class CycleExplanations {
  readonly #cache: SchedulerCache;
  readonly #pending: PendingPods;
  readonly #choice: NodeChoice;
  readonly #preemptor: Preemptor;
  readonly #groups: PodGroups;

  constructor(cache: SchedulerCache, pending: PendingPods, choice: NodeChoice, preemptor: Preemptor, groups: PodGroups) {
    this.#cache = cache;
    this.#pending = pending;
    this.#choice = choice;
    this.#preemptor = preemptor;
    this.#groups = groups;
  }

  /**
   * A pod that has no node now.
   * @param gate why PreEnqueue holds it back; '' = it does not
   * @param nominated row that it is nominated for; -1 = none
   */
  pending(pod: number, gate: string, nominated: number): Explanation {
    const template = this.#pending.table.template[pod]!;
    const profile = this.#pending.profiles[template];
    if (profile === null) return { state: 'Pending', summary: `spec.schedulerName is ${this.#pending.templates[template]!.schedulerName}, which is not a profile of this scheduler`, machines: [] };
    if (gate !== '') return { state: 'SchedulingGated', summary: gate, machines: [] };
    const missing = this.#groups.missing(pod);
    if (missing > 0) return { state: 'Pending', summary: `its pod group lacks ${missing} of its members (minMember)`, machines: [] };
    const { nodes } = this.#cache;
    const reasons = this.#reasons(pod, template);
    const machines = nodes.names.map((machine, row) => ({ machine, verdict: reasons[row]!.length === 0 ? 'feasible' : reasons[row]!.join(', ') }));
    const feasible = reasons.filter((reason) => reason.length === 0).length;
    const where = nominated < 0 ? '' : `; nominated for ${nodes.names[nominated]!}`;
    if (feasible > 0) return { state: 'Pending', summary: `${feasible}/${nodes.count} nodes are available; the pod waits for its turn${where}`, machines };
    return { state: 'Pending', summary: this.#eventText(pod, template, reasons) + where, machines };
  }

  /** The decision of one cycle that began at node `start`; `row` -1 = none was found. */
  decision(pod: number, template: number, start: number, row: number): Explanation {
    const { nodes } = this.#cache;
    const spec = this.#pending.templates[template]!;
    const profile = this.#pending.profiles[template]!;
    const { rows, feasible } = this.#choice.tried(pod, template, start);
    const group = this.#pending.groupOf(pod);
    const parts = feasible.length === 0 ? [] : profile.breakdown(spec, this.#cache, group, feasible);
    const positions = new Map(feasible.map((at, i) => [at, i]));
    profile.prepare(spec, this.#cache, group);
    const machines = rows.map((at) => {
      const i = positions.get(at);
      if (i === undefined) return { machine: nodes.names[at]!, verdict: this.#words(pod, template, at).join(', ') };
      return {
        machine: nodes.names[at]!,
        verdict: `feasible: ${parts.map(({ plugin, weighted }) => `${plugin} ${weighted[i]!}`).join(' + ')}`,
        score: parts.reduce((sum, { weighted }) => sum + weighted[i]!, 0),
      };
    });
    if (row < 0) return { state: 'Unschedulable', summary: this.#eventText(pod, template, this.#reasons(pod, template)), machines };
    return { state: 'Scheduled', summary: `assigned to ${nodes.names[row]!}: highest total of ${feasible.length} feasible among ${rows.length} examined of ${nodes.count} nodes`, machines };
  }

  /** FitError.Error: the filters' reasons, then what preemption adds. */
  #eventText(pod: number, template: number, reasons: readonly (readonly string[])[]): string {
    const { nodes } = this.#cache;
    const text = failureText(nodes.existing, reasons.filter((_, row) => nodes.exists[row] === 1));
    const preemption = this.#preemptor.explain(pod, template);
    return preemption === '' ? text : `${text} ${preemption}`;
  }

  /** Reasons per node; nodes that PreFilter left out by name have its word for it. */
  #reasons(pod: number, template: number): string[][] {
    const { nodes } = this.#cache;
    const named = this.#choice.named(pod, template);
    this.#pending.profiles[template]!.prepare(this.#pending.templates[template]!, this.#cache, this.#pending.groupOf(pod));
    return nodes.names.map((_, row) => (named !== null && !named.includes(row) ? ["node(s) didn't satisfy plugin(s) [NodeAffinity]"] : this.#words(pod, template, row)));
  }

  #words(pod: number, template: number, row: number): string[] {
    const own = this.#pending.profiles[template]!.rejection(this.#pending.templates[template]!, this.#cache.nodes, row);
    return own.length > 0 ? own : [...this.#choice.rejectionBesideNominated(pod, template, row)];
  }
}
