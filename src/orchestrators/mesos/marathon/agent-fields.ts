import type { MachineInventory } from '../../../world/machine-inventory.ts';
import { attributeText } from '../attribute-text.ts';

/** What constraints read of agents: `hostname` and `@hostname` are the machine's name, `@zone` and `@region` its attributes of those names, all else an attribute of the agent. */
export class AgentFields {
  readonly #inventory: MachineInventory;
  readonly #values = new Map<string, readonly (string | undefined)[]>();

  constructor(inventory: MachineInventory) {
    this.#inventory = inventory;
  }

  /** Value of a field per agent, as text; undefined where an agent lacks it. */
  valuesOf(field: string): readonly (string | undefined)[] {
    let values = this.#values.get(field);
    if (values === undefined) {
      const { names, attributes } = this.#inventory;
      if (field === 'hostname' || field === '@hostname') values = names;
      else {
        const fault = field === '@zone' || field === '@region';
        values = attributes.map((own) => {
          const value = own.get(fault ? field.slice(1) : field);
          return value === undefined || fault ? value : attributeText(value);
        });
      }
      this.#values.set(field, values);
    }
    return values;
  }
}
