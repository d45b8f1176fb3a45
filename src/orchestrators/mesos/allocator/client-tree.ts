/** Capacity of the whole cluster by resource name in thousandths, shared by all sorters of one allocator: reserved and revocable capacity included. */
export class ClusterTotal {
  readonly quantities: Float64Array;
  /** Counts changes: shares computed under another version are stale. */
  version = 0;

  constructor(names: number) {
    this.quantities = new Float64Array(names);
  }

  add(quantities: ArrayLike<number>, sign: 1 | -1): void {
    for (let i = 0; i < this.quantities.length; i++) this.quantities[i]! += sign * quantities[i]!;
    this.version++;
  }
}

export const NodeKind = { activeLeaf: 0, inactiveLeaf: 1, internal: 2 } as const;
export type NodeKind = (typeof NodeKind)[keyof typeof NodeKind];

/** One node of a {@link ClientTree}. */
export interface TreeNode {
  readonly name: string;
  readonly path: string;
  readonly parent: TreeNode | null;
  readonly children: TreeNode[];
  kind: NodeKind;
  /** Allocated to the subtree, by resource name, thousandths. */
  readonly allocated: Float64Array;
  /** Allocations so far at or below this node; never decreases. */
  allocations: number;
  /** Weight as cached on first use; NaN = not yet used. */
  weight: number;
  share: number;
}

/**
 * The tree that orders roles, or the frameworks of one role. Clients are paths; a client that also has children is the virtual child `.` of an internal node
 * and competes with its children as their sibling (Apache Mesos 1.12, src/master/allocator/mesos/sorter/drf/sorter.cpp, `add` and `remove`).
 */
export class ClientTree {
  protected readonly root: TreeNode;
  protected dirty = true;
  readonly #names: number;
  readonly #clients = new Map<string, TreeNode>();
  readonly #weights = new Map<string, number>();
  readonly #staleWeights: boolean;

  /**
   * @param names number of resource names
   * @param staleInternalWeights keep the real system's quirk: a changed weight reaches a node that has used its old one only if its path is a client
   */
  constructor(names: number, staleInternalWeights: boolean) {
    this.#names = names;
    this.#staleWeights = staleInternalWeights;
    this.root = this.#node('', null, NodeKind.internal);
  }

  /** Number of clients. */
  get count(): number {
    return this.#clients.size;
  }

  contains(client: string): boolean {
    return this.#clients.has(client);
  }

  /** Adds a client, inactive. */
  add(client: string): void {
    if (this.#clients.has(client)) throw new Error(`client "${client}" is in the sorter already`);
    const elements = client.split('/');
    let current = this.root;
    let i = 0;
    for (; i < elements.length; i++) {
      if (current.kind !== NodeKind.internal) {
        this.#leafBecomesInternal(current);
        break;
      }
      const child = current.children.find((node) => node.name === elements[i]);
      if (child === undefined) break;
      current = child;
    }
    if (i === elements.length) {
      // A leaf here would have been found as the client itself.
      current = this.#child(current, '.', NodeKind.inactiveLeaf);
    } else {
      for (; i < elements.length; i++) current = this.#child(current, elements[i]!, i === elements.length - 1 ? NodeKind.inactiveLeaf : NodeKind.internal);
    }
    this.#clients.set(client, current);
    this.dirty = true;
  }

  /** Removes a client with all that is allocated to it; folds `.` back into its parent when no other child is left. */
  remove(client: string): void {
    const leaf = this.#find(client);
    this.#clients.delete(client);
    const gone = leaf.allocated.slice();
    let current = leaf;
    while (current.parent !== null) {
      const parent = current.parent;
      for (let n = 0; n < this.#names; n++) parent.allocated[n]! -= gone[n]!;
      if (current.children.length === 0 && (current === leaf || current.kind === NodeKind.internal)) {
        parent.children.splice(parent.children.indexOf(current), 1);
      } else if (current.children.length === 1 && current.children[0]!.name === '.') {
        current.kind = current.children[0]!.kind;
        current.children.pop();
        this.#clients.set(current.path, current);
      }
      current = parent;
    }
    this.dirty = true;
  }

  activate(client: string): void {
    const leaf = this.#find(client);
    if (leaf.kind === NodeKind.activeLeaf) return;
    leaf.kind = NodeKind.activeLeaf;
    this.dirty = true;
  }

  deactivate(client: string): void {
    const leaf = this.#find(client);
    if (leaf.kind === NodeKind.inactiveLeaf) return;
    leaf.kind = NodeKind.inactiveLeaf;
    this.dirty = true;
  }

  /** Sets the weight of a path against its siblings; the path need not exist yet. */
  updateWeight(path: string, weight: number): void {
    this.#weights.set(path, weight);
    this.dirty = true;
    let node = this.#staleWeights ? this.#clients.get(path) : this.#nodeAt(path);
    if (node?.name === '.' && node.path !== path) node = node.parent!;
    if (node !== undefined) node.weight = weight;
  }

  /** Books an allocation to a client: `times` calls of the real sorter's `allocated` at once (one per agent, role and cycle), counted as so many. */
  allocated(client: string, quantities: ArrayLike<number>, times = 1): void {
    for (let node: TreeNode | null = this.#find(client); node !== null; node = node.parent) {
      for (let n = 0; n < this.#names; n++) node.allocated[n]! += quantities[n]!;
      node.allocations += times;
    }
    this.dirty = true;
  }

  unallocated(client: string, quantities: ArrayLike<number>): void {
    for (let node: TreeNode | null = this.#find(client); node !== null; node = node.parent) {
      for (let n = 0; n < this.#names; n++) node.allocated[n]! -= quantities[n]!;
    }
    this.dirty = true;
  }

  /** Replaces a part of what is allocated (reserve, create volume); does not count as an allocation. */
  update(client: string, before: ArrayLike<number>, after: ArrayLike<number>): void {
    for (let node: TreeNode | null = this.#find(client); node !== null; node = node.parent) {
      for (let n = 0; n < this.#names; n++) node.allocated[n]! += after[n]! - before[n]!;
    }
    this.dirty = true;
  }

  /** Allocated to a client, by resource name, thousandths. */
  allocation(client: string): Float64Array {
    return this.#find(client).allocated;
  }

  /** Weight of a node, cached on first use. */
  protected weightOf(node: TreeNode): number {
    if (node.weight !== node.weight) node.weight = this.#weights.get(node.path) ?? 1;
    return node.weight;
  }

  /** The leaf or internal node that competes at the top level for a client without parents: the client's own node. */
  protected leafOf(client: string): TreeNode {
    return this.#find(client);
  }

  /** Path by which a leaf is known as a client. */
  protected clientOf(leaf: TreeNode): string {
    return leaf.name === '.' ? leaf.parent!.path : leaf.path;
  }

  #find(client: string): TreeNode {
    const node = this.#clients.get(client);
    if (node === undefined) throw new Error(`client "${client}" is not in the sorter`);
    return node;
  }

  #nodeAt(path: string): TreeNode | undefined {
    let current: TreeNode | undefined = this.root;
    for (const element of path.split('/')) current = current?.children.find((node) => node.name === element);
    return current;
  }

  #leafBecomesInternal(leaf: TreeNode): void {
    const virtual = this.#node('.', leaf, leaf.kind);
    virtual.allocated.set(leaf.allocated);
    virtual.allocations = leaf.allocations;
    leaf.kind = NodeKind.internal;
    leaf.children.push(virtual);
    this.#clients.set(leaf.path, virtual);
  }

  #child(parent: TreeNode, name: string, kind: NodeKind): TreeNode {
    const child = this.#node(name, parent, kind);
    parent.children.push(child);
    return child;
  }

  #node(name: string, parent: TreeNode | null, kind: NodeKind): TreeNode {
    const path = parent === null || parent.parent === null ? name : `${parent.path}/${name}`;
    return { name, path, parent, kind, children: [], allocated: new Float64Array(this.#names), allocations: 0, weight: NaN, share: 0 };
  }
}
