import type { Shape } from '../../../workload/shape.ts';
import type { FrameworkSpec, RoleEntry } from '../framework-entries.ts';
import { admits } from '../job-routing.ts';
import { roleOf } from './app-spec.ts';

/** Roles of a Marathon: those of its entry, and those that its apps name, which it subscribes to when they come (mesosphere/marathon 1.9, docs/docs/multi-role.md). */
export function marathonRoles({ roles, entry }: FrameworkSpec, shapes: readonly Shape[]): readonly RoleEntry[] {
  const named = shapes.flatMap((shape) => (admits(entry, shape) ? (roleOf(shape) ?? []) : []));
  const own = new Set(roles.map(({ role }) => role));
  return [...roles, ...[...new Set(named)].filter((role) => !own.has(role)).map((role) => ({ role, jobs: null }))];
}
