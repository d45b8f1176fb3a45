import type { EntryChoice } from './allocator/entry-choice.ts';
import { RESOURCE_NAMES } from './task-state.ts';

const RESOURCE_WORDS = ['Cpus', 'Memory', 'Gpus'];

/** The first resource of which there is too little, in Marathon's words; undefined = there is enough. @param free by resource name, thousandths */
export function shortage(demand: Float64Array, free: (name: number) => number): string | undefined {
  for (const [name, amount] of demand.entries()) {
    if (free(name) < amount) return `Insufficient${RESOURCE_WORDS[name]}: ${RESOURCE_NAMES[name]} ${Math.max(0, free(name)) / 1000} of ${amount / 1000}`;
  }
  return undefined;
}

/** What of an agent's entries a task could have, by resource name. */
export function usable(choice: EntryChoice | undefined, entry: (column: number) => number): (name: number) => number {
  return choice === undefined ? entry : (name) => choice.usable(entry, name);
}
