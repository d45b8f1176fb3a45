import { InputError } from '../../engine/input-error.ts';
import { nearest } from '../../engine/nearest.ts';
import type { MachineInventory } from '../../world/machine-inventory.ts';

/** An image that is in no registry, as options name it. */
export interface LocalImage {
  readonly image: string;
  readonly machines: readonly string[];
}

/** Images that were built on machines and never pushed: no other engine can pull them. */
export class LocalImages {
  /** Machines by index of the image. */
  readonly #machines = new Map<number, ReadonlySet<number>>();

  /** @throws InputError if a machine does not exist */
  constructor(given: readonly LocalImage[], imageNames: readonly string[], inventory: MachineInventory) {
    for (const { image, machines } of given) {
      const rows = machines.map((name) => {
        const row = inventory.names.indexOf(name);
        const hint = nearest(name, inventory.names);
        if (row < 0) throw new InputError(`swarm-classic: localImages: there is no machine "${name}"${hint === undefined ? '' : `; did you mean "${hint}"?`}`);
        return row;
      });
      const index = imageNames.indexOf(image);
      if (index >= 0) this.#machines.set(index, new Set(rows));
    }
  }

  get any(): boolean {
    return this.#machines.size > 0;
  }

  /** Whether an engine can come by the image: it is in a registry, or there. */
  available(machine: number, image: number): boolean {
    return this.#machines.get(image)?.has(machine) !== false;
  }

  /** Pairs of machine and image. */
  *places(): Generator<readonly [machine: number, image: number]> {
    for (const [image, machines] of this.#machines) for (const machine of machines) yield [machine, image];
  }
}
