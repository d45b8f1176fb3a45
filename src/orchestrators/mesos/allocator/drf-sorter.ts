import { ClientTree, type ClusterTotal, NodeKind, type TreeNode } from './client-tree.ts';

export interface DrfSorterOptions {
  /** Capacity that shares are shares of. */
  readonly total: ClusterTotal;
  /** Per resource name: 1 = left out of shares (`--fair_sharing_excluded_resource_names`). */
  readonly excluded: Uint8Array;
  readonly staleInternalWeights: boolean;
}

/**
 * Orders clients by weighted dominant share, then by allocations received so far, then by path; a parent competes with its siblings before its children do
 * with theirs (Apache Mesos 1.12, src/master/allocator/mesos/sorter/drf/sorter.cpp, `sort`, `calculateShare`, `compareDRF`).
 */
export class DrfSorter extends ClientTree {
  readonly #options: DrfSorterOptions;
  #order: string[] = [];
  #version = -1;
  /** All clients are siblings: then an allocation moves one entry of the order and nothing else. */
  #flat = false;

  constructor(options: DrfSorterOptions) {
    super(options.total.quantities.length, options.staleInternalWeights);
    this.#options = options;
  }

  /** Active clients, the one to be served first first. Valid until the next change. */
  sort(): readonly string[] {
    if (!this.dirty && this.#version === this.#options.total.version) return this.#order;
    const order: string[] = [];
    this.#sortBelow(this.root, order);
    this.#flat = this.root.children.every((child) => child.kind !== NodeKind.internal);
    this.#order = order;
    this.#version = this.#options.total.version;
    this.dirty = false;
    return order;
  }

  override allocated(client: string, quantities: ArrayLike<number>, times = 1): void {
    const sorted = !this.dirty && this.#flat && this.#version === this.#options.total.version;
    super.allocated(client, quantities, times);
    const node = this.leafOf(client);
    if (!sorted) return;
    this.dirty = false;
    if (node.kind === NodeKind.activeLeaf) this.#reposition(node);
  }

  /** Where a client stands, as a copy that can be carried on by {@link advance} without touching the sorter. */
  standing(client: string): Standing {
    const leaf = this.leafOf(client);
    return { path: leaf.path, weight: this.weightOf(leaf), allocated: leaf.allocated.slice(), allocations: leaf.allocations, share: this.#share(leaf) };
  }

  /** What one more allocation does to a standing. */
  advance(standing: Standing, quantities: ArrayLike<number>, at: number): void {
    const { allocated } = standing;
    for (let n = 0; n < allocated.length; n++) allocated[n]! += quantities[at + n]!;
    standing.allocations++;
    standing.share = this.#dominant(allocated, undefined) / standing.weight;
  }

  /** Weighted dominant share of a client at its own level. */
  shareOf(client: string): number {
    return this.#share(this.leafOf(client));
  }

  /** What the weighted dominant share of a client would be with `more` allocated to it on top. */
  shareWith(client: string, more: ArrayLike<number>): number {
    const leaf = this.leafOf(client);
    return this.#dominant(leaf.allocated, more) / this.weightOf(leaf);
  }

  /** Moves a client of a flat, sorted order to where it belongs now. */
  #reposition(node: TreeNode): void {
    const siblings = this.root.children;
    node.share = this.#share(node);
    let at = siblings.indexOf(node);
    for (; at > 0 && compare(node, siblings[at - 1]!) < 0; at--) this.#place(at, siblings[at - 1]!);
    for (; at + 1 < this.#order.length && compare(siblings[at + 1]!, node) < 0; at++) this.#place(at, siblings[at + 1]!);
    this.#place(at, node);
  }

  #place(at: number, node: TreeNode): void {
    this.root.children[at] = node;
    this.#order[at] = node.path;
  }

  #sortBelow(node: TreeNode, order: string[]): void {
    for (const child of node.children) if (child.kind !== NodeKind.inactiveLeaf) child.share = this.#share(child);
    if (node.children.length > 1) node.children.sort(compare);
    for (const child of node.children) {
      if (child.kind === NodeKind.activeLeaf) order.push(this.clientOf(child));
      else if (child.kind === NodeKind.internal) this.#sortBelow(child, order);
    }
  }

  #share(node: TreeNode): number {
    return this.#dominant(node.allocated, undefined) / this.weightOf(node);
  }

  #dominant(allocated: Float64Array, more: ArrayLike<number> | undefined): number {
    const { total, excluded } = this.#options;
    let share = 0;
    for (let n = 0; n < allocated.length; n++) {
      const capacity = total.quantities[n]!;
      if (excluded[n] === 1 || capacity <= 0) continue;
      const part = scalar(more === undefined ? allocated[n]! : allocated[n]! + more[n]!) / scalar(capacity);
      if (part > share) share = part;
    }
    return share;
  }
}

/** What decides the order among siblings. */
export interface Standing {
  readonly path: string;
  readonly weight: number;
  readonly allocated: Float64Array;
  allocations: number;
  share: number;
}

/**
 * Thousandths as the floating-point number that the real allocator divides by: 300 of 3000 thousandths are 0.3 / 3, a little less than 100 of 1000
 * (src/common/values.cpp, `convertToFloating`; `calculateShare` divides `Value::Scalar`s). Shares that differ in their last digit are no tie.
 */
function scalar(thousandths: number): number {
  const whole = Math.trunc(thousandths / 1000);
  return whole + (thousandths - whole * 1000) / 1000;
}

function compare(a: TreeNode, b: TreeNode): number {
  const inactive = +(a.kind === NodeKind.inactiveLeaf) - +(b.kind === NodeKind.inactiveLeaf);
  return inactive === 0 ? compareStandings(a, b) : inactive;
}

/** Share, then allocations, then path. */
export function compareStandings(a: Pick<Standing, 'share' | 'allocations' | 'path'>, b: Pick<Standing, 'share' | 'allocations' | 'path'>): number {
  if (a.share !== b.share) return a.share - b.share;
  if (a.allocations !== b.allocations) return a.allocations - b.allocations;
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}
