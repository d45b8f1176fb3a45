import { z } from 'zod';
import type { OrchestratorContext } from '../orchestrator.ts';
import { MesosDns } from './mesos-dns/mesos-dns.ts';
import { duration, SECOND_US } from './option-kinds.ts';
import type { TaskTable } from './task-table.ts';

/** How clients of services find their instances: hears what the master believes and records `route` and `unroute` as clients come to see it. */
export interface ServiceDiscovery {
  /** A task runs, as far as the master knows. */
  taskRunning(row: number): void;
  /** A task is no longer among those of the master. */
  taskGone(row: number): void;
}

/** One kind per model. Adding one = its folder, an entry here and a case below. */
export const SERVICE_DISCOVERY = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('mesos-dns').default('mesos-dns'),
      refresh: duration(60 * SECOND_US, "between polls of the master's state (refreshSeconds; mesosphere/mesos-dns 0.9, records/config.go)"),
      ttl: duration(60 * SECOND_US, 'clients keep an answer for this long (ttl; records/config.go)'),
    }),
    z.strictObject({ kind: z.literal('none') }),
  ])
  .prefault({ kind: 'mesos-dns' })
  .describe('how clients find the instances of services; default: Mesos-DNS with its own defaults');

export type ServiceDiscoveryOptions = z.infer<typeof SERVICE_DISCOVERY>;

export function createServiceDiscovery(options: ServiceDiscoveryOptions, context: OrchestratorContext, tasks: TaskTable): ServiceDiscovery | null {
  switch (options.kind) {
    case 'mesos-dns':
      return new MesosDns(context, tasks, { refreshUs: options.refresh, ttlUs: options.ttl });
    case 'none':
      return null;
  }
}
