import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Shape } from '../../workload/shape.ts';
import type { JobSpec } from '../../workload/workload-builder.ts';
import { type ClusterWorld, fault, runCluster, SECOND } from './testing/cluster-run.ts';
import { UNUSUAL_OPTIONS } from './testing/unusual-options.ts';

const KINDS = ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet'] as const;
const MACHINES = 5;

const OBJECT = fc.record({
  kind: fc.constantFrom(...KINDS),
  replicas: fc.integer({ min: 1, max: 6 }),
  answersAfterS: fc.constantFrom(0, 3, 25),
  stopsAfterS: fc.constantFrom(0, 4),
  probed: fc.boolean(),
  parallel: fc.boolean(),
  failureShare: fc.constantFrom(0, 0.3),
  autoscaled: fc.boolean(),
  recorded: fc.boolean(),
});
type ObjectPlan = typeof OBJECT extends fc.Arbitrary<infer T> ? T : never;

const FAULT = fc.record({ kind: fc.constantFrom('crash' as const, 'hang' as const, 'partition' as const, 'drain' as const), atS: fc.integer({ min: 20, max: 900 }), seconds: fc.constantFrom(5, 30, 90, 500), machine: fc.nat(MACHINES - 1) });
const ACTION = fc.record({ atS: fc.integer({ min: 20, max: 900 }), job: fc.nat(2), scale: fc.boolean(), count: fc.integer({ min: 0, max: 6 }) });

function shapeOf(plan: ObjectPlan): Partial<Shape> {
  const probes = plan.probed ? { readinessProbe: { periodSeconds: 3 }, startupProbe: { periodSeconds: 5, failureThreshold: 30 }, livenessProbe: {} } : {};
  const spec = {
    ...(plan.parallel ? { podManagementPolicy: 'Parallel', strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } } } : {}),
    template: { spec: { containers: [{ ...probes, resources: { requests: { cpu: '200m' } } }] } },
  };
  const annotations = {
    'seatrial.dev/answers-after': `${plan.answersAfterS}s`,
    'seatrial.dev/stops-after': `${plan.stopsAfterS}s`,
    ...(plan.autoscaled && { 'seatrial.dev/load': '0s=500m 6min=1 10min=300m' }),
    ...(plan.recorded && { 'seatrial.dev/nodes': Array.from({ length: plan.replicas }, (_, i) => `node-${i % MACHINES}`).join(',') }),
  };
  const related = plan.autoscaled ? [{ kind: 'HorizontalPodAutoscaler', metadata: { name: 'x' }, spec: { minReplicas: 1, maxReplicas: 6, targetCPUUtilizationPercentage: 70 } }] : [];
  return { kind: 'service', cpuMilli: 200, memoryBytes: 1e8, failureShare: plan.failureShare, native: { format: 'kubernetes', spec: { kind: plan.kind, metadata: { name: 'x', annotations }, spec, related } } };
}

function worldOf(plans: readonly ObjectPlan[], faults: readonly (typeof FAULT extends fc.Arbitrary<infer T> ? T : never)[], actions: readonly (typeof ACTION extends fc.Arbitrary<infer T> ? T : never)[], cloud: boolean, unusual: object): ClusterWorld {
  const jobs = plans.map((plan, i): JobSpec => ({ name: `job-${i}`, submitUs: 0, shape: shapeOf(plan), durationsUs: Array.from({ length: plan.kind === 'DaemonSet' ? MACHINES : 6 }, () => Infinity), ...(plan.kind !== 'DaemonSet' && { initialCount: plan.replicas }) }));
  const versions = plans.map((plan) => ({ ...shapeOf({ ...plan, failureShare: 0 }), image: 'next' }));
  return {
    machines: MACHINES,
    machine: (i) => ({ zone: `zone-${i % 2}`, ...(i === 4 && cloud ? { attributes: { 'node-group': 'spare' } } : {}) }),
    jobs,
    versions,
    // Jobs have their shapes in order, then come the versions.
    actions: actions
      .filter(({ job }) => job < plans.length)
      .sort((a, b) => a.atS - b.atS)
      .map(({ atS, job, scale, count }) => (scale && plans[job]!.kind !== 'DaemonSet' ? { kind: 'scale', timeUs: atS * SECOND, job, count } : { kind: 'update', timeUs: atS * SECOND, job, shape: -1 - job })),
    faults: faults.toSorted((a, b) => a.atS - b.atS).map(({ kind, atS, seconds, machine }) => fault(kind, atS, [machine], seconds)),
    untilS: 6000,
    // All must fit, and be back before the end, however slowly nodes are emptied.
    options: { ...unusual, maxPods: 110, nodeLifecycle: {}, cloud, ...(cloud && { clusterAutoscaler: { groups: [{ name: 'spare', initial: 1, min: 1 }] } }) },
  };
}

/** Shape indices of versions are known once equal shapes of jobs have been merged. */
function run(world: ClusterWorld, explicitTicks: boolean) {
  const distinct = new Set(world.jobs.map((job) => JSON.stringify(job.shape))).size;
  const actions = world.actions!.map((action) => (action.kind === 'update' ? { ...action, shape: distinct + (-1 - action.shape) } : action));
  return runCluster({ ...world, actions, explicitTicks });
}

test('random services, updates, scalings and faults: the same in explicit-tick mode, books in order, and in the end what is wanted runs', () => {
  fc.assert(
    fc.property(fc.array(OBJECT, { minLength: 1, maxLength: 3 }), fc.array(FAULT, { maxLength: 4 }), fc.array(ACTION, { maxLength: 4 }), fc.boolean(), fc.oneof(fc.constant({}), UNUSUAL_OPTIONS), (plans, faults, actions, cloud, unusual) => {
      const world = worldOf(plans, faults, actions, cloud, unusual);
      const lazy = run(world, false);
      expect(run({ ...world, untilS: 1200 }, true).log.digest.toString()).toBe(run({ ...world, untilS: 1200 }, false).log.digest.toString());
      expect(lazy.orchestrator.invariants()).toEqual([]);
      plans.forEach((plan, job) => {
        const wanted = plan.kind === 'DaemonSet' ? MACHINES : lazy.client.wanted(job);
        const { workload, world: physical } = lazy;
        const alive = lazy.running.filter((container) => workload.jobOf(physical.containers.task[container]!) === job).length;
        // An instance in its restart back-off is none at the moment.
        if (plan.failureShare === 0) expect({ plan, alive }).toEqual({ plan, alive: wanted });
      });
    }),
    { numRuns: 25 },
  );
});
