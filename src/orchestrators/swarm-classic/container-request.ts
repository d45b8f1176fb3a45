/** A port that a container asks for or holds: `port` is `80/tcp`; an empty `hostPort` is allocated by the engine. */
export interface PortBinding {
  readonly port: string;
  readonly hostIp: string;
  readonly hostPort: string;
}

/** What `POST /containers/create` asks for, as far as scheduling looks at it (docker/classicswarm 1.2.9, cluster/config.go). */
export interface ContainerRequest {
  /** Whole CPUs: the manager reads `--cpu-shares N` as N CPUs. */
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly labels: ReadonlyMap<string, string>;
  /** Expression texts. */
  readonly constraints: readonly string[];
  readonly affinities: readonly string[];
  readonly whitelists: readonly string[];
  readonly links: readonly string[];
  readonly volumesFrom: readonly string[];
  /** '' = default (bridge); `host`; `container:<name>`. */
  readonly networkMode: string;
  readonly exposedPorts: readonly string[];
  readonly portBindings: readonly PortBinding[];
  /** Reschedule policies in the user's words; absent or none = whatever the wrapper around `docker run` puts there. */
  readonly reschedule?: readonly string[];
}

/** The manager's error about a request that it does not even try to place, if there is one (docker/classicswarm 1.2.9, cluster/config.go, Validate). */
export function invalid({ reschedule = [] }: ContainerRequest): string | undefined {
  if (reschedule.length > 1) return 'too many reschedule policies';
  return reschedule.every((policy) => policy === 'off' || policy === 'on-node-failure') ? undefined : `invalid reschedule policy: ${reschedule[0]}`;
}

/** A request for nothing: spread it and say what differs. */
export const EMPTY_REQUEST: ContainerRequest = {
  cpus: 0,
  memoryBytes: 0,
  labels: new Map(),
  constraints: [],
  affinities: [],
  whitelists: [],
  links: [],
  volumesFrom: [],
  networkMode: '',
  exposedPorts: [],
  portBindings: [],
};
