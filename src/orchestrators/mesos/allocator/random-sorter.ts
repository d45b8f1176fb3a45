import { ln } from '../../../engine/numeric.ts';
import { ClientTree, NodeKind, type TreeNode } from './client-tree.ts';

/**
 * Orders clients at random in proportion to their weights (`--role_sorter=random`; Apache Mesos 1.12, src/master/allocator/mesos/sorter/random/sorter.cpp). All
 * active clients are shuffled as one list: a node's part of its parent's weight is its own against that of its siblings with an active client at or below them
 * (`updateRelativeWeights`), so the children of one parent do not stand together as the DRF sorter's do. The shuffle is that of Efraimidis and Spirakis 2006
 * (random/utils.hpp, `weightedShuffle`): each draws u^(1/weight), the largest goes first.
 */
export class RandomSorter extends ClientTree {
  readonly #draw: () => number;

  /** @param draw uniform values in [0, 1) from a stream of its own */
  constructor(names: number, staleInternalWeights: boolean, draw: () => number) {
    super(names, staleInternalWeights);
    this.#draw = draw;
  }

  /** Active clients in a fresh random order. */
  sort(): readonly string[] {
    const keyed: { client: string; key: number }[] = [];
    this.#drawBelow(this.root, 1, keyed);
    keyed.sort((a, b) => b.key - a.key || (a.client < b.client ? -1 : 1));
    return keyed.map(({ client }) => client);
  }

  /** @param part what the node has of the weight of the whole tree */
  #drawBelow(node: TreeNode, part: number, keyed: { client: string; key: number }[]): void {
    const active = node.children.filter(hasActive);
    let sum = 0;
    for (const child of active) sum += this.weightOf(child);
    for (const child of active) {
      const weight = (part * this.weightOf(child)) / sum;
      // The logarithm of u^(1/weight): the same order, also where the power of a small weight would be 0.
      if (child.kind === NodeKind.activeLeaf) keyed.push({ client: this.clientOf(child), key: ln(this.#draw()) / weight });
      else this.#drawBelow(child, weight, keyed);
    }
  }
}

function hasActive(node: TreeNode): boolean {
  return node.kind === NodeKind.activeLeaf || node.children.some(hasActive);
}
