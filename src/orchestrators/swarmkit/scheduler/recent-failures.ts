/** Failures older than this are forgotten (manager/scheduler/scheduler.go, monitorFailures). */
export const MONITOR_FAILURES_US = 300_000_000;

/** From this many on, failures decide which of two nodes is better; fewer have no effect (maxFailures). */
export const MAX_FAILURES = 5;

/** When tasks failed or were rejected, by service, spec version and node. Kept in the leader's memory only. */
export class RecentFailures {
  /** Times in order, by service and version, then node. */
  readonly #times = new Map<string, Map<number, number[]>>();

  record(service: number, version: number, node: number, timeUs: number): void {
    const key = `${service}/${version}`;
    let nodes = this.#times.get(key);
    if (nodes === undefined) this.#times.set(key, (nodes = new Map()));
    const times = (nodes.get(node) ?? []).filter((at) => timeUs - at < MONITOR_FAILURES_US);
    times.push(timeUs);
    nodes.set(node, times);
  }

  count(service: number, version: number, node: number, nowUs: number): number {
    const times = this.#times.get(`${service}/${version}`)?.get(node);
    if (times === undefined) return 0;
    let recent = 0;
    for (let i = times.length - 1; i >= 0 && nowUs - times[i]! <= MONITOR_FAILURES_US; i--) recent++;
    return recent;
  }

  /** Whether any node has enough failures of this service and version to matter. */
  matter(service: number, version: number, nowUs: number): boolean {
    if (this.#times.size === 0) return false;
    const nodes = this.#times.get(`${service}/${version}`);
    if (nodes === undefined) return false;
    for (const node of nodes.keys()) if (this.count(service, version, node, nowUs) >= MAX_FAILURES) return true;
    return false;
  }

  /** The service is gone. */
  forget(service: number, version: number): void {
    if (this.#times.size > 0) this.#times.delete(`${service}/${version}`);
  }
}
