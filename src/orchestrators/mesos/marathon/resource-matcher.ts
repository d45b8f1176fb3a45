import type { FieldCounts } from './constraints/field-counts.ts';
import { type GroupByRule, meets, type PlacementConstraint, UnusableConstraint } from './constraints/placement-constraint.ts';

/** Why an offer is of no use to an app (mesosphere/marathon 1.11, src/main/scala/mesosphere/mesos/NoOfferMatchReason.scala). */
export type NoOfferMatchReason =
  | 'InsufficientCpus'
  | 'InsufficientMemory'
  | 'InsufficientGpus'
  | 'InsufficientDisk'
  | 'InsufficientPorts'
  | 'UnfulfilledRole'
  | 'UnfulfilledConstraint'
  | 'AgentMaintenance'
  | 'DeclinedScarceResources';

/** One reason with what it is about. */
export interface Mismatch {
  readonly reason: NoOfferMatchReason;
  /** `rackid GROUP_BY 3, the agent has rack-1`; '' = nothing to add. */
  readonly detail: string;
}

/** An app as offers are matched with it. Scalars in thousandths, memory and disk of a MB. */
export interface AppRequest {
  readonly cpus: number;
  readonly mem: number;
  readonly gpus: number;
  readonly disk: number;
  /** Roles whose resources it takes; `*` = unreserved. */
  readonly acceptedRoles: readonly string[];
  readonly constraints: readonly PlacementConstraint[];
  /** Refuses offers with GPUs unless it asks for some (--gpu_scheduling_behavior restricted). */
  readonly keepOffGpus: boolean;
  /** Instances it should have. */
  readonly instances: number;
}

/** What an offer has, role by role: all of it belongs to one role here. */
export interface OfferFacts {
  readonly cpus: number;
  readonly mem: number;
  readonly gpus: number;
  readonly disk: number;
  readonly role: string;
  /** There are GPUs in it, in whatever role: an agent whose GPUs are all in use offers none. */
  readonly hasGpus: boolean;
  /** Maintenance of the agent has begun. */
  readonly inMaintenance: boolean;
  /** Value of a field of the agent as text; undefined = it lacks it. */
  value(field: string): string | undefined;
}

/**
 * All reasons but ports for which an offer is refused, in the order in which Marathon looks (src/main/scala/mesosphere/mesos/ResourceMatcher.scala); ports are looked at only if there are
 * none ({@link matchPorts}).
 *
 * @param counts per constraint of the app, in its order
 */
export function mismatches(app: AppRequest, offer: OfferFacts, counts: readonly FieldCounts[], rule: GroupByRule): Mismatch[] {
  const found: Mismatch[] = [];
  const accepted = app.acceptedRoles.includes(offer.role);
  const scalar = (reason: NoOfferMatchReason, name: string, asked: number, offered: number): void => {
    const usable = accepted ? offered : 0;
    if (asked > usable) found.push({ reason, detail: `${name} ${Math.max(0, usable) / 1000} of ${asked / 1000}` });
  };
  scalar('InsufficientCpus', 'cpus', app.cpus, offer.cpus);
  scalar('InsufficientMemory', 'mem', app.mem, offer.mem);
  scalar('InsufficientGpus', 'gpus', app.gpus, offer.gpus);
  scalar('InsufficientDisk', 'disk', app.disk, offer.disk);
  if (!accepted) found.push({ reason: 'UnfulfilledRole', detail: `offered to ${offer.role}, accepted ${app.acceptedRoles.join(', ')}` });
  for (const [i, constraint] of app.constraints.entries()) {
    const refused = refusal(constraint, offer.value(constraint.field), counts[i]!, app.instances, rule);
    if (refused !== undefined) found.push({ reason: 'UnfulfilledConstraint', detail: refused });
  }
  // Marathon names both.
  if (offer.inMaintenance) found.push({ reason: 'UnfulfilledConstraint', detail: 'maintenance' }, { reason: 'AgentMaintenance', detail: '' });
  if (app.keepOffGpus && app.gpus === 0 && offer.hasGpus) found.push({ reason: 'DeclinedScarceResources', detail: 'the offer has GPUs, the app asks for none (gpu_scheduling_behavior restricted)' });
  return found;
}

/** Why a constraint is not met by an agent; undefined if it is. */
export function refusal(constraint: PlacementConstraint, offered: string | undefined, counts: FieldCounts, instances: number, rule: GroupByRule): string | undefined {
  const { field, operator, value } = constraint;
  try {
    if (meets(constraint, offered, counts, instances, rule)) return undefined;
  } catch (error) {
    if (!(error instanceof UnusableConstraint)) throw error;
    return error.message;
  }
  return `${field} ${operator}${value === '' ? '' : ` ${value}`}, the agent has ${offered ?? 'no such attribute'}`;
}
