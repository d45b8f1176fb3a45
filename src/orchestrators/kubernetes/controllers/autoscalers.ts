import type { Simulation } from '../../../engine/simulation.ts';
import type { Shape } from '../../../workload/shape.ts';
import type { Log } from '../../../metrics/log.ts';
import { ApiClient } from '../apiserver/api-client.ts';
import type { ClientLimit } from '../apiserver/api-limits.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import { ConditionalUpdates } from '../apiserver/conditional-updates.ts';
import { RequestKind } from '../apiserver/request-kinds.ts';
import { type AutoscalerSettings, autoscalerSettings } from './autoscaler-settings.ts';
import { HorizontalPodAutoscaler, type PodUse } from './horizontal-pod-autoscaler.ts';

const COMPONENT = 'kubernetes/horizontal-pod-autoscaler';

/** What the autoscalers ask of the cluster, about a service by its first task. */
export interface AutoscaledServices {
  replicas(firstTask: number): number;
  pods(firstTask: number): readonly number[];
  /** `spec.replicas` was written. */
  scaled(firstTask: number, replicas: number): void;
  /** Whether the object that is scaled was written after a time. */
  changedSince(firstTask: number, timeUs: number): boolean;
  /** What a pod uses by itself now, and when its kubelet began with it. */
  use(pod: number): PodUse;
  startedUs(pod: number): number;
  /** A draw of the service's own, 0 to 1. */
  phase(firstTask: number, purpose: number): number;
}

/** One {@link HorizontalPodAutoscaler} for each service whose object has one, sharing the controller's rate limit. */
export class Autoscalers {
  readonly #simulation: Simulation;
  readonly #api: ApiServer;
  readonly #services: AutoscaledServices;
  readonly #requests: ApiClient;
  readonly #settings: readonly (AutoscalerSettings | null)[];
  readonly #autoscalers = new Map<number, HorizontalPodAutoscaler>();
  readonly #updates: ConditionalUpdates;

  constructor(simulation: Simulation, log: Log, api: ApiServer, shapes: readonly (Shape | null)[], services: AutoscaledServices, limit: ClientLimit) {
    this.#simulation = simulation;
    this.#api = api;
    this.#services = services;
    this.#requests = new ApiClient(simulation, api, limit);
    this.#settings = shapes.map((shape) => (shape === null ? null : autoscalerSettings(shape)));
    // FailedUpdateScale: the key comes back with the next sync.
    this.#updates = new ConditionalUpdates(simulation, log, COMPONENT, { steps: 1, delayUs: () => 0 });
    if (this.#settings.every((settings) => settings === null)) return;
    const changed = (pod: number): void => this.changed(api.owners.firstTask[api.pods.owner[pod]!]!);
    api.readinessListeners.push(changed);
    api.goneListeners.push(changed);
    // Pods of a node that does not answer are not measured.
    api.nodeListeners.push(() => {
      for (const autoscaler of this.#autoscalers.values()) autoscaler.changed();
    });
  }

  /** A service was created. */
  begin(firstTask: number, template: number): void {
    const settings = this.#settings[template]!;
    if (settings === null) return;
    const service = {
      replicas: () => this.#services.replicas(firstTask),
      pods: () => this.#services.pods(firstTask),
      use: (pod: number) => this.#services.use(pod),
      startedUs: (pod: number) => this.#services.startedUs(pod),
      scale: (replicas: number) => {
        this.#api.written();
        const owner = this.#api.owners.ownerOf[firstTask]!;
        // The scale is read first, then the metrics, then it is written: two requests lie between.
        const { nowUs } = this.#simulation;
        const readUs = this.#api.ownerStoredUs(owner, RequestKind.ownerSpec, this.#requests.sentUs());
        this.#updates.send({
          readUs: nowUs,
          storedUs: this.#api.ownerStoredUs(owner, RequestKind.ownerSpec, this.#requests.sentUs(readUs)),
          changedSince: (timeUs) => this.#services.changedSince(firstTask, timeUs),
          request: (sentUs) => sentUs,
          draw: () => 0,
          apply: () => {
            if (this.#autoscalers.has(firstTask)) this.#services.scaled(firstTask, replicas);
          },
          givenUp: () => this.#autoscalers.get(firstTask)?.refused(nowUs),
        });
      },
    };
    const phases = { sync: this.#services.phase(firstTask, SYNC_PHASE), sample: this.#services.phase(firstTask, SAMPLE_PHASE) };
    this.#autoscalers.set(firstTask, new HorizontalPodAutoscaler(this.#simulation, this.#api, settings, service, phases));
  }

  /** Pods or replicas of a service have changed. */
  changed(firstTask: number): void {
    this.#autoscalers.get(firstTask)?.changed();
  }

  /** The service is gone. */
  end(firstTask: number): void {
    this.#autoscalers.get(firstTask)?.stop();
    this.#autoscalers.delete(firstTask);
  }
}

const SYNC_PHASE = 13;
const SAMPLE_PHASE = 14;
