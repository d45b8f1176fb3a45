import { InputError } from '../engine/input-error.ts';
import { KeyedRandom } from '../engine/random/keyed-random.ts';
import type { MachineInventory } from '../world/machine-inventory.ts';
import type { Fault, FaultPlan } from './fault-plan.ts';
import type { FaultsSpec } from './schema.ts';
import type { FaultSource } from './sources/fault-source.ts';
import { FAULT_SOURCES } from './sources/registry.ts';

/** Most faults of one plan: beyond this the laws are more likely mistyped than meant. */
const MOST_FAULTS = 5_000_000;

/**
 * All faults that entries amount to in [fromUs, untilUs) of simulated time, sorted by time; at one instant in the order of entries, then of machines.
 * A pure function of its arguments. What befalls one machine does not depend on which others there are.
 * @param readText gives the text of a file that a `recorded` entry names
 * @throws InputError naming the entry, for machines, racks and zones that do not exist
 */
export function materialise(faults: FaultsSpec, inventory: MachineInventory, seed: number | string, fromUs: number, untilUs: number, readText?: (file: string) => string): FaultPlan {
  const found: Fault[] = [];
  faults.forEach((spec, position) => {
    const source = FAULT_SOURCES.find((candidate) => candidate.name === spec.source) as FaultSource | undefined;
    if (source === undefined) throw new InputError(`faults[${position}].source: there is no source of faults "${spec.source}"`);
    const name = spec.name ?? `faults[${position}]`;
    const random = new KeyedRandom(seed, `faults/${name}`);
    for (const fault of source.faults(spec, { inventory, random, name, path: `faults[${position}]`, fromUs, untilUs, readText })) {
      if (found.length === MOST_FAULTS) throw new InputError(`faults[${position}]: more than ${MOST_FAULTS} faults; are the laws meant so?`);
      found.push(fault);
    }
  });
  return found.map((fault, order) => ({ fault, order })).sort((a, b) => a.fault.atUs - b.fault.atUs || a.order - b.order).map(({ fault }) => fault);
}
