/**
 * Values of one field over the counted instances of an app, kept as instances come and go: how many share a value, how many values there are, how small the smallest group is. Instances on
 * agents without the field form a group of their own, as in Marathon's groupBy over an optional value.
 */
export class FieldCounts {
  readonly #values = new Map<number, string | undefined>();
  readonly #groups = new Map<string | undefined, number>();
  /** Number of groups by size. */
  readonly #sizes: number[] = [];
  #smallest = 0;

  /** @param instance any number that tells counted instances apart */
  add(instance: number, value: string | undefined): void {
    this.#values.set(instance, value);
    const size = this.#groups.get(value) ?? 0;
    this.#groups.set(value, size + 1);
    this.#resize(size, size + 1);
  }

  remove(instance: number): void {
    if (!this.#values.has(instance)) return;
    const value = this.#values.get(instance);
    this.#values.delete(instance);
    const size = this.#groups.get(value)!;
    if (size === 1) this.#groups.delete(value);
    else this.#groups.set(value, size - 1);
    this.#resize(size, size - 1);
  }

  /** Counted instances. */
  get instances(): number {
    return this.#values.size;
  }

  /** Distinct values. */
  get groups(): number {
    return this.#groups.size;
  }

  /** Instances in the smallest group; 0 if there is none. */
  get smallest(): number {
    return this.#smallest;
  }

  /** Instances with this value. */
  count(value: string): number {
    return this.#groups.get(value) ?? 0;
  }

  /** Value of the instance that has been counted longest; undefined if there is none or its agent lacks the field. */
  first(): string | undefined {
    return this.#values.values().next().value;
  }

  /** Instances beyond `base`, summed over the groups. */
  above(base: number): number {
    let sum = 0;
    for (let size = base + 1; size < this.#sizes.length; size++) sum += (size - base) * (this.#sizes[size] ?? 0);
    return sum;
  }

  #resize(from: number, to: number): void {
    while (this.#sizes.length <= Math.max(from, to)) this.#sizes.push(0);
    if (from > 0) this.#sizes[from]!--;
    if (to > 0) this.#sizes[to]!++;
    if (this.#groups.size === 0) this.#smallest = 0;
    else if (to > 0 && (to < this.#smallest || this.#smallest === 0)) this.#smallest = to;
    else while (this.#sizes[this.#smallest] === 0) this.#smallest++;
  }
}
