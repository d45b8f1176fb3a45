import type { NodeColumns } from '../node-columns.ts';
import { MAX_NODE_SCORE, type ScorePlugin } from '../plugin.ts';
import type { PodSpec } from '../pod-spec.ts';

const MIB = 1_048_576;
/** minThreshold and maxContainerThreshold. */
const LEAST_BYTES = 23 * MIB;
const MOST_BYTES_PER_CONTAINER = 1000 * MIB;

/** ImageLocality (pkg/scheduler/framework/plugins/imagelocality/image_locality.go, v1.35.4): images that a node has, in proportion to how many nodes have them. */
export class ImageLocality implements ScorePlugin {
  readonly name = 'ImageLocality';

  skips(): boolean {
    return false;
  }

  score(pod: PodSpec, nodes: NodeColumns, row: number): number {
    const present = nodes.images[row];
    let sum = 0;
    if (present !== undefined) {
      for (const image of pod.images) {
        const sizeBytes = present.get(image);
        if (sizeBytes !== undefined) sum += Math.trunc(sizeBytes * (nodes.nodesWithImage.get(image)! / nodes.count));
      }
    }
    const most = MOST_BYTES_PER_CONTAINER * pod.images.length;
    if (most <= LEAST_BYTES) return 0;
    const clamped = sum < LEAST_BYTES ? LEAST_BYTES : sum > most ? most : sum;
    return Math.floor((MAX_NODE_SCORE * (clamped - LEAST_BYTES)) / (most - LEAST_BYTES));
  }
}
