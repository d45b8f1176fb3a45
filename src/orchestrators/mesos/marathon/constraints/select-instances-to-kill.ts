/** Values of one GROUP_BY field per instance, undefined where the agent lacks the field. */
export type FieldValues = readonly (string | undefined)[];

/**
 * Which instances to end when an app is scaled down so that its GROUP_BY constraints stay even (mesosphere/marathon 1.11, src/main/scala/mesosphere/mesos/Constraints.scala,
 * selectInstancesToKill): again and again one of the largest groups, such that the spread of every distribution stays at most 1 or shrinks. May return fewer than asked for: the kill
 * policy chooses the rest. Without GROUP_BY it chooses none.
 *
 * @param fields per GROUP_BY constraint the value of each instance
 * @param instances number of running instances, listed in the order in which the kill policy would take them
 * @returns positions of the chosen instances
 */
export function selectInstancesToKill(fields: readonly FieldValues[], instances: number, count: number): number[] {
  const all = Array.from({ length: instances }, (_, i) => i);
  if (count >= instances) return all;
  if (fields.length === 0) return [];
  const distributions = fields.map((values) => new Distribution(values));
  const chosen = new Set<number>();
  while (chosen.size < count) {
    // A stable sort: equal spreads stay in the order of the constraints.
    const tried = distributions.toSorted((a, b) => b.spread() - a.spread()).flatMap((distribution) => distribution.ofLargest());
    const next = firstOf(tried, all, (instance) => !chosen.has(instance) && distributions.every((distribution) => distribution.staysEvenWithout(instance)));
    if (next === undefined) break;
    chosen.add(next);
    for (const distribution of distributions) distribution.take(next);
  }
  return [...chosen];
}

function firstOf(preferred: readonly number[], rest: readonly number[], suits: (instance: number) => boolean): number | undefined {
  return preferred.find(suits) ?? rest.find(suits);
}

/** How many instances each value of a field has. A group that was emptied still counts: its size is 0. */
class Distribution {
  readonly #groupOf: readonly number[];
  readonly #members: readonly number[][];
  readonly #sizes: number[];
  readonly #initialSpread: number;

  constructor(values: FieldValues) {
    const names = [...new Set(values)];
    this.#groupOf = values.map((value) => names.indexOf(value));
    this.#members = names.map((_, group) => this.#groupOf.flatMap((of, instance) => (of === group ? [instance] : [])));
    this.#sizes = this.#members.map((members) => members.length);
    this.#initialSpread = this.spread();
  }

  spread(): number {
    return Math.max(...this.#sizes) - Math.min(...this.#sizes);
  }

  /** Instances of the largest groups; none if all are equal. */
  ofLargest(): number[] {
    if (this.spread() === 0) return [];
    const largest = Math.max(...this.#sizes);
    return this.#members.flatMap((members, group) => (this.#sizes[group] === largest ? members : []));
  }

  staysEvenWithout(instance: number): boolean {
    const group = this.#groupOf[instance]!;
    this.#sizes[group]!--;
    const spread = this.spread();
    this.#sizes[group]!++;
    return spread <= 1 || spread < this.#initialSpread;
  }

  take(instance: number): void {
    this.#sizes[this.#groupOf[instance]!]!--;
  }
}
