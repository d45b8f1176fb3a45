import type { Plugin, SchedulerPlugin } from '../../src/index.ts';

/** A score plugin of kube-scheduler that keeps large nodes free for large pods: the smaller the node, the higher its score. Scores are whole numbers from 0 to 100. */
const smallNodesFirst: SchedulerPlugin = {
  name: 'SmallNodesFirst',
  create: () => ({
    score: {
      name: 'SmallNodesFirst',
      skips: () => false,
      score: (_pod, nodes, row) => Math.max(0, 100 - Math.floor(nodes.allocatableCpuMilli[row]! / 1000)),
    },
  }),
};

/**
 * The other extension points: a batch queue before the scheduler. PreEnqueue lets eight pods of a namespace in at a time, QueueSort takes the largest first. What a
 * plugin remembers belongs to one scheduler: it is made anew by each `create`. Reserve, unreserve and permit are there too.
 */
const largestFirst: SchedulerPlugin = {
  name: 'LargestFirst',
  create: () => {
    const admitted = new Map<number, string>();
    return {
      lifecycle: {
        name: 'LargestFirst',
        preEnqueue: (pod, { namespace }) => {
          const there = [...admitted.values()].filter((other) => other === namespace).length;
          if (there >= 8) return `namespace ${namespace} has ${there} pods in the scheduler or on nodes`;
          admitted.set(pod, namespace);
          return '';
        },
        queueKeys: ({ spec, timestampUs }) => [-spec.priority, -spec.request.cpuMilli, timestampUs],
        gone: (pod) => void admitted.delete(pod),
      },
    };
  },
};

// A scenario enables them: `{ use: kubernetes, options: { outOfTreePlugins: [ { name: SmallNodesFirst, weight: 10 }, { name: LargestFirst } ] } }`, and a
// KubeSchedulerConfiguration file by name, under multiPoint or at the extension points of its own choice.
export default { name: 'example-policy', policies: [smallNodesFirst, largestFirst] } satisfies Plugin;
