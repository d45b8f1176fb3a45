import { z } from 'zod';
import { DEFAULT_API_TIMES } from './apiserver/api-times.ts';
import { CLUSTER_AUTOSCALER_OPTIONS } from './autoscaler/cluster-autoscaler-options.ts';
import { DEFAULT_ENDPOINTS } from './controllers/endpoints.ts';
import { DEFAULT_JOB } from './controllers/job-controller.ts';
import { DEFAULT_NODE_LIFECYCLE } from './controllers/node-lifecycle.ts';
import { DEFAULT_ZONES } from './controllers/zone-state.ts';
import { DEFAULT_KUBELET } from './kubelet/kubelet-options.ts';
import { DEFAULT_RESTART } from './kubelet/restart-back-off.ts';
import { DEFAULT_CYCLE_TIME } from './scheduler/cycle-time.ts';
import { DEFAULT_QUEUE } from './scheduler/scheduling-queue.ts';
import type { SchedulerConfiguration } from './manifests/scheduler-configuration.ts';
import { OUT_OF_TREE_PLUGINS } from './scheduler/out-of-tree.ts';
import { SCHEDULER_VERSIONS } from './scheduler/version-rules.ts';

const us = (value: number, description: string) => z.number().int().nonnegative().default(value).describe(description);
const amount = (value: number, description: string) => z.number().nonnegative().default(value).describe(description);

/** Options of the Kubernetes model; every default cites its source where it is defined. */
export const KUBERNETES_OPTIONS = z.strictObject({
  apiLimits: z
    .enum(['default', 'scalability-test'])
    .default('default')
    .describe('client rate limits: default = scheduler 50 QPS burst 100, each controller 20 burst 30 (v1.35 defaults); scalability-test = 5,000 for both (scheduler_perf)'),
  gpuShare: z
    .enum(['whole', 'plugin', 'reject'])
    .default('whole')
    .describe('a request for part of a GPU takes a whole device (nvidia.com/gpu is an integer resource), is handled by a GPU-sharing device plugin, or is rejected'),
  version: z
    .enum(SCHEDULER_VERSIONS)
    .default('1.35')
    .describe('rules of the scheduler where versions differ: plugin formulas and default weights, early pop from the back-off queue, flush of unschedulable pods after 5 min or (1.20) 60 s'),
  config: z
    .union([z.string(), z.custom<SchedulerConfiguration>((value) => value !== null && typeof value === 'object' && 'profiles' in value)])
    .nullable()
    .default(null)
    .describe('file with a KubeSchedulerConfiguration (kubescheduler.config.k8s.io/v1), relative to the scenario: profiles, plugins, weights, arguments, back-off, client limits; null = the default profile'),
  tieBreak: z
    .enum(['random', 'heap-1.35', 'first', 'smallest-name'])
    .default('random')
    .describe('choice among nodes of equal score: uniformly (up to v1.34), as v1.35 heap order has it, the first examined, or the least name'),
  coscheduling: z
    .boolean()
    .default(false)
    .describe('all pods of a batch job with several tasks are one PodGroup: bound only when all have a node, given up together after 60 s (kubernetes-sigs/scheduler-plugins coscheduling, opt-in)'),
  outOfTreePlugins: z
    .array(
      z.strictObject({
        name: z.string().max(128).refine((name) => OUT_OF_TREE_PLUGINS.some((plugin) => plugin.name === name), 'there is no such scheduler plugin; expected one that a plugin of Seatrial brings (--plugin)').describe('name of the scheduler plugin'),
        weight: z.int().min(1).max(1_000_000).default(1).describe('weight of its score'),
      }),
    )
    .default([])
    .describe('scheduler plugins that are not part of kube-scheduler, enabled behind the default ones (KubeSchedulerConfiguration plugins.multiPoint.enabled)'),
  percentageOfNodesToScore: z.number().int().min(0).max(100).default(0).describe('0 = adaptive (KubeSchedulerConfiguration percentageOfNodesToScore)'),
  maxPods: z.number().int().min(1).default(110).describe('pods per node where the machine states no slots (kubelet maxPods)'),
  reservedCpuMilli: amount(0, 'kube-reserved and system-reserved CPU, subtracted from the machine to get what is allocatable; kubelet default none'),
  reservedMemoryBytes: us(0, 'kube-reserved and system-reserved memory, likewise; kubelet default none'),
  evictionHardMemoryBytes: us(0, 'memory.available below which the kubelet evicts pods, and subtracted from the machine to get allocatable memory; kubelet default 100 MiB, here 0: the inventory is taken as allocatable, and memory is never short unless tasks use more than they ask for'),
  tolerationSecondsUs: us(300_000_000, 'toleration of unreachable and not-ready NoExecute (DefaultTolerationSeconds admission plugin, 300 s), us'),
  api: z
    .strictObject({
      maxRequestsInflight: z.int().min(1).max(1_000_000).default(400).describe('--max-requests-inflight; with the next one the seats that API Priority and Fairness divides among its levels (apiserver options, v1.35)'),
      maxMutatingRequestsInflight: z.int().min(1).max(1_000_000).default(200).describe('--max-mutating-requests-inflight'),
      requestMinUs: us(DEFAULT_API_TIMES.requestMinUs, 'fastest mutating request, us'),
      requestMaxUs: us(DEFAULT_API_TIMES.requestMaxUs, 'slowest mutating request, us'),
      commitMinUs: us(DEFAULT_API_TIMES.commitMinUs, 'fastest commit in etcd, us'),
      commitMaxUs: us(DEFAULT_API_TIMES.commitMaxUs, 'slowest commit in etcd, us'),
      watchMinUs: us(DEFAULT_API_TIMES.watchMinUs, 'shortest watch delay, us'),
      watchMaxUs: us(DEFAULT_API_TIMES.watchMaxUs, 'longest watch delay, us'),
    })
    .prefault({}),
  queue: z
    .strictObject({
      initialBackoffUs: us(DEFAULT_QUEUE.initialBackoffUs, 'podInitialBackoffSeconds, us'),
      maxBackoffUs: us(DEFAULT_QUEUE.maxBackoffUs, 'podMaxBackoffSeconds, us'),
      maxUnschedulableUs: z.number().int().positive().nullable().default(null).describe('podMaxInUnschedulablePodsDuration, us; null = that of the version'),
    })
    .prefault({}),
  cycleTime: z
    .strictObject({
      baseUs: amount(DEFAULT_CYCLE_TIME.baseUs, 'scheduling cycle: fixed part, us'),
      perNodeFilteredUs: amount(DEFAULT_CYCLE_TIME.perNodeFilteredUs, 'per node filtered, us'),
      perNodeScoredAndPluginUs: amount(DEFAULT_CYCLE_TIME.perNodeScoredAndPluginUs, 'per node scored and score plugin, us'),
      perDryRunUs: amount(DEFAULT_CYCLE_TIME.perDryRunUs, 'preemption: per node on which the removal of pods is tried, us'),
    })
    .prefault({}),
  job: z
    .strictObject({
      backoffLimit: us(DEFAULT_JOB.backoffLimit, 'failed pods after which a Job fails (backoffLimit)'),
      failureBackoffUs: us(DEFAULT_JOB.failureBackoffUs, 'first delay before a failed pod is replaced, us'),
      maxFailureBackoffUs: us(DEFAULT_JOB.maxFailureBackoffUs, 'longest such delay, us'),
      batchUs: us(DEFAULT_JOB.batchUs, 'pod events of a Job are handled together after this, us'),
    })
    .prefault({}),
  nodeLifecycle: z
    .strictObject({
      monitorPeriodUs: us(DEFAULT_NODE_LIFECYCLE.monitorPeriodUs, '--node-monitor-period, us'),
      monitorGraceUs: us(DEFAULT_NODE_LIFECYCLE.monitorGraceUs, '--node-monitor-grace-period, us'),
      taintPeriodUs: us(DEFAULT_NODE_LIFECYCLE.taintPeriodUs, 'period of the NoExecute taint queue, us'),
      zones: z
        .strictObject({
          unhealthyThreshold: amount(DEFAULT_ZONES.unhealthyThreshold, '--unhealthy-zone-threshold'),
          largeZone: amount(DEFAULT_ZONES.largeZone, '--large-cluster-size-threshold'),
          evictionRate: amount(DEFAULT_ZONES.evictionRate, '--node-eviction-rate, nodes/s'),
          secondaryEvictionRate: amount(DEFAULT_ZONES.secondaryEvictionRate, '--secondary-node-eviction-rate, nodes/s'),
        })
        .prefault({}),
    })
    .prefault({}),
  clusterAutoscaler: CLUSTER_AUTOSCALER_OPTIONS,
  cloud: z.boolean().default(false).describe('machines are instances of a cloud: one that is down is gone, and the cloud controller deletes its Node object (cloud-provider node lifecycle)'),
  endpoints: z
    .strictObject({ proxyMinSyncUs: us(DEFAULT_ENDPOINTS.proxyMinSyncUs, 'shortest time between two syncs of kube-proxy, us') })
    .prefault({}),
  kubelet: z
    .strictObject({
      leaseMinUs: us(DEFAULT_KUBELET.leaseMinUs, 'shortest gap between lease renewals, us'),
      leaseMaxUs: us(DEFAULT_KUBELET.leaseMaxUs, 'longest gap between lease renewals, us'),
      relistUs: us(DEFAULT_KUBELET.relistUs, 'PLEG relist period, us'),
      sandboxMinUs: us(DEFAULT_KUBELET.sandboxMinUs, 'fastest pod sandbox, us'),
      sandboxMaxUs: us(DEFAULT_KUBELET.sandboxMaxUs, 'slowest pod sandbox, us'),
      startMinUs: us(DEFAULT_KUBELET.startMinUs, 'fastest container create and start, us'),
      startMaxUs: us(DEFAULT_KUBELET.startMaxUs, 'slowest container create and start, us'),
      startupUs: us(DEFAULT_KUBELET.startupUs, 'from operating system up to kubelet serving, us'),
      runtime: z.enum(['containerd', 'cri-o', 'dockershim']).default(DEFAULT_KUBELET.runtime).describe('container runtime; dockershim takes 1.2 times as long to start a pod (up to v1.23)'),
      runtimeClass: z
        .enum(['runc', 'gvisor', 'kata-qemu', 'kata-firecracker'])
        .default(DEFAULT_KUBELET.runtimeClass)
        .describe('handler: what a container start takes longer than with runc: gvisor 61-260 ms, kata-qemu 480 ms, kata-firecracker 105 ms'),
      serializeImagePulls: z.boolean().default(DEFAULT_KUBELET.serializeImagePulls).describe('one image pull at a time per node'),
      maxParallelImagePulls: z.number().int().min(1).nullable().default(DEFAULT_KUBELET.maxParallelImagePulls).describe('most image pulls at a time per node where they are not serial; null: no limit'),
      restart: z
        .strictObject({
          initialUs: us(DEFAULT_RESTART.initialUs, 'second restart of a container waits this long, us'),
          maxUs: us(DEFAULT_RESTART.maxUs, 'longest restart back-off (MaxCrashLoopBackOff), us'),
        })
        .prefault({}),
    })
    .prefault({}),
  placement: z.enum(['memo', 'scan']).default('memo').describe('how the choice of a node is computed; both give the same choice'),
});

export type KubernetesOptions = z.output<typeof KUBERNETES_OPTIONS>;
