/** Pods that wait for a node on which others are being preempted for them (backend/queue/nominator.go, v1.35.4). */
export class Nominations {
  readonly #rowOf = new Map<number, number>();
  readonly #podsOn = new Map<number, number[]>();

  get size(): number {
    return this.#rowOf.size;
  }

  /** `status.nominatedNodeName` as a row; -1 = none. */
  rowOf(pod: number): number {
    return this.#rowOf.get(pod) ?? -1;
  }

  /** Pods nominated for a node, in order of nomination. */
  on(row: number): readonly number[] {
    return this.#podsOn.get(row) ?? NONE;
  }

  /** Rows that some pod is nominated for. */
  rows(): IterableIterator<number> {
    return this.#podsOn.keys();
  }

  nominate(pod: number, row: number): void {
    this.clear(pod);
    this.#rowOf.set(pod, row);
    const pods = this.#podsOn.get(row);
    if (pods === undefined) this.#podsOn.set(row, [pod]);
    else pods.push(pod);
  }

  clear(pod: number): void {
    const row = this.#rowOf.get(pod);
    if (row === undefined) return;
    this.#rowOf.delete(pod);
    const left = this.#podsOn.get(row)!.filter((other) => other !== pod);
    if (left.length > 0) this.#podsOn.set(row, left);
    else this.#podsOn.delete(row);
  }
}

const NONE: readonly number[] = [];
