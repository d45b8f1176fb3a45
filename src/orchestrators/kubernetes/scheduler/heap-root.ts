/**
 * Index that v1.35's heap of node scores holds at its root (schedule_one.go selectHost with container/heap: sift down from n/2-1 to 0, strictly better only).
 */
export function heapRoot(scores: readonly number[]): number {
  const heap = scores.map((_, i) => i);
  for (let start = Math.floor(heap.length / 2) - 1; start >= 0; start--) {
    for (let i = start; ; ) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && scores[heap[child + 1]!]! > scores[heap[child]!]!) child++;
      if (scores[heap[child]!]! <= scores[heap[i]!]!) break;
      const swap = heap[i]!;
      heap[i] = heap[child]!;
      heap[child] = swap;
      i = child;
    }
  }
  return heap[0]!;
}
