import type { Shape } from '../../workload/shape.ts';
import type { EntryChoice } from './allocator/entry-choice.ts';
import type { RoleEntry } from './framework-entries.ts';
import { isFor } from './job-routing.ts';

/** The roles of one framework: which of them each shape may use, and which entries of their offers its tasks take. */
export class FrameworkRoles {
  readonly names: readonly string[];
  readonly #choices: readonly (EntryChoice | undefined)[];
  /** Per shape: bit i = role i; null = every shape may use every role. */
  readonly #masks: Int32Array | null;

  /** @param choices per role; undefined where every resource has one entry */
  constructor(entries: readonly RoleEntry[], shapes: readonly Shape[], choices: readonly (EntryChoice | undefined)[]) {
    this.names = entries.map(({ role }) => role);
    this.#choices = choices;
    const free = entries.every(({ jobs }) => jobs === null);
    this.#masks = free ? null : Int32Array.from(shapes, (shape) => entries.reduce((mask, { jobs }, i) => (jobs === null || isFor(jobs, shape) ? mask | (1 << i) : mask), 0));
  }

  get count(): number {
    return this.names.length;
  }

  /** Number of a role of the framework's. */
  indexOf(role: string): number {
    return this.names.length === 1 ? 0 : this.names.indexOf(role);
  }

  choice(index: number): EntryChoice | undefined {
    return this.#choices[index];
  }

  /** Whether tasks of a shape are launched on offers to a role. */
  allows(shape: number, index: number): boolean {
    return this.#masks === null || (this.#masks[shape]! & (1 << index)) !== 0;
  }

  /** Roles that a shape may use. */
  of(shape: number): readonly string[] {
    return this.names.filter((_, i) => this.allows(shape, i));
  }
}
