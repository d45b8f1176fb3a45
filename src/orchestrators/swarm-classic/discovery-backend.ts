/** Names as in the URL of `swarm manage` and `swarm join`; `zookeeper` is `zk://`. */
export const DISCOVERY_NAMES = ['etcd', 'consul', 'zookeeper', 'token', 'file', 'nodes'] as const;
export type DiscoveryName = (typeof DISCOVERY_NAMES)[number];

/** What tells the discovery backends apart (docker/classicswarm 1.2.9, discovery/token; vendored docker/docker/pkg/discovery and docker/libkv/store). */
export interface DiscoveryBackend {
  /** `swarm join` keeps an entry there; else an operator writes the list. */
  readonly registers: boolean;
  /** The manager asks every `heartbeat`, once at its start (never again), or is told at once. */
  readonly learns: 'watch' | 'poll' | 'once';
  /**
   * When an entry goes whose agent has fallen silent, in simulated microseconds.
   * @param renewedUs last registration @param touchedUs last sign of life of the agent's session
   */
  expiryUs(renewedUs: number, touchedUs: number, ttlUs: number): number;
  /** The entry belongs to the session that made it, and goes with it even if a new one has written to it meanwhile. */
  readonly ownedBySession: boolean;
}

const SECOND_US = 1_000_000;
/** Session time-out of the ZooKeeper client: vendored docker/libkv/store/zookeeper/zookeeper.go, defaultTimeout. */
const ZOOKEEPER_SESSION_US = 10 * SECOND_US;
/** The client pings at a third of it: samuel/go-zookeeper zk/conn.go, setTimeouts. */
export const ZOOKEEPER_PING_US = Math.floor(((ZOOKEEPER_SESSION_US * 2) / 3) / 2);
/** The server ends sessions in steps of its tickTime (2 s by default), rounded up: apache/zookeeper, SessionTrackerImpl.roundToInterval. */
const ZOOKEEPER_TICK_US = 2 * SECOND_US;
/** hashicorp/consul, agent/structs: SessionTTLMultiplier; libkv asks for half the TTL because of it (store/consul/consul.go, renewSession). */
const CONSUL_MULTIPLIER = 2;

const livesForTtl = (renewedUs: number, _: number, ttlUs: number): number => renewedUs + ttlUs;
const never = (): number => Infinity;

export const DISCOVERY_BACKENDS: Readonly<Record<DiscoveryName, DiscoveryBackend>> = {
  etcd: { registers: true, learns: 'watch', expiryUs: livesForTtl, ownedBySession: false },
  consul: { registers: true, learns: 'watch', expiryUs: (renewedUs, _, ttlUs) => renewedUs + CONSUL_MULTIPLIER * Math.floor(ttlUs / 2), ownedBySession: false },
  // The TTL is ignored: store/zookeeper/zookeeper.go, createFullPath.
  zookeeper: { registers: true, learns: 'watch', expiryUs: (_, touchedUs) => (Math.floor((touchedUs + ZOOKEEPER_SESSION_US) / ZOOKEEPER_TICK_US) + 1) * ZOOKEEPER_TICK_US, ownedBySession: true },
  token: { registers: true, learns: 'poll', expiryUs: livesForTtl, ownedBySession: false },
  file: { registers: false, learns: 'poll', expiryUs: never, ownedBySession: false },
  nodes: { registers: false, learns: 'once', expiryUs: never, ownedBySession: false },
};
