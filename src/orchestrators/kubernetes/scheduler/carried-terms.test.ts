import fc from 'fast-check';
import { expect, test } from 'vitest';
import { podSpecOf } from '../manifests/scheduling-manifest.ts';
import { CarriedTerms } from './carried-terms.ts';
import { FilterVerdict } from './filter-verdict.ts';
import { NodeColumns } from './node-columns.ts';
import { PodIndex } from './pod-index.ts';
import { InterPodAffinity } from './plugins/inter-pod-affinity.ts';
import { type PodSpec, ResourceNames } from './pod-spec.ts';

const resources = new ResourceNames();
const apart = (from: string, key: string) => ({ affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: { matchLabels: { app: from } }, topologyKey: key }] } } });
const pod = (app: string, spec: object): PodSpec => podSpecOf({ metadata: { labels: { app } }, spec } as never, resources);
const SPECS = [pod('x', apart('x', 'host')), pod('x', { ...apart('x', 'host'), priority: 3 }), pod('y', apart('x', 'zone')), pod('y', apart('y', 'zone')), pod('x', {}), pod('z', {})];

test('templates that carry the same term share its numbers', () => {
  const carried = new CarriedTerms(4);
  for (const [spec, row] of [[0, 1], [1, 1], [2, 3], [4, 2]] as const) carried.count(SPECS[spec]!, row, 1);
  expect(carried.all.map(({ term, counts }) => [term.topologyKey, counts.total, counts.at(1), counts.at(3)])).toEqual([['host', 2, 2, 0], ['zone', 1, 0, 1]]);
  carried.count(SPECS[0]!, 1, -1);
  expect([carried.carriers, carried.all[0]!.counts.total]).toEqual([2, 1]);
});

test('whoever comes and goes, in whatever order templates appear: a node is rejected where anti-affinity of the pod or of those there says so', () => {
  const step = fc.record({ pod: fc.nat({ max: 12 }), spec: fc.nat({ max: 5 }), row: fc.nat({ max: 5 }), asks: fc.nat({ max: 5 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const size = { unschedulable: false, taints: [], cpuMilli: 1, memoryBytes: 1, ephemeralBytes: 0, pods: 9, scalars: new Map<string, number>() };
      const nodes = new NodeColumns(resources, Array.from({ length: 6 }, (_, i) => ({ ...size, name: `n${i}`, labels: new Map([['host', `n${i}`], ['zone', `z${i % 2}`]]) })));
      const pods = new PodIndex(6);
      const plugin = new InterPodAffinity();
      const placed = new Map<number, { spec: PodSpec; row: number }>();
      const forbids = (by: PodSpec, at: number, other: PodSpec, row: number): boolean =>
        by.podAntiAffinity.required.some(({ topologyKey, selector }) => selector!.every(({ values }) => values.includes(other.labels.get('app')!)) && nodes.labels[at]!.get(topologyKey) === nodes.labels[row]!.get(topologyKey));
      for (const each of steps) {
        if (placed.delete(each.pod)) pods.remove(each.pod);
        else {
          placed.set(each.pod, { spec: SPECS[each.spec]!, row: each.row });
          pods.add(each.pod, SPECS[each.spec]!, each.row, 0);
        }
        const asking = SPECS[each.asks]!;
        plugin.preFilter(asking, { nodes, pods, namespaces: new Map() });
        for (let row = 0; row < 6; row++) {
          const isFree = [...placed.values()].every(({ spec, row: at }) => !forbids(spec, at, asking, row) && !forbids(asking, row, spec, at));
          expect(plugin.admits(row)).toBe(isFree);
          expect(plugin.filter(asking, nodes, row) === FilterVerdict.success).toBe(isFree);
        }
      }
    }),
    { numRuns: 60 },
  );
});
