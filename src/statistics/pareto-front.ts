/** Indices of the points that no other beats: `a` as large as possible and `b` as small, in order of falling `a`. Of equal points all are on the front. */
export function paretoFront(points: readonly { readonly a: number; readonly b: number }[]): readonly number[] {
  const order = points.map((_, i) => i).toSorted((i, j) => points[j]!.a - points[i]!.a || points[i]!.b - points[j]!.b || i - j);
  const front: number[] = [];
  let best = Infinity;
  let from = 0;
  while (from < order.length) {
    // Equal a: only the smallest b of them can be on the front.
    const { a, b } = points[order[from]!]!;
    let to = from;
    while (to < order.length && points[order[to]!]!.a === a) to++;
    if (b < best) {
      for (let k = from; k < to && points[order[k]!]!.b === b; k++) front.push(order[k]!);
      best = b;
    }
    from = to;
  }
  return front;
}
