import fc from 'fast-check';
import { expect, test } from 'vitest';
import { podSpecOf } from '../manifests/scheduling-manifest.ts';
import { PodIndex } from './pod-index.ts';
import { ResourceNames } from './pod-spec.ts';

const resources = new ResourceNames();
const SPECS = ['x', 'y', 'x'].map((app, i) => podSpecOf({ metadata: { labels: { app, i: `${i}` } }, spec: { priority: i } }, resources));
const isX = (spec: (typeof SPECS)[number]) => spec.labels.get('app') === 'x';

const step = fc.record({ pod: fc.nat({ max: 90 }), row: fc.nat(), spec: fc.nat({ max: 2 }), group: fc.integer({ min: -1, max: 1 }), what: fc.constantFrom('add', 'add', 'add', 'remove', 'terminate') });

test('numbers per node are those of a recount, from whenever they are asked for, on few nodes and on many', () => {
  fc.assert(
    fc.property(fc.constantFrom(3, 64, 200), fc.array(step, { maxLength: 200 }), fc.nat({ max: 200 }), (rows, steps, askAt) => {
      const index = new PodIndex(rows);
      const placed = new Map<number, { row: number; spec: (typeof SPECS)[number]; group: number; terminating: boolean }>();
      const domainOf = Int32Array.from({ length: rows }, (_, row) => (row % 3) - 1);
      const ask = () => [index.matching('x', isX, false), index.matching('x', isX, true)] as const;
      steps.forEach(({ pod, row, spec, group, what }, i) => {
        if (i === askAt) for (const counts of ask()) counts.sumsBy(domainOf, 2);
        const known = placed.get(pod);
        if (what === 'add' && known === undefined) {
          placed.set(pod, { row: row % rows, spec: SPECS[spec]!, group, terminating: false });
          index.add(pod, SPECS[spec]!, row % rows, i, group);
        } else if (what === 'remove' && known !== undefined) {
          placed.delete(pod);
          index.remove(pod);
        } else if (what === 'terminate' && known !== undefined) {
          known.terminating = true;
          index.terminate(pod);
        }
      });
      const [alive, all] = ask();
      const pods = [...placed.entries()];
      for (let row = 0; row < rows; row++) {
        const here = pods.filter(([, pod]) => pod.row === row);
        expect(alive.at(row)).toBe(here.filter(([, pod]) => isX(pod.spec) && !pod.terminating).length);
        expect(all.at(row)).toBe(here.filter(([, pod]) => isX(pod.spec)).length);
        for (const group of [0, 1]) expect(index.ofGroup(group)?.at(row) ?? 0).toBe(here.filter(([, pod]) => pod.group === group && !pod.terminating).length);
        expect(index.on(row).sort((a, b) => a - b)).toEqual(here.map(([pod]) => pod).sort((a, b) => a - b));
        expect(index.below(row, 2)).toHaveLength(here.filter(([, pod]) => pod.spec.priority < 2).length);
      }
      const into = new Float64Array(2);
      all.addTo(domainOf, into, 2);
      expect([...into]).toEqual([0, 1].map((domain) => 2 * pods.filter(([, pod]) => isX(pod.spec) && (pod.row % 3) - 1 === domain).length));
      for (const counts of [alive, all]) {
        const sums = new Float64Array(2);
        counts.addTo(domainOf, sums, 1);
        expect(counts.sumsBy(domainOf, 2) ?? sums).toEqual(sums);
      }
      expect(all.total).toBe(pods.filter(([, pod]) => isX(pod.spec)).length);
    }),
    { numRuns: 60 },
  );
});

test('a host port that two pods have is free when one of them goes, as the real set of ports has it', () => {
  const withPort = (port: number) => podSpecOf({ spec: { containers: [{ ports: [{ containerPort: 80, hostPort: port }] }] } } as never, resources);
  const index = new PodIndex(2);
  index.add(0, withPort(8080), 1, 0);
  index.add(1, withPort(8080), 1, 0);
  index.add(2, withPort(9090), 1, 0);
  const ports = () => [...index.portsOn(1)].map(({ port }) => port);
  expect(ports()).toEqual([8080, 9090]);
  index.remove(0);
  expect(ports()).toEqual([9090]);
  expect([...index.portsOn(0)]).toEqual([]);
});
