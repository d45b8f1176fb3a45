import { z } from 'zod';
import { InputError } from '../../engine/input-error.ts';
import { suggestion } from '../../engine/nearest.ts';
import { BYTES, CPU_MILLI, DURATION_US } from '../../engine/quantity-schema.ts';
import type { MachineInventory } from '../../world/machine-inventory.ts';
import { ROLE } from './framework-entries.ts';
import { RESOURCE_NAMES } from './task-state.ts';
import { memoryThousandths } from './translate.ts';

/** Resources of agents that only one role, and those below it, may use (docs/reservation.md of Apache Mesos). */
export const RESERVATION = z
  .strictObject({
    role: ROLE.refine((role) => role !== '*', 'expected a role other than *').describe('role that may use them, and roles below it'),
    machines: z.array(z.string().max(256)).optional().describe('names of machines; absent: by attribute'),
    attribute: z.string().regex(/^[^=]+==.+$/, 'expected attribute==value').optional().describe('machines with this attribute, written attribute==value; also rack and zone'),
    cpus: CPU_MILLI.optional().describe('cores of each of them; with none of cpus, memory and gpus: all that is left of the agent (--default_role)'),
    memory: BYTES.optional().describe('memory of each'),
    gpus: z.int().min(0).optional().describe('devices of each'),
    from: DURATION_US.optional().describe('reserved by an operator at this time (POST /reserve, dynamic reservation) instead of by the agent\'s own flags (--resources, static)'),
    until: DURATION_US.optional().describe('unreserved by the operator at this time (POST /unreserve)'),
  })
  .superRefine(({ machines, attribute, from, until }, context) => {
    if ((machines === undefined) === (attribute === undefined)) context.addIssue({ code: 'custom', message: 'expected exactly one of machines and attribute' });
    if (until !== undefined && (from === undefined || until <= from)) context.addIssue({ code: 'custom', path: ['until'], message: 'expected a time after from: static reservations cannot be undone' });
  });

export type Reservation = z.infer<typeof RESERVATION>;

/** Made by an operator in the course of the run. */
export function isDynamic({ from }: Reservation): boolean {
  return from !== undefined;
}

/** Everything that is left of the agent. */
export function isWhole({ cpus, memory, gpus }: Reservation): boolean {
  return cpus === undefined && memory === undefined && gpus === undefined;
}

/** Amounts by resource name, thousandths; of an entry that is not {@link isWhole}. */
export function amountsOf({ cpus, memory, gpus }: Reservation): Float64Array {
  return Float64Array.of(Math.round(cpus ?? 0), Math.round(memoryThousandths(memory ?? 0)), (gpus ?? 0) * 1000);
}

/** Whether an entry is about a machine. */
export function namedBy({ machines, attribute }: Reservation, inventory: MachineInventory, machine: number): boolean {
  if (machines !== undefined) return machines.includes(inventory.names[machine]!);
  const at = attribute!.indexOf('==');
  return inventory.attributes[machine]!.get(attribute!.slice(0, at)) === attribute!.slice(at + 2);
}

/** @throws InputError that names the option and the machine that is not there */
export function checkMachineNames(path: string, names: readonly string[], inventory: MachineInventory): void {
  for (const name of names) if (inventory.indexOf(name) < 0) throw new InputError(`${path}: there is no machine "${name}"${suggestion(name, inventory.names.slice(0, 1000))}`);
}

/** @throws InputError where there is no such machine, or a machine has less than is reserved of it */
export function checkReservations(reservations: readonly Reservation[], inventory: MachineInventory, totalOf: (machine: number) => Float64Array): void {
  const reserved = new Map<number, Float64Array>();
  for (const [index, entry] of reservations.entries()) {
    checkMachineNames(`reservations[${index}].machines`, entry.machines ?? [], inventory);
    if (isWhole(entry)) continue;
    for (let machine = 0; machine < inventory.count; machine++) {
      if (!namedBy(entry, inventory, machine)) continue;
      const sum = reserved.get(machine) ?? new Float64Array(RESOURCE_NAMES.length);
      for (const [name, amount] of amountsOf(entry).entries()) {
        sum[name]! += amount;
        const total = totalOf(machine)[name]!;
        // Reservations of different times need not stand together.
        if ((isDynamic(entry) ? amount : sum[name]!) > total) throw new InputError(`reservations[${index}]: ${inventory.names[machine]} has ${total / 1000} ${RESOURCE_NAMES[name]}${name === 1 ? ' MB' : ''}, ${(isDynamic(entry) ? amount : sum[name]!) / 1000} would be reserved`);
      }
      if (!isDynamic(entry)) reserved.set(machine, sum);
    }
  }
}
