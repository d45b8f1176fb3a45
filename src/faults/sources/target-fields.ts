import { z } from 'zod';
import { InputError } from '../../engine/input-error.ts';
import { suggestion } from '../../engine/nearest.ts';
import { entityOf } from '../../engine/random/keyed-random.ts';
import type { FaultSourceContext } from './fault-source.ts';

/** Keys that say which machines, the same in every source. Check with {@link targetsFit}. */
export const TARGET_FIELDS = {
  machines: z.array(z.string().min(1).max(256)).min(1).max(100_000).optional().describe('machines by name'),
  rack: z.string().min(1).max(256).optional().describe('all machines of a rack'),
  zone: z.string().min(1).max(256).optional().describe('all machines of a zone'),
  pick: z.int().min(1).max(1_000_000).optional().describe('so many of them, drawn by the seed'),
};

export interface Targets {
  readonly machines?: readonly string[] | undefined;
  readonly rack?: string | undefined;
  readonly zone?: string | undefined;
  readonly pick?: number | undefined;
}

/** At most one of machines, rack and zone. */
export function targetsFit(spec: Targets, context: z.RefinementCtx): void {
  if ([spec.machines, spec.rack, spec.zone].filter((value) => value !== undefined).length > 1) context.addIssue({ code: 'custom', message: 'expected at most one of machines, rack and zone' });
}

/** Indices of the machines that are meant before any picking, ascending. @throws InputError for names that do not exist */
export function targetMachines(targets: Targets, { inventory, path }: FaultSourceContext): number[] {
  if (targets.machines !== undefined) {
    const indices = targets.machines.map((name, i) => {
      const index = inventory.indexOf(name);
      if (index < 0) throw new InputError(`${path}.machines[${i}]: there is no machine "${name}"${suggestion(name, inventory.names)}`);
      return index;
    });
    return [...new Set(indices)].sort((a, b) => a - b);
  }
  const all = inventory.names.map((_, machine) => machine);
  if (targets.rack !== undefined) return inDomain(all, inventory.rack, inventory.rackNames, targets.rack, `${path}.rack: there is no rack`);
  if (targets.zone !== undefined) return inDomain(all, inventory.zone, inventory.zoneNames, targets.zone, `${path}.zone: there is no zone`);
  return all;
}

/**
 * `count` of the machines, ascending: the `round`-th draw without replacement. The order is that of a value keyed by each machine's name, so another machine more
 * moves at most one of the picks. When fewer than `count` are left, a new order begins.
 */
export function pickedMachines(machines: readonly number[], count: number, round: number, { inventory, random, path }: FaultSourceContext): number[] {
  if (count > machines.length) throw new InputError(`${path}.pick: expected at most ${machines.length}, the number of machines to pick from, not ${count}`);
  const roundsPerOrder = Math.floor(machines.length / count);
  const shuffled = machines
    .map((machine) => ({ machine, u: random.u(entityOf(inventory.names[machine]!), Math.floor(round / roundsPerOrder), PICK) }))
    .sort((a, b) => a.u - b.u || a.machine - b.machine);
  const start = (round % roundsPerOrder) * count;
  return shuffled
    .slice(start, start + count)
    .map(({ machine }) => machine)
    .sort((a, b) => a - b);
}

function inDomain(all: readonly number[], domain: Int32Array, names: readonly string[], name: string, message: string): number[] {
  const index = names.indexOf(name);
  if (index < 0) throw new InputError(`${message} "${name}"${suggestion(name, names)}`);
  return all.filter((machine) => domain[machine] === index);
}

const PICK = 4;
