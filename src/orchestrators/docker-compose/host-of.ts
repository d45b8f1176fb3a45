import { InputError } from '../../engine/input-error.ts';
import { suggestion } from '../../engine/nearest.ts';
import type { MachineInventory } from '../../world/machine-inventory.ts';
import type { DockerComposeOptions } from './options.ts';

/**
 * The machine that everything runs on.
 * @throws InputError if there is none of that name
 */
export function hostOf({ host }: DockerComposeOptions, inventory: MachineInventory): number {
  const machine = host === undefined ? 0 : inventory.names.indexOf(host);
  if (machine < 0) throw new InputError(`docker-compose: host: there is no machine "${host}"${suggestion(host!, inventory.names.slice(0, 1000))}`);
  return machine;
}
