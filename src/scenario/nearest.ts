/** The valid name closest to a misspelt one, by edit distance with transpositions; `undefined` when none is close enough to be meant. */
export function nearest(name: string, valid: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Infinity;
  const wanted = name.slice(0, MAX_LENGTH).toLowerCase();
  for (const candidate of valid) {
    const lower = candidate.toLowerCase();
    let distance = editDistance(wanted, lower);
    // `fifo` for `reference/fifo`, `docker-swarm` for `swarm-classic`: a whole part of the name counts as close.
    if (lower.split(/[/-]/).some((part) => part.length >= 3 && wanted.includes(part))) distance = Math.min(distance, 2);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return bestDistance <= Math.max(2, Math.floor(wanted.length / 3)) ? best : undefined;
}

/** ` (did you mean "x"?)`, or the list of valid names when none is close. */
export function suggestion(name: string, valid: readonly string[]): string {
  const closest = nearest(name, valid);
  if (closest !== undefined) return `; did you mean "${closest}"?`;
  return valid.length === 0 ? '' : `; valid: ${valid.join(', ')}`;
}

const MAX_LENGTH = 80;

function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      let cost = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, beforePrevious[j - 2]! + 1);
      row.push(cost);
    }
    beforePrevious = previous;
    previous = row;
  }
  return previous[b.length]!;
}
