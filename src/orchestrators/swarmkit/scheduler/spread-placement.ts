import type { SequentialRandom } from '../../../engine/random/sequential-random.ts';
import { labelValue } from '../../../workload/readers/compose/placement-constraint.ts';
import type { NodeSet } from './node-set.ts';
import type { Pipeline } from './pipeline.ts';
import { compareNodes, type TaskGroup } from './task-group.ts';
import { orderByHeap } from './worst-first-heap.ts';

/** Commits one task of the group to a node; the books must have changed when it returns. */
export type Place = (node: number) => void;

/** A node of the tree that the spread preferences make: branches by label value, machines at the leaves. */
interface Branch {
  /** Active tasks of the service below, on feasible nodes or not; not read anew while the group is placed. */
  tasks: number;
  /** `null` at a leaf. */
  next: Map<string, Branch> | null;
  /** At a leaf: feasible nodes, later at most as many as the group has tasks, best first. */
  nodes: number[];
  /** Placed on before: what is left has to be checked and ordered anew. */
  visited: boolean;
}

/**
 * Places a group the way the real scheduler does in full: tree of spread preferences, the best nodes of each leaf in one ordering, filled up level by level and then in turn
 * (scheduler.go, scheduleNTasksOnSubtree and scheduleNTasksOnNodes; nodeset.go, tree). Where the real order is that of a hash map or a heap, it is drawn.
 */
export class SpreadPlacement {
  readonly #nodes: NodeSet;
  readonly #group: TaskGroup;
  readonly #pipeline: Pipeline;
  readonly #random: SequentialRandom;
  readonly #nowUs: number;
  readonly #place: Place;
  #left: number;

  constructor(nodes: NodeSet, group: TaskGroup, pipeline: Pipeline, random: SequentialRandom, nowUs: number, place: Place) {
    this.#nodes = nodes;
    this.#group = group;
    this.#pipeline = pipeline;
    this.#random = random;
    this.#nowUs = nowUs;
    this.#place = place;
    this.#left = group.count;
  }

  /** @returns how many tasks of the group found a node */
  run(): number {
    const tree = this.#tree();
    this.#onBranch(tree, this.#group.count);
    return this.#group.count - this.#left;
  }

  #tree(): Branch {
    const { service, spec } = this.#group;
    const root = emptyBranch();
    for (let node = 0; node < this.#nodes.count; node++) {
      const tasks = this.#nodes.activeOf(service, node);
      let branch = root;
      for (const descriptor of spec.spread) {
        const value = labelValue(descriptor, this.#nodes.descriptions[node]!);
        if (value === null) continue;
        branch.tasks += tasks;
        branch.next ??= new Map();
        let below = branch.next.get(value);
        if (below === undefined) branch.next.set(value, (below = emptyBranch()));
        branch = below;
      }
      branch.tasks += tasks;
      if (this.#pipeline.process(node)) branch.nodes.push(node);
    }
    return root;
  }

  #onBranch(branch: Branch, count: number): number {
    if (branch.next === null) return this.#onLeaf(branch, count);
    const full = new Set<Branch>();
    const branches = [...branch.next.values()];
    let placed = 0;
    let usable = branch.tasks;
    let progress = true;
    while (placed !== count && full.size !== branches.length && progress) {
      progress = false;
      const share = Math.trunc((usable + count - placed) / (branches.length - full.size));
      let remainder = (usable + count - placed) % (branches.length - full.size);
      for (const below of this.#shuffled(branches)) {
        if (full.has(below) || !(below.tasks < share || (below.tasks === share && remainder > 0))) continue;
        progress = true;
        const wanted = share - below.tasks + (remainder > 0 ? 1 : 0);
        const got = this.#onBranch(below, wanted);
        if (got < wanted) {
          full.add(below);
          usable -= below.tasks;
        } else if (remainder > 0) remainder--;
        placed += got;
      }
    }
    return placed;
  }

  #onLeaf(leaf: Branch, count: number): number {
    this.#order(leaf);
    const { nodes } = leaf;
    if (nodes.length === 0) return 0;
    const failed = new Set<number>();
    let placed = 0;
    for (let i = 0; this.#left > 0; ) {
      const node = nodes[i % nodes.length]!;
      this.#place(node);
      this.#left--;
      if (++placed === count) return placed;
      if (i + 1 >= nodes.length) i++;
      else if (compareNodes(this.#nodes, this.#group, this.#nowUs, nodes[i + 1]!, node) < 0) i++;
      for (const from = i; failed.has(i % nodes.length) || !this.#pipeline.process(nodes[i % nodes.length]!); ) {
        failed.add(i % nodes.length);
        if (++i - from === nodes.length) return placed;
      }
    }
    return placed;
  }

  /** The first time nodes come from a hash map, so ties are drawn; from then on the heap of the real scheduler decides them. */
  #order(leaf: Branch): void {
    const compare = (a: number, b: number): number => compareNodes(this.#nodes, this.#group, this.#nowUs, a, b);
    if (leaf.visited) {
      const { nodes } = leaf;
      for (let i = 0; i < nodes.length; ) {
        if (this.#pipeline.process(nodes[i]!)) i++;
        else {
          const last = nodes.pop()!;
          if (i < nodes.length) nodes[i] = last;
        }
      }
      orderByHeap(nodes, (a, b) => compare(a, b) < 0);
      return;
    }
    leaf.nodes = this.#shuffled(leaf.nodes).sort(compare);
    leaf.nodes.length = Math.min(leaf.nodes.length, this.#group.count);
    leaf.visited = true;
  }

  #shuffled<T>(values: readonly T[]): T[] {
    const order = values.map((_, i) => i);
    this.#random.shuffle(order, order.length);
    return order.map((i) => values[i]!);
  }
}

function emptyBranch(): Branch {
  return { tasks: 0, next: null, nodes: [], visited: false };
}
