/**
 * Order in which nodes are examined (backend/cache/node_tree.go, v1.35.4): nodes grouped by zone, zones in order of first appearance, nodes of a zone in
 * order of addition; then round-robin: the first of each zone, the second of each zone, ... with exhausted zones left out.
 * @param zones zone of each node, in order of addition
 * @returns node indices in order
 */
export function nodeTreeOrder(zones: readonly (string | number)[]): number[] {
  const groups = new Map<string | number, number[]>();
  zones.forEach((zone, node) => {
    const group = groups.get(zone);
    if (group === undefined) groups.set(zone, [node]);
    else group.push(node);
  });
  const lists = [...groups.values()];
  const longest = lists.reduce((max, list) => Math.max(max, list.length), 0);
  const order: number[] = [];
  for (let i = 0; i < longest; i++) {
    for (const list of lists) if (i < list.length) order.push(list[i]!);
  }
  return order;
}

/**
 * How many feasible nodes a cycle looks for (schedule_one.go numFeasibleNodesToFind, v1.35.4).
 * @param percentage `percentageOfNodesToScore`; 0 = adaptive: 50 % minus one per 125 nodes, at least 5 %
 */
export function numFeasibleNodesToFind(nodes: number, percentage: number): number {
  if (nodes < 100) return nodes;
  const share = percentage === 0 ? Math.max(5, 50 - Math.floor(nodes / 125)) : percentage;
  if (share >= 100) return nodes;
  return Math.max(100, Math.floor((nodes * share) / 100));
}
