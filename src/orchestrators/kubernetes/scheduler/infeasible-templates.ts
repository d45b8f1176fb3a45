/** Templates with pods that were found to fit nowhere and that no event has made fit since: those that wait for one. */
export class InfeasibleTemplates {
  readonly #list: number[] = [];
  /** Position in the list plus one; 0 = not there. */
  readonly #position: Int32Array;
  readonly #clusterWide: Uint8Array;

  constructor(templates: number) {
    this.#position = new Int32Array(templates);
    this.#clusterWide = new Uint8Array(templates);
  }

  get count(): number {
    return this.#list.length;
  }

  /** The i-th; removing one moves the last into its place, so walk from the end. */
  at(i: number): number {
    return this.#list[i]!;
  }

  has(template: number): boolean {
    return this.#position[template] !== 0;
  }

  /** A plugin that looks at the whole cluster took part: pods elsewhere matter too, and what holds for one pod need not hold for another. */
  isClusterWide(template: number): boolean {
    return this.#clusterWide[template] === 1;
  }

  add(template: number, clusterWide: boolean): void {
    if (this.#position[template] === 0) {
      this.#position[template] = this.#list.push(template);
      this.#clusterWide[template] = 0;
    }
    if (clusterWide) this.#clusterWide[template] = 1;
  }

  delete(template: number): void {
    const position = this.#position[template]!;
    if (position === 0) return;
    const last = this.#list.pop()!;
    this.#position[template] = 0;
    if (last === template) return;
    this.#list[position - 1] = last;
    this.#position[last] = position;
  }
}
