import { pow } from '../../../engine/numeric.ts';
import { ClientTree, NodeKind, type TreeNode } from './client-tree.ts';

/**
 * Orders clients at random in proportion to their weights, level by level: each sibling with an active client at or below it draws u^(1/weight), the largest goes
 * first (`--role_sorter=random`; Apache Mesos 1.12, src/master/allocator/mesos/sorter/random/sorter.cpp, after Efraimidis and Spirakis 2006).
 */
export class RandomSorter extends ClientTree {
  readonly #draw: () => number;

  /** @param draw uniform values in [0, 1) from a stream of its own */
  constructor(names: number, draw: () => number) {
    super(names, false);
    this.#draw = draw;
  }

  /** Active clients in a fresh random order. */
  sort(): readonly string[] {
    const order: string[] = [];
    this.#sortBelow(this.root, order);
    return order;
  }

  #sortBelow(node: TreeNode, order: string[]): void {
    const keyed = node.children.filter(hasActive).map((child) => ({ child, key: pow(this.#draw(), 1 / this.weightOf(child)) }));
    keyed.sort((a, b) => b.key - a.key || (a.child.path < b.child.path ? -1 : 1));
    for (const { child } of keyed) {
      if (child.kind === NodeKind.activeLeaf) order.push(this.clientOf(child));
      else this.#sortBelow(child, order);
    }
  }
}

function hasActive(node: TreeNode): boolean {
  return node.kind === NodeKind.activeLeaf || node.children.some(hasActive);
}
