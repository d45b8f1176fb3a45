import type { Simulation } from '../../../engine/simulation.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';

/** nodeStatusUpdateFrequency of the kubelet: its status is worked out this often and written when it differs (pkg/kubelet/apis/config/v1beta1/defaults.go, v1.35). */
const STATUS_PERIOD_US = 10_000_000;

export interface NodeImageSource {
  /** Image per pod template; -1 = none. */
  readonly imageOf: Int32Array;
  /** Size per image; 0 = always there, and never told. */
  readonly sizeBytes: Float64Array;
  /** Phase of a node's status period, 0..1. */
  phase(node: number): number;
}

/**
 * `status.images` of nodes: an image whose pod runs for the first time on a node is part of the node's next status. The scheduler hears of it by its watch.
 *
 * The image cache belongs to the machine and loses nothing, so each image is reported once. Sizes are those pulled; reality reports them unpacked.
 */
export class NodeImageReports {
  readonly #simulation: Simulation;
  readonly #api: ApiServer;
  readonly #source: NodeImageSource;
  readonly #reported: Uint8Array;
  readonly #report: number;

  constructor(simulation: Simulation, api: ApiServer, nodeCount: number, source: NodeImageSource) {
    this.#simulation = simulation;
    this.#api = api;
    this.#source = source;
    this.#reported = new Uint8Array(nodeCount * source.sizeBytes.length);
    this.#report = simulation.on('kubernetes/kubelet', (node, image) => {
      api.written();
      simulation.after(api.watchDelayUs, api.watchers.schedulerNodeImage, node, image);
    });
    api.podRuns = (pod, storedUs) => this.#podRuns(pod, storedUs);
  }

  #podRuns(pod: number, storedUs: number): void {
    const { pods } = this.#api;
    const image = this.#source.imageOf[pods.template[pod]!]!;
    const node = pods.node[pod]!;
    if (image < 0 || node < 0 || this.#source.sizeBytes[image] === 0) return;
    const entry = node * this.#source.sizeBytes.length + image;
    if (this.#reported[entry] === 1) return;
    this.#reported[entry] = 1;
    const phaseUs = Math.floor(this.#source.phase(node) * STATUS_PERIOD_US);
    const periods = Math.floor((storedUs - phaseUs) / STATUS_PERIOD_US) + 1;
    this.#simulation.at(phaseUs + periods * STATUS_PERIOD_US, this.#report, node, image);
  }
}
