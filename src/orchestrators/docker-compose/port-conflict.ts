import type { PublishedPort } from '../../workload/readers/compose/published-ports.ts';

/** The engine's error about a port of the host that another container has already (moby, libnetwork/portallocator/portallocator.go, ErrPortAlreadyAllocated); `null` = all are free. */
export function portConflict(wanted: readonly PublishedPort[], held: readonly PublishedPort[]): string | null {
  const taken = wanted.find((port) => held.some((other) => collide(port, other)));
  return taken === undefined ? null : `Bind for ${taken.hostIp || ANY}:${taken.hostPort} failed: port is already allocated`;
}

const ANY = '0.0.0.0';

function collide(a: PublishedPort, b: PublishedPort): boolean {
  if (a.hostPort !== b.hostPort || protocol(a) !== protocol(b)) return false;
  return a.hostIp === b.hostIp || [a, b].some(({ hostIp }) => hostIp === '' || hostIp === ANY || hostIp === '::');
}

function protocol({ port }: PublishedPort): string {
  return port.slice(port.indexOf('/') + 1);
}
