import fc from 'fast-check';
import { expect, test } from 'vitest';
import { podSpecOf } from '../../manifests/scheduling-manifest.ts';
import { DEFAULT_NAMESPACES } from '../cluster-view.ts';
import { NodeColumns, type NodeSpec } from '../node-columns.ts';
import { PodIndex } from '../pod-index.ts';
import { ResourceNames } from '../pod-spec.ts';
import { DEFAULT_POD_TOPOLOGY_SPREAD, PodTopologySpread } from './pod-topology-spread.ts';

const HOSTNAME = 'kubernetes.io/hostname';
const ZONE = 'topology.kubernetes.io/zone';
const soft = (topologyKey: string) => ({ maxSkew: 2, topologyKey, whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchLabels: { app: 'x' } } });

const cluster = fc.record({
  nodes: fc.array(fc.record({ zone: fc.integer({ min: -1, max: 3 }), named: fc.boolean(), pods: fc.nat({ max: 3 }), feasible: fc.boolean() }), { minLength: 1, maxLength: 80 }),
  allNamed: fc.boolean(),
  own: fc.constantFrom<object[]>([], [], [soft(HOSTNAME)], [soft(ZONE), soft(HOSTNAME)]),
  truncates: fc.boolean(),
  weight: fc.integer({ min: 1, max: 5 }),
});

test('scores added in one go are those of PreScore, Score per node and NormalizeScore, for replicas and for own constraints, with labels or without', () => {
  fc.assert(
    fc.property(cluster, ({ nodes, allNamed, own, truncates, weight }) => {
      const resources = new ResourceNames();
      const template = podSpecOf({ metadata: { labels: { app: 'x' } }, spec: { topologySpreadConstraints: own } }, resources);
      const spec = { ...template, defaultSpread: 'replicas' as const };
      const specs = nodes.map(({ zone, named }, i): NodeSpec => {
        const labels = new Map<string, string>();
        if (zone >= 0) labels.set(ZONE, `zone-${zone}`);
        if (named || allNamed) labels.set(HOSTNAME, `node-${i}`);
        return { name: `node-${i}`, labels, taints: [], unschedulable: false, cpuMilli: 1000, memoryBytes: 1000, ephemeralBytes: 0, pods: 110, scalars: new Map() };
      });
      const view = { nodes: new NodeColumns(resources, specs), pods: new PodIndex(nodes.length), namespaces: DEFAULT_NAMESPACES };
      let pod = 0;
      nodes.forEach(({ pods }, row) => {
        for (let i = 0; i < pods; i++) view.pods.add(pod++, spec, row, 0, 7);
      });
      const rows = nodes.flatMap(({ feasible }, row) => (feasible ? [row] : []));
      if (rows.length === 0) return;
      const plugin = new PodTopologySpread({ ...DEFAULT_POD_TOPOLOGY_SPREAD, truncates });
      for (let round = 0; round < 2; round++) {
        plugin.preScore(spec, view, rows, 7);
        const scores = rows.map((row) => plugin.score(spec, view.nodes, row));
        plugin.normalize(scores);
        const totals = rows.map((row) => row);
        plugin.addScores(rows, totals, weight);
        expect(totals).toEqual(rows.map((row, i) => row + weight * scores[i]!));
        // And once more from what the first left behind, one pod later.
        view.pods.add(pod++, spec, rows[0]!, 0, 7);
      }
    }),
    { numRuns: 300 },
  );
});
