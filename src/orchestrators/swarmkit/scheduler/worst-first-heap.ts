/**
 * Orders `items` in place, best first, by the steps of a heap that has the worst on top: Init and then Pop until it is empty (Go, container/heap; SwarmKit, manager/scheduler/decision_tree.go,
 * orderedNodes). No stable sort: where items tie, their order after it is a matter of these very steps.
 *
 * @param better whether the first item is better than the second
 */
export function orderByHeap<T>(items: T[], better: (a: T, b: T) => boolean): void {
  const swap = (i: number, j: number): void => {
    [items[i], items[j]] = [items[j]!, items[i]!];
  };
  const down = (from: number, length: number): void => {
    for (let i = from; ; ) {
      let worst = 2 * i + 1;
      if (worst >= length) return;
      if (worst + 1 < length && better(items[worst]!, items[worst + 1]!)) worst++;
      if (!better(items[i]!, items[worst]!)) return;
      swap(i, worst);
      i = worst;
    }
  };
  for (let i = Math.trunc(items.length / 2) - 1; i >= 0; i--) down(i, items.length);
  for (let last = items.length - 1; last >= 0; last--) {
    swap(0, last);
    down(0, last);
  }
}
