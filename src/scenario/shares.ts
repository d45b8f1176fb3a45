const SHARE = /^(\d{1,3}(?:\.\d{1,6})?)\s*%$/;

/**
 * Replaces shares of the window in the times of faults by durations, so that a scenario keeps its sense when the window changes with the load: `at: 80%` is counted from the start of the window,
 * any other time (`every: 1%`, `duration: 2%`) is that share of its length. Everything else is left as it is.
 */
export function settleShares(data: unknown, fromUs: number, toUs: number, key = ''): unknown {
  if (typeof data === 'string') {
    const match = TIMES.has(key) ? SHARE.exec(data.trim()) : null;
    if (match === null) return data;
    const share = Number(match[1]) / 100;
    return `${(key === 'at' ? fromUs : 0) + Math.round(share * (toUs - fromUs))}us`;
  }
  if (Array.isArray(data)) return data.map((element) => settleShares(element, fromUs, toUs, key));
  if (data === null || typeof data !== 'object') return data;
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, settleShares(value, fromUs, toUs, name)]));
}

const TIMES: ReadonlySet<string> = new Set(['at', 'every', 'duration']);
