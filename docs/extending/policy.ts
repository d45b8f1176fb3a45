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

// A scenario enables it: `{ use: kubernetes, options: { outOfTreePlugins: [ { name: SmallNodesFirst, weight: 10 } ] } }`
export default { name: 'example-policy', policies: [smallNodesFirst] } satisfies Plugin;
