import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Fault } from '../../faults/fault-plan.ts';
import { RAN, RecordKind } from '../../metrics/log.ts';
import { type BehaviourRunOptions, behaviourRun } from '../testing/behaviour-run.ts';
import { swarmkit } from './swarmkit.ts';

const SECOND = 1_000_000;
const GIB = 1024 ** 3;

const fault = fc.record({
  kind: fc.constantFrom('crash' as const, 'hang' as const, 'partition' as const, 'drain' as const),
  machine: fc.nat(),
  at: fc.integer({ min: 30, max: 600 }),
  seconds: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 20, max: 300 })),
});

test('whatever fails and returns, every slot has exactly one instance running a minute after the last fault is over', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 5 }), fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }), fc.array(fault, { maxLength: 8 }), fc.nat(), (count, replicas, faults, seed) => {
      // Everything fits on one machine.
      const spec: BehaviourRunOptions = {
        definition: swarmkit as BehaviourRunOptions['definition'],
        machines: Array.from({ length: count }, (_, i) => ({ name: `n${i}`, cpuMilli: 64_000, memoryBytes: 256 * GIB })),
        jobs: replicas.map((size, i) => ({ name: `service-${i}`, submitUs: i * SECOND, shape: { kind: 'service', cpuMilli: 1000, memoryBytes: GIB }, durationsUs: Array.from({ length: size }, () => Infinity) })),
        faults: faults
          .map(({ kind, machine, at, seconds }): Fault => ({ kind, atUs: at * SECOND, machines: [machine % count], durationUs: seconds * SECOND, factor: 1, label: kind }))
          .sort((a, b) => a.atUs - b.atUs),
        seed,
        untilUs: 960 * SECOND,
      };
      const run = behaviourRun(spec);
      const running = new Map<number, number>();
      for (const { kind, a, c } of run.events) {
        if (kind === RecordKind.start) running.set(a, (running.get(a) ?? 0) + 1);
        else if (kind === RecordKind.end && c >= RAN) running.set(a, running.get(a)! - 1);
      }
      const { taskCount } = run.assembly.workload;
      expect(Array.from({ length: taskCount }, (_, task) => running.get(task) ?? 0)).toEqual(Array.from({ length: taskCount }, () => 1));
      expect(run.broken).toEqual([]);
      // What is routed is what runs.
      const routed = new Map<number, number>();
      for (const { kind, a } of run.events) {
        if (kind === RecordKind.route) routed.set(a, (routed.get(a) ?? 0) + 1);
        else if (kind === RecordKind.unroute) routed.set(a, routed.get(a)! - 1);
      }
      expect(Array.from({ length: taskCount }, (_, task) => routed.get(task) ?? 0)).toEqual(Array.from({ length: taskCount }, () => 1));
    }),
    { numRuns: 150 },
  );
}, 30_000);
