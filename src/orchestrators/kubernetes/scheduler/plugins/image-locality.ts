import type { NodeColumns, NodeImage } from '../node-columns.ts';
import { MAX_NODE_SCORE, type ScorePlugin } from '../plugin.ts';
import type { PodSpec } from '../pod-spec.ts';

const MIB = 1_048_576;
/** minThreshold and maxContainerThreshold. */
const LEAST_BYTES = 23 * MIB;
const MOST_BYTES_PER_CONTAINER = 1000 * MIB;

/** ImageLocality (pkg/scheduler/framework/plugins/imagelocality/image_locality.go, v1.35.4): images that a node has, in proportion to how many nodes have them. */
export class ImageLocality implements ScorePlugin {
  readonly name = 'ImageLocality';

  /** Images of the pod asked about last: one pod is asked about many nodes. */
  #images: readonly NodeImage[] = [];
  /** The same of all pods, as long as no node brings an image that none had before. */
  readonly #imagesOf = new Map<PodSpec, readonly NodeImage[]>();
  #pod: PodSpec | null = null;
  #nodes: NodeColumns | null = null;
  #known = 0;

  skips(): boolean {
    return false;
  }

  score(pod: PodSpec, nodes: NodeColumns, row: number): number {
    if (pod !== this.#pod || nodes !== this.#nodes || nodes.images.size !== this.#known) this.#look(pod, nodes);
    let sum = 0;
    for (let i = 0; i < this.#images.length; i++) {
      const image = this.#images[i]!;
      if (image.has[row] === 0) continue;
      sum += scaledBytes(image.otherSizes.size === 0 ? image.sizeBytes : (image.otherSizes.get(row) ?? image.sizeBytes), image.nodes, nodes.existing);
    }
    return scoreOf(sum, pod.images.length);
  }

  #look(pod: PodSpec, nodes: NodeColumns): void {
    if (nodes !== this.#nodes || nodes.images.size !== this.#known) this.#imagesOf.clear();
    this.#pod = pod;
    this.#nodes = nodes;
    this.#known = nodes.images.size;
    let images = this.#imagesOf.get(pod);
    if (images === undefined) this.#imagesOf.set(pod, (images = pod.images.map((image) => nodes.images.get(image)).filter((image) => image !== undefined)));
    this.#images = images;
  }
}

/** Score that an image alone gives a pod of one container. */
export function singleImageScore(sizeBytes: number, nodesWithImage: number, nodeCount: number): number {
  return scoreOf(scaledBytes(sizeBytes, nodesWithImage, nodeCount), 1);
}

/** scaledImageScore: an image counts by the share of nodes that have it, so that it does not draw all pods to the first. */
function scaledBytes(sizeBytes: number, nodesWithImage: number, nodeCount: number): number {
  return Math.trunc(sizeBytes * (nodesWithImage / nodeCount));
}

function scoreOf(bytes: number, containers: number): number {
  const most = MOST_BYTES_PER_CONTAINER * containers;
  if (most <= LEAST_BYTES) return 0;
  const clamped = bytes < LEAST_BYTES ? LEAST_BYTES : bytes > most ? most : bytes;
  return Math.floor((MAX_NODE_SCORE * (clamped - LEAST_BYTES)) / (most - LEAST_BYTES));
}
