/** A port of a container that is published on its host. */
export interface PublishedPort {
  /** Of the container, with protocol: `80/tcp`. */
  readonly port: string;
  /** '' = all interfaces. */
  readonly hostIp: string;
  /** '' = one that the engine picks. */
  readonly hostPort: string;
}

/** What a service of a Compose file publishes (`ports`, short and long form). A range of host ports for fewer container ports leaves the choice to the engine. */
export function publishedPorts(ports: unknown): PublishedPort[] {
  return Array.isArray(ports) ? ports.flatMap(published) : [];
}

function published(entry: unknown): PublishedPort[] {
  if (typeof entry === 'object' && entry !== null) {
    const { target, published: host, protocol, host_ip: hostIp } = entry as Readonly<Record<string, unknown>>;
    const hostPort = host === undefined || String(host).includes('-') ? '' : String(host);
    return [{ port: `${String(target)}/${typeof protocol === 'string' ? protocol : 'tcp'}`, hostIp: typeof hostIp === 'string' ? hostIp : '', hostPort }];
  }
  const [address, protocol = 'tcp'] = String(entry).split('/') as [string, string?];
  const match = /^(?:(?:(.*):)?([\d-]*):)?([\d-]+)$/.exec(address);
  if (match === null) return [];
  const [, ip = '', host = '', target = ''] = match;
  const targets = range(target);
  const hosts = range(host);
  return targets.map((port, i) => ({ port: `${port}/${protocol}`, hostIp: ip.replace(/^\[(.*)\]$/, '$1'), hostPort: hosts.length === targets.length ? String(hosts[i]) : '' }));
}

function range(text: string): number[] {
  if (text === '') return [];
  const [first = 0, last = first] = text.split('-').map(Number);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}
