import { Loop } from '../../../engine/loop.ts';
import type { Simulation } from '../../../engine/simulation.ts';
import { FixedSchedule } from '../../../engine/tick-schedule.ts';
import type { Cloud } from '../../orchestrator.ts';
import { ApiClient } from '../apiserver/api-client.ts';
import type { ClientLimit } from '../apiserver/api-limits.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import { ReadyCondition } from '../apiserver/node-table.ts';
import { RequestKind } from '../apiserver/request-kinds.ts';

const COMPONENT = 'kubernetes/cloud-node-lifecycle';
/** --node-monitor-period 5 s. */
const PERIOD_US = 5_000_000;

/**
 * Cloud node lifecycle controller (k8s.io/cloud-provider controllers/nodelifecycle, v1.35): every period it asks the cloud about nodes that are not ready; the object of one whose instance is gone is
 * deleted, and its pods with it, minutes before their tolerations would be over.
 */
export class CloudNodeLifecycle {
  readonly #loop: Loop;
  readonly #suspects = new Set<number>();

  constructor(simulation: Simulation, api: ApiServer, cloud: Cloud, limit: ClientLimit, phase: number) {
    const requests = new ApiClient(simulation, api, limit);
    const remove = simulation.on(COMPONENT, (node) => {
      if (!cloud.running(node)) api.setExists(node, 0);
    });
    this.#loop = new Loop(simulation, COMPONENT, () => {
      for (const node of this.#suspects) {
        if (api.nodes.exists[node] === 0 || api.nodes.ready[node] === ReadyCondition.true) this.#suspects.delete(node);
        else if (!cloud.running(node)) {
          this.#suspects.delete(node);
          simulation.at(requests.node(node, RequestKind.node), remove, node);
        }
      }
      return this.#suspects.size > 0;
    });
    this.#loop.start(new FixedSchedule(Math.floor(phase * PERIOD_US), PERIOD_US), false);
    api.nodeListeners.push((node) => {
      if (api.nodes.exists[node] === 0 || api.nodes.ready[node] === ReadyCondition.true) return;
      this.#suspects.add(node);
      this.#loop.wake();
    });
  }
}
