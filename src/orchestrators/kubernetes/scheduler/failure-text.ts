/**
 * The scheduler's own words for a pod that fits nowhere (framework/types.go FitError.Error, v1.35.4): reasons with their counts, sorted as text.
 * @param reasons reasons per node
 */
export function failureText(nodeCount: number, reasons: readonly (readonly string[])[]): string {
  if (nodeCount === 0) return 'no nodes available to schedule pods';
  const counts = new Map<string, number>();
  for (const node of reasons) for (const reason of node) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const texts = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodeCount} nodes are available: ${texts.join(', ')}.`;
}
