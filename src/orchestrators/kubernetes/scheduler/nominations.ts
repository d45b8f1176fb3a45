/** Pods that wait for a node on which others are being preempted for them (backend/queue/nominator.go, v1.35.4). */
export class Nominations {
  readonly #rowOf = new Map<number, number>();
  readonly #podsOn = new Map<number, number[]>();
  /** 1 per row that some pod is nominated for. */
  readonly #isOn: Uint8Array;
  readonly #lookingFurther = new Set<number>();
  /** GPU devices that pods are to have once their victims have gone; those that want some alone. */
  readonly #devices = new Map<number, number>();

  /** @param rows number of nodes */
  constructor(rows: number) {
    this.#isOn = new Uint8Array(rows);
  }

  get size(): number {
    return this.#rowOf.size;
  }

  /** Some nominated pod minds pods on other nodes too (required anti-affinity). */
  get looksFurther(): boolean {
    return this.#lookingFurther.size > 0;
  }

  /** `status.nominatedNodeName` as a row; -1 = none. */
  rowOf(pod: number): number {
    return this.#rowOf.get(pod) ?? -1;
  }

  /** Whether some pod is nominated for a node. */
  isOn(row: number): boolean {
    return this.#isOn[row] === 1;
  }

  /** Pods nominated for a node, in order of nomination. */
  on(row: number): readonly number[] {
    return this.#isOn[row] === 1 ? this.#podsOn.get(row)! : NONE;
  }

  /** Rows that some pod is nominated for. */
  rows(): IterableIterator<number> {
    return this.#podsOn.keys();
  }

  /** GPU devices of its node that a nominated pod is to have, bit i = device i. */
  devices(pod: number): number {
    return this.#devices.get(pod) ?? 0;
  }

  /**
   * @param looksFurther it minds pods on other nodes too
   * @param devices GPU devices that it is to have
   */
  nominate(pod: number, row: number, looksFurther: boolean, devices: number): void {
    this.clear(pod);
    if (devices !== 0) this.#devices.set(pod, devices);
    this.#rowOf.set(pod, row);
    if (looksFurther) this.#lookingFurther.add(pod);
    const pods = this.#podsOn.get(row);
    if (pods === undefined) {
      this.#podsOn.set(row, [pod]);
      this.#isOn[row] = 1;
    } else pods.push(pod);
  }

  clear(pod: number): void {
    const row = this.#rowOf.get(pod);
    if (row === undefined) return;
    this.#rowOf.delete(pod);
    this.#lookingFurther.delete(pod);
    this.#devices.delete(pod);
    const left = this.#podsOn.get(row)!.filter((other) => other !== pod);
    if (left.length > 0) this.#podsOn.set(row, left);
    else {
      this.#podsOn.delete(row);
      this.#isOn[row] = 0;
    }
  }
}

const NONE: readonly number[] = [];
