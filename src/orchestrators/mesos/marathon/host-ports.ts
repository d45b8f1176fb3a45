import { matchPorts, type PortRange } from './ports.ts';

/** What an agent offers unless it is told otherwise (Apache Mesos 1.12, src/slave/constants.hpp, DEFAULT_PORTS). */
export const AGENT_PORTS: readonly PortRange[] = [[31_000, 32_000]];
const AGENT_PORT_COUNT = 1001;

/** Host ports of agents as one framework knows them: its own instances are the only ones that take any. */
export class HostPorts {
  readonly #taken = new Map<number, Set<number>>();

  /** Whether an agent has the ports that are wanted. */
  offers(agent: number, wanted: readonly number[]): boolean {
    const taken = this.#taken.get(agent);
    let dynamic = 0;
    for (const port of wanted) {
      if (port === 0) dynamic++;
      else if (taken?.has(port) === true || !AGENT_PORTS.some(([begin, end]) => port >= begin && port <= end)) return false;
    }
    return wanted.length === 0 || dynamic <= AGENT_PORT_COUNT - (taken?.size ?? 0) - (wanted.length - dynamic);
  }

  /** Takes ports on an agent that {@link offers} them. */
  take(agent: number, wanted: readonly number[], draw: () => number): readonly number[] {
    if (wanted.length === 0) return NO_PORTS;
    let taken = this.#taken.get(agent);
    if (taken === undefined) this.#taken.set(agent, (taken = new Set()));
    const ports = matchPorts(AGENT_PORTS, wanted, (port) => taken.has(port), draw)!;
    for (const port of ports) taken.add(port);
    return ports;
  }

  give(agent: number, ports: readonly number[]): void {
    const taken = this.#taken.get(agent);
    for (const port of ports) taken?.delete(port);
  }
}

const NO_PORTS: readonly number[] = [];
