import type { MachineInventory } from '../../world/machine-inventory.ts';
import type { Shape } from '../../workload/shape.ts';

/**
 * Which agents a shape may use, by what their offers say of them: attributes and GPU model. Constraints are compared as text, `==` as Marathon's IS and `!=` as UNLIKE of
 * the quoted value (mesosphere/marathon 1.11, src/main/scala/mesosphere/mesos/Constraints.scala): an agent without the attribute only matches `!=`.
 */
export class AgentFit {
  readonly #inventory: MachineInventory;
  readonly #requests: readonly (Shape | null)[];
  /** Per shape: 1 per agent that is allowed; null = every agent is. */
  readonly #allowed: (Uint8Array | null | undefined)[] = [];

  constructor(inventory: MachineInventory, requests: readonly (Shape | null)[]) {
    this.#inventory = inventory;
    this.#requests = requests;
  }

  /** Tells agents that the shape may use from others. */
  accepts(shape: number): (agent: number) => boolean {
    const allowed = this.#allowedFor(shape);
    return allowed === null ? ALWAYS : (agent) => allowed[agent] === 1;
  }

  /** Why an agent is not allowed, in Marathon's words; undefined if it is. */
  verdict(shape: number, agent: number): string | undefined {
    const request = this.#requests[shape]!;
    const { attributes, gpuModels } = this.#inventory;
    for (const { attribute, operator, value } of request.constraints) {
      const actual = attributes[agent]!.get(attribute);
      if ((actual === value) !== (operator === '==')) return `UnfulfilledConstraint: ${attribute} ${operator === '==' ? 'IS' : 'UNLIKE'} ${value}, the agent has ${actual ?? 'no such attribute'}`;
    }
    if (request.gpuModels.length > 0 && !request.gpuModels.includes(gpuModels[agent]!)) return `UnfulfilledConstraint: gpu_model LIKE ${request.gpuModels.join('|')}, the agent has ${gpuModels[agent] === '' ? 'none' : gpuModels[agent]}`;
    return undefined;
  }

  #allowedFor(shape: number): Uint8Array | null {
    let allowed = this.#allowed[shape];
    if (allowed !== undefined) return allowed;
    const request = this.#requests[shape]!;
    const free = request.constraints.length === 0 && request.gpuModels.length === 0;
    allowed = free ? null : Uint8Array.from({ length: this.#inventory.count }, (_, agent) => (this.verdict(shape, agent) === undefined ? 1 : 0));
    if (allowed?.every((value) => value === 1)) allowed = null;
    this.#allowed[shape] = allowed;
    return allowed;
  }
}

const ALWAYS = (): boolean => true;
