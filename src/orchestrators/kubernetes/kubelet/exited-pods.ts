import { grown32 } from '../../../engine/columns.ts';

const NOT_LISTED = -2;

/** Per node, the pods whose container has exited since the kubelet's last relist, in order: lists through columns. */
export class ExitedPods {
  readonly #first: Int32Array;
  readonly #last: Int32Array;
  #next = new Int32Array(256).fill(NOT_LISTED);

  constructor(nodeCount: number) {
    this.#first = new Int32Array(nodeCount).fill(-1);
    this.#last = new Int32Array(nodeCount).fill(-1);
  }

  any(node: number): boolean {
    return this.#first[node]! >= 0;
  }

  /** Adds a pod; nothing happens if it is listed already. */
  add(node: number, pod: number): void {
    while (pod >= this.#next.length) {
      const before = this.#next.length;
      this.#next = grown32(this.#next);
      this.#next.fill(NOT_LISTED, before);
    }
    if (this.#next[pod] !== NOT_LISTED) return;
    const last = this.#last[node]!;
    if (last >= 0) this.#next[last] = pod;
    else this.#first[node] = pod;
    this.#last[node] = pod;
    this.#next[pod] = -1;
  }

  /** Empties a node's list and returns it. */
  take(node: number): number[] {
    const pods: number[] = [];
    for (let pod = this.#first[node]!; pod >= 0; ) {
      const next = this.#next[pod]!;
      this.#next[pod] = NOT_LISTED;
      pods.push(pod);
      pod = next;
    }
    this.#first[node] = -1;
    this.#last[node] = -1;
    return pods;
  }

  /** Takes one pod out: its row may soon be another's. */
  remove(node: number, pod: number): void {
    if (pod >= this.#next.length || this.#next[pod] === NOT_LISTED) return;
    for (const other of this.take(node)) if (other !== pod) this.add(node, other);
  }
}
