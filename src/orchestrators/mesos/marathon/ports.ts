/** An inclusive range of ports. */
export type PortRange = readonly [begin: number, end: number];

/**
 * Host ports for an instance from the ranges of an offer (mesosphere/marathon 1.11, src/main/scala/mesosphere/mesos/PortsMatcher.scala): the ones asked for by number must be there, the
 * others are drawn from what is left.
 *
 * @param wanted numbers, 0 = any
 * @param taken whether an offered port is in use
 * @returns one port per wanted one; undefined if there are not enough
 */
export function matchPorts(ranges: readonly PortRange[], wanted: readonly number[], taken: (port: number) => boolean, draw: () => number): number[] | undefined {
  if (wanted.length === 0) return [];
  const fixed = new Set<number>();
  for (const port of wanted) {
    if (port === 0) continue;
    if (fixed.has(port) || taken(port) || !ranges.some(([begin, end]) => port >= begin && port <= end)) return undefined;
    fixed.add(port);
  }
  const chosen = new Set(fixed);
  const total = ranges.reduce((sum, [begin, end]) => sum + end - begin + 1, 0);
  const ports: number[] = [];
  let start = -1;
  let walked = 0;
  for (const port of wanted) {
    if (port !== 0) {
      ports.push(port);
      continue;
    }
    // From a random place on, as Marathon randomises the ranges: nothing is looked at that is not needed.
    if (start < 0) start = Math.floor(draw() * total);
    let found = -1;
    for (; walked < total && found < 0; walked++) {
      const candidate = portAt(ranges, (start + walked) % total);
      if (!chosen.has(candidate) && !taken(candidate)) found = candidate;
    }
    if (found < 0) return undefined;
    chosen.add(found);
    ports.push(found);
  }
  return ports;
}

function portAt(ranges: readonly PortRange[], position: number): number {
  let left = position;
  for (const [begin, end] of ranges) {
    if (left <= end - begin) return begin + left;
    left -= end - begin + 1;
  }
  return -1;
}
