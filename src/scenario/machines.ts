import { InputError } from '../engine/input-error.ts';
import type { MachineSpec } from '../world/machine-inventory.ts';
import type { MachineGroup } from './schema.ts';

/** Most machines of one cluster. */
const MOST_MACHINES = 1_000_000;

/**
 * The machines of groups, in order. Names are padded to one length (`node-007`), so that sorting by name is counting. Machine i of a group stands in `rack-<i mod racks>`, and rack r
 * belongs to `zone-<r mod zones>`: neighbours in number are apart in place, and groups share racks.
 */
export function machinesOf(groups: readonly MachineGroup[]): MachineSpec[] {
  const total = groups.reduce((sum, group) => sum + group.count, 0);
  if (total > MOST_MACHINES) throw new InputError(`the cluster has ${total} machines; at most ${MOST_MACHINES}`);
  return groups.flatMap((group) => {
    const digits = String(group.count - 1).length;
    return Array.from({ length: group.count }, (_, i): MachineSpec => {
      const rack = i % group.racks;
      return {
        name: `${group.name}-${String(i).padStart(digits, '0')}`,
        cpuMilli: group.cpu,
        memoryBytes: group.memory,
        gpuCount: group.gpu,
        gpuModel: group.gpuModel,
        ...(group.slots !== undefined && { slots: group.slots }),
        rack: `rack-${rack}`,
        zone: `zone-${rack % group.zones}`,
        attributes: group.attributes,
      };
    });
  });
}
