import type { MachineInventory } from '../../../world/machine-inventory.ts';
import type { AgentFit } from '../agent-fit.ts';
import type { ChronosJob } from './chronos-job.ts';
import { constrainedValue, meetsJobConstraint } from './job-constraint.ts';

/** Which agents a job of Chronos may use: by what its shape asks for, and by its own constraints. */
export class JobPlaces {
  readonly #inventory: MachineInventory;
  readonly #fit: AgentFit;
  readonly #allowed = new Map<ChronosJob, Uint8Array>();

  constructor(inventory: MachineInventory, fit: AgentFit) {
    this.#inventory = inventory;
    this.#fit = fit;
  }

  accepts(job: ChronosJob): (agent: number) => boolean {
    const fits = this.#fit.accepts(job.shape);
    if ((job.options?.constraints.length ?? 0) === 0) return fits;
    let allowed = this.#allowed.get(job);
    if (allowed === undefined) {
      allowed = Uint8Array.from({ length: this.#inventory.count }, (_, agent) => (this.refusal(job, agent) === undefined ? 1 : 0));
      this.#allowed.set(job, allowed);
    }
    return (agent) => allowed[agent] === 1;
  }

  /** Why the job may not use an agent; undefined = it may. */
  refusal(job: ChronosJob, agent: number): string | undefined {
    const general = this.#fit.verdict(job.shape, agent);
    if (general !== undefined) return general;
    for (const constraint of job.options?.constraints ?? []) {
      const value = constrainedValue(this.#inventory, agent, constraint[0]);
      if (!meetsJobConstraint(constraint, value)) return `constraint ${constraint.join(' ')} is not met: the agent has ${value ?? 'no such attribute'}`;
    }
    return undefined;
  }

  /** The job is gone. */
  drop(job: ChronosJob): void {
    this.#allowed.delete(job);
  }
}
