import type { KeyedRandom } from '../../engine/random/keyed-random.ts';
import type { MachineInventory } from '../../world/machine-inventory.ts';
import type { Fault } from '../fault-plan.ts';
import type { z } from 'zod';

/** What a source gets to make its faults from. */
export interface FaultSourceContext {
  readonly inventory: MachineInventory;
  /** The entry's own family of keyed draws. */
  readonly random: KeyedRandom;
  /** The entry's name, or its position in words: label of faults that have no better one. */
  readonly name: string;
  /** Where the entry stands, for messages: `faults[2]`. */
  readonly path: string;
  readonly fromUs: number;
  readonly untilUs: number;
  /** Text of a file that an entry names; absent where there are no files. @throws InputError */
  readonly readText?: ((file: string) => string) | undefined;
}

/** One way of saying what breaks when. */
export interface FaultSource<Spec = unknown> {
  readonly name: string;
  /** One line for `seatrial list`. */
  readonly summary: string;
  /** An entry as users write it; `source` is the name. */
  readonly schema: z.ZodType<Spec>;
  /** The entry's faults in any order. @throws InputError for names that do not exist */
  faults(spec: Spec, context: FaultSourceContext): Iterable<Fault>;
}
