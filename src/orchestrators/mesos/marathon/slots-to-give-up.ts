import type { AgentFields } from './agent-fields.ts';
import type { App } from './app.ts';
import { selectInstancesToKill } from './constraints/select-instances-to-kill.ts';
import { Condition, type Instance } from './instance.ts';

/** Instances that are further from running go first (mesosphere/marathon 1.11, src/main/scala/mesosphere/marathon/core/deployment/ScalingProposition.scala, sortByConditionAndDate). */
const WEIGHTS = new Map<Condition, number>([[Condition.scheduled, 0], [Condition.unreachable, 1], [Condition.staging, 2], [Condition.running, 3]]);

/**
 * Slots that an app gives up when it is scaled down by `excess`: those without an instance, then what GROUP_BY chooses so that the rest stays even, then by condition and age.
 */
export function slotsToGiveUp(app: App, excess: number, fields: AgentFields): number[] {
  if (excess <= 0) return [];
  const wanted = app.slots.flatMap((_, slot) => (app.slotWanted[slot] === 1 ? [slot] : []));
  const idle = wanted.filter((slot) => (app.slots[slot]?.condition ?? Condition.scheduled) === Condition.scheduled).reverse();
  if (idle.length >= excess) return idle.slice(0, excess);
  const launched = wanted.map((slot) => app.slots[slot]).filter((instance): instance is Instance => instance !== undefined && instance.condition !== Condition.scheduled);
  const youngestFirst = app.spec.killSelection === 'YOUNGEST_FIRST' ? 1 : -1;
  launched.sort((a, b) => (WEIGHTS.get(a.condition) ?? 3) - (WEIGHTS.get(b.condition) ?? 3) || youngestFirst * (b.serial - a.serial));
  const count = excess - idle.length;
  const groups = app.spec.constraints.filter(({ operator }) => operator === 'GROUP_BY').map(({ field }) => launched.map(({ agent }) => fields.valuesOf(field)[agent]));
  const chosen = new Set(selectInstancesToKill(groups, launched.length, count));
  for (let i = 0; chosen.size < count; i++) chosen.add(i);
  return [...idle, ...[...chosen].map((i) => launched[i]!.slot)];
}
