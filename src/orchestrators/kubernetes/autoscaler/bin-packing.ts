/** What a pod takes of a node. */
export interface Share {
  readonly cpuMilli: number;
  readonly memoryBytes: number;
  readonly gpus: number;
}

/** Room of a node, used up by {@link place}. */
export interface Room {
  cpuMilli: number;
  memoryBytes: number;
  gpus: number;
  pods: number;
}

/** Takes room for a pod if there is enough. */
export function place(room: Room, share: Share): boolean {
  if (share.cpuMilli > room.cpuMilli || share.memoryBytes > room.memoryBytes || share.gpus > room.gpus || room.pods < 1) return false;
  room.cpuMilli -= share.cpuMilli;
  room.memoryBytes -= share.memoryBytes;
  room.gpus -= share.gpus;
  room.pods -= 1;
  return true;
}

/**
 * First fit decreasing (cluster-autoscaler estimator/binpacking_estimator.go): pods in order of their share of a new node, each on the first new node with room.
 * @param rooms of the nodes that could be added, in order
 * @returns how many of them are needed, and which pods (by index) find a place
 */
export function estimateNodes(pods: readonly Share[], rooms: readonly Readonly<Room>[]): { readonly nodes: number; readonly placed: readonly number[] } {
  if (rooms.length === 0) return { nodes: 0, placed: [] };
  const first = rooms[0]!;
  const score = ({ cpuMilli, memoryBytes }: Share): number => cpuMilli / Math.max(1, first.cpuMilli) + memoryBytes / Math.max(1, first.memoryBytes);
  const order = pods.map((_, i) => i).sort((a, b) => score(pods[b]!) - score(pods[a]!) || a - b);
  const open: Room[] = [];
  const placed: number[] = [];
  for (const index of order) {
    const share = pods[index]!;
    if (open.some((room) => place(room, share))) {
      placed.push(index);
      continue;
    }
    if (open.length === rooms.length) continue;
    const room = { ...rooms[open.length]! };
    if (!place(room, share)) continue;
    open.push(room);
    placed.push(index);
  }
  return { nodes: open.length, placed };
}
