import type { Simulation } from '../../../engine/simulation.ts';
import type { FixedSchedule } from '../../../engine/tick-schedule.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';

export interface NodeImageSource {
  /** Image per pod template; -1 = none. */
  readonly imageOf: Int32Array;
  /** Size per image; 0 = always there, and never told. */
  readonly sizeBytes: Float64Array;
  /** When a node's status goes out. */
  schedule(node: number): FixedSchedule;
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
      api.nodeWritten(node);
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
    this.#simulation.at(this.#source.schedule(node).firstAtOrAfter(storedUs + 1), this.#report, node, image);
  }
}
