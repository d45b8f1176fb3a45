import fc from 'fast-check';
import type { Fault } from '../../faults/fault-plan.ts';
import type { JobSpec } from '../../workload/workload-builder.ts';
import { MachineInventory } from '../../world/machine-inventory.ts';

const SECOND_US = 1_000_000;
const GIB = 1_073_741_824;

/** A few machines, some work and some trouble, within 1,500 s: what an orchestrator's invariants and the equality of explicit ticks are checked on. */
export interface RandomCluster {
  readonly machines: number;
  readonly jobs: readonly JobSpec[];
  readonly faults: readonly Fault[];
  readonly seed: number;
}

/** Machines of a random cluster: every second one has a GPU and stands in the other zone. */
export function randomInventory(machines: number): MachineInventory {
  return new MachineInventory(
    Array.from({ length: machines }, (_, i) => ({ name: `node-${i}`, cpuMilli: 4000, memoryBytes: 8 * GIB, gpuCount: i % 2, gpuModel: i % 2 === 1 ? 'T4' : '', zone: `zone-${i % 2}` })),
  );
}

const job = fc.record({
  submitS: fc.integer({ min: 0, max: 400 }),
  service: fc.boolean(),
  cpuMilli: fc.constantFrom(0, 500, 1500, 3000),
  memoryGib: fc.integer({ min: 0, max: 6 }),
  gpuMilli: fc.constantFrom(0, 0, 500, 1000),
  failureShare: fc.constantFrom(0, 0, 0.5),
  image: fc.constantFrom('', 'a', 'b'),
  seconds: fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 6 }),
});

const fault = fc.record({
  kind: fc.constantFrom<Fault['kind']>('crash', 'hang', 'partition', 'slow', 'drain'),
  atUs: fc.integer({ min: 0, max: 900 * SECOND_US }),
  machine: fc.integer({ min: 0, max: 3 }),
  seconds: fc.integer({ min: 1, max: 900 }),
});

export const RANDOM_CLUSTER: fc.Arbitrary<RandomCluster> = fc
  .record({ machines: fc.integer({ min: 1, max: 4 }), jobs: fc.array(job, { minLength: 1, maxLength: 5 }), faults: fc.array(fault, { maxLength: 5 }), seed: fc.integer() })
  .map(({ machines, jobs, faults, seed }) => ({
    machines,
    seed,
    jobs: jobs.map((spec, i) => ({
      name: `job-${i}`,
      submitUs: spec.submitS * SECOND_US,
      shape: {
        kind: spec.service ? ('service' as const) : ('batch' as const),
        cpuMilli: spec.cpuMilli,
        memoryBytes: spec.memoryGib * GIB,
        gpuCount: spec.gpuMilli > 0 ? 1 : 0,
        gpuMilli: spec.gpuMilli,
        failureShare: spec.failureShare,
        image: spec.image,
        priority: i % 2,
      },
      durationsUs: spec.seconds.map((seconds) => seconds * SECOND_US),
    })),
    faults: faults
      .map((spec) => ({ kind: spec.kind, atUs: spec.atUs, machines: [spec.machine % machines], durationUs: spec.seconds * SECOND_US, factor: spec.kind === 'slow' ? 3 : 1, label: '' }))
      .sort((a, b) => a.atUs - b.atUs),
  }));
