import type { World } from '../../world/world.ts';
import type { Fault } from '../fault-plan.ts';

/** What a fault may act on: the world, and the orchestrator's own route for taking machines out of service. Never an orchestrator's methods otherwise. */
export interface FaultTarget {
  readonly world: World;
  drain(machine: number, drained: boolean): void;
}

/** Makes faults of one kind happen in one run; keeps count, so that overlapping faults of the kind on one machine end with the last of them. */
export interface FaultEffect {
  /** @param index the fault's index in its plan */
  begin(fault: Fault, index: number): void;
  end(fault: Fault, index: number): void;
}

/** One kind of thing that befalls machines. */
export interface FaultKindDefinition<Name extends string = string> {
  readonly name: Name;
  /** One line for `seatrial list`. */
  readonly summary: string;
  /** Whether {@link Fault.factor} says how strong it is. */
  readonly takesFactor: boolean;
  create(target: FaultTarget): FaultEffect;
}
