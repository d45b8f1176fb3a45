import { InputError } from '../../engine/input-error.ts';
import { entityOf } from '../../engine/random/keyed-random.ts';
import type { Simulation } from '../../engine/simulation.ts';
import { DEDICATED } from '../../world/processes.ts';
import type { Explanation, Orchestrator, OrchestratorContext } from '../orchestrator.ts';
import { API_LIMITS } from './apiserver/api-limits.ts';
import { ApiServer } from './apiserver/apiserver.ts';
import { PrioritySeats } from './apiserver/priority-levels.ts';
import { RequestTimes } from './apiserver/request-times.ts';
import { OWNER_KIND_NAMES, OwnerKind, TaskProgress } from './apiserver/owner-table.ts';
import { DisruptionBudgets } from './controllers/disruption-budgets.ts';
import { ResourceQuotas } from './apiserver/resource-quotas.ts';
import { POD_PHASE_NAMES } from './apiserver/pod-table.ts';
import { Autoscalers } from './controllers/autoscalers.ts';
import { autoscalerView } from './autoscaler/autoscaler-view.ts';
import { ClusterAutoscaler } from './autoscaler/cluster-autoscaler.ts';
import { CloudNodeLifecycle } from './controllers/cloud-node-lifecycle.ts';
import { CronJobController } from './controllers/cron-job-controller.ts';
import { DaemonSetController } from './controllers/daemon-set-controller.ts';
import { DeploymentController } from './controllers/deployment-controller.ts';
import { deploymentSettings } from './controllers/deployment-settings.ts';
import { Endpoints } from './controllers/endpoints.ts';
import { GarbageCollector } from './controllers/garbage-collector.ts';
import { JobController } from './controllers/job-controller.ts';
import { jobSettings } from './controllers/job-settings.ts';
import { NodeLifecycle } from './controllers/node-lifecycle.ts';
import { PodGc } from './controllers/pod-gc.ts';
import { ReplicaSetController } from './controllers/replica-set-controller.ts';
import { StatefulSetController } from './controllers/stateful-set-controller.ts';
import { TaintEviction } from './controllers/taint-eviction.ts';
import { ClusterUser } from './cluster-user.ts';
import { configuredProfiles, usesCoscheduling } from './configured-profiles.ts';
import { tolerationTimeUs } from './controllers/toleration-time.ts';
import type { KubernetesOptions } from './kubernetes-options.ts';
import { NodeImageReports } from './kubelet/node-image-reports.ts';
import { nodeStatusSchedule } from './kubelet/node-status.ts';
import { imageWithTag } from './manifests/scheduling-manifest.ts';
import { Kubelets } from './kubelet/kubelets.ts';
import { nodeSpecOfMachine, podTemplate } from './pod-template.ts';
import { defaultProfile } from './scheduler/default-profile.ts';
import { NodeColumns } from './scheduler/node-columns.ts';
import { nodeTreeOrder } from './scheduler/node-order.ts';
import { GpuShare } from './scheduler/plugins/gpu-share.ts';
import type { PendingPods } from './scheduler/pending-pods.ts';
import { matchesRequired } from './scheduler/plugins/node-affinity.ts';
import { untoleratedTaint } from './scheduler/plugins/taint-toleration.ts';
import { ResourceNames } from './scheduler/pod-spec.ts';
import { Scheduler } from './scheduler/scheduler.ts';
import { VERSION_RULES } from './scheduler/version-rules.ts';

/**
 * One Kubernetes cluster: API server, scheduler, controllers and kubelets, connected through the API server's store and watches. Batch jobs become Jobs, services
 * become ReplicaSets.
 */
export class KubernetesCluster implements Orchestrator {
  readonly api: ApiServer;
  readonly scheduler: Scheduler;
  readonly kubelets: Kubelets;
  readonly #context: OrchestratorContext;
  readonly #simulation: Simulation;
  readonly #deployments: DeploymentController;
  readonly #cronJobs: CronJobController;
  readonly #user: ClusterUser;

  constructor(context: OrchestratorContext, options: KubernetesOptions) {
    const { simulation, inventory, workload, log, random, processes } = context;
    const limits = API_LIMITS.get(options.apiLimits)!;
    this.#context = context;
    this.#simulation = simulation;
    const apiProcess = processes.spawn({ role: 'kubernetes/apiserver', machine: DEDICATED, program: {}, startupUs: 0 });
    processes.spawn({ role: 'kubernetes/scheduler', machine: DEDICATED, program: {}, startupUs: 0 });
    processes.spawn({ role: 'kubernetes/controller-manager', machine: DEDICATED, program: {}, startupUs: 0 });
    this.api = new ApiServer(
      simulation,
      log,
      new RequestTimes(random, options.api, new PrioritySeats(options.api.maxRequestsInflight + options.api.maxMutatingRequestsInflight, (name) => log.component(name))),
      { task: (task) => workload.entityOf(task), nodes: Float64Array.from(inventory.names, entityOf) },
      workload.taskCount,
      new ResourceQuotas(context.requests),
    );

    const machineOf = Int32Array.from(nodeTreeOrder([...inventory.zone]));
    const rowOf = new Int32Array(inventory.count);
    machineOf.forEach((machine, row) => (rowOf[machine] = row));
    const resources = new ResourceNames();
    const specs = Array.from(machineOf, (machine) => nodeSpecOfMachine(inventory, machine, options.maxPods, options.evictionHardMemoryBytes + options.reservedMemoryBytes, options.reservedCpuMilli));
    machineOf.forEach((machine, row) => (this.api.nodes.unschedulable[machine] = specs[row]!.unschedulable ? 1 : 0));
    const gpuShare = options.gpuShare === 'plugin' ? new GpuShare(inventory, machineOf) : null;
    const templates = context.requests.map((request) => (request === null ? null : podTemplate(request, resources, gpuShare !== null)));
    const nodes = new NodeColumns(resources, specs);
    const rules = VERSION_RULES.get(options.version)!;
    const { config } = options;
    if (typeof config === 'string') throw new Error(`nobody has read the scheduler configuration ${config}`);
    if (config !== null && options.outOfTreePlugins.length > 0) throw new InputError('outOfTreePlugins extends the default profile, and config gives profiles of its own; expected one of them');
    const profiles = config === null ? [defaultProfile(rules, gpuShare, options.outOfTreePlugins)] : configuredProfiles(config, rules, gpuShare);
    const coscheduling = options.coscheduling || (config !== null && usesCoscheduling(config));
    const { owners, pods } = this.api;
    const pending: PendingPods = {
      table: pods,
      templates,
      profiles: templates.map((template) => (template === null ? null : (profiles.find(({ schedulerName }) => schedulerName === template.schedulerName) ?? null))),
      targetRow: (pod) => (pods.target[pod]! < 0 ? -1 : rowOf[pods.target[pod]!]!),
      groupOf: (pod) => (templates[pods.template[pod]!]!.defaultSpread === 'replicas' ? pods.owner[pod]! : -1),
    };
    const budgets = new DisruptionBudgets(simulation, context.requests, this.api, templates);
    this.scheduler = new Scheduler(
      {
        simulation,
        log,
        api: this.api,
        random: context.stream('scheduler'),
        pending,
        nodes,
        machineOf,
        rowOf,
        gpuShare,
        podGroupOf: (pod) => {
          const own = templates[pods.template[pod]!]!.podGroup;
          const owner = pods.owner[pod]!;
          if (own !== null || !coscheduling || owners.kind[owner] !== OwnerKind.job || owners.count[owner]! < 2) return own;
          return { name: `job ${owner}`, minMember: owners.count[owner]! };
        },
        image: (image) => ({ name: imageWithTag(workload.imageNames[image]!), sizeBytes: context.containers.images.sizeBytes[image]! }),
        budgets: () => budgets.current(),
        watchedTask: context.watchedTask,
        explained: (explanation) => context.explained(explanation),
      },
      {
        rules,
        tieBreak: options.tieBreak,
        coscheduling: coscheduling || templates.some((template) => template !== null && template.podGroup !== null),
        percentageOfNodesToScore: config?.percentageOfNodesToScore ?? options.percentageOfNodesToScore,
        queue: {
          initialBackoffUs: secondsUs(config?.podInitialBackoffSeconds) ?? options.queue.initialBackoffUs,
          maxBackoffUs: secondsUs(config?.podMaxBackoffSeconds) ?? options.queue.maxBackoffUs,
          maxUnschedulableUs: options.queue.maxUnschedulableUs ?? rules.maxUnschedulableUs, popsFromBackoff: rules.popsFromBackoff,
        },
        cycleTime: options.cycleTime,
        limit: { qps: config?.qps ?? limits.scheduler.qps, burst: config?.burst ?? limits.scheduler.burst },
        placement: options.placement,
      },
    );

    const columnByMachine = (column: Float64Array) => Float64Array.from(rowOf, (row) => column[row]!);
    const capacity = { cpuMilli: columnByMachine(nodes.allocatableCpuMilli), memoryBytes: columnByMachine(nodes.allocatableMemoryBytes), pods: columnByMachine(nodes.allocatablePods) };
    const { api } = options;
    const renewalDelayUs = Math.floor((api.requestMinUs + api.requestMaxUs + api.commitMinUs + api.commitMaxUs + api.watchMinUs + api.watchMaxUs) / 2);
    this.kubelets = new Kubelets(context, this.api, { ...options.kubelet, evictionHardMemoryBytes: options.evictionHardMemoryBytes }, capacity, processes.endpoint[apiProcess]!, renewalDelayUs, (node) => lifecycle.suspect(node));
    const { sizeBytes } = context.containers.images;
    new NodeImageReports(simulation, this.api, inventory.count, { imageOf: workload.image, sizeBytes, schedule: (node) => nodeStatusSchedule((purpose) => random.u(node, 0, purpose)) });
    const lifecycle = new NodeLifecycle(simulation, log, this.api, this.kubelets.heartbeats, inventory.zone, inventory.zoneNames.length, options.nodeLifecycle, limits.controller, {
      monitor: random.u(0, 0, MONITOR_PHASE),
      taint: random.u(0, 0, TAINT_PHASE),
    });
    const tolerationsUs = workload.shapes.map((shape) => tolerationTimeUs(shape, options.tolerationSecondsUs));
    new TaintEviction(simulation, log, this.api, (template) => tolerationsUs[template]!, limits.controller);
    this.#cronJobs = new CronJobController(context.requests, {
      create: (job) => this.#user.create(workload.columns.jobShape[job]!, workload.firstTask(job), workload.size(job)),
      remove: (job) => {
        this.#user.delete(job);
        context.client.scaled(job, 0);
      },
      skip: (job) => context.client.scaled(job, 0),
    });
    const jobs = workload.shapes.map((shape) => jobSettings(shape, options.job));
    new JobController(simulation, log, this.api, context.client, options.job, (template) => jobs[template]!, limits.controller, (owner) => {
      const template = owners.template[owner]!;
      if (this.#cronJobs.owns(template)) this.#cronJobs.ended(template, workload.jobOf(owners.firstTask[owner]!), simulation.nowUs);
    });
    const eligible = (template: number, machine: number): boolean => matchesRequired(templates[template]!, nodes, rowOf[machine]!) && untoleratedTaint(templates[template]!.tolerations, specs[rowOf[machine]!]!.taints) === undefined;
    const statefulSets = new StatefulSetController(simulation, log, this.api, context.requests, limits.controller);
    const daemonSets = new DaemonSetController(simulation, log, this.api, context.requests, eligible, limits.controller);
    const replicaSets = new ReplicaSetController(simulation, log, this.api, limits.controller);
    this.#deployments = new DeploymentController(simulation, log, this.api, replicaSets, (template) => deploymentSettings(workload.shapes[template]!), limits.controller);
    new Endpoints(simulation, log, this.api, options.endpoints, limits.controller);
    new GarbageCollector(simulation, this.api, limits.controller);
    new PodGc(simulation, log, this.api, limits.controller, (pod) => this.kubelets.collected(pod), random.u(0, 0, POD_GC_PHASE));
    if (options.cloud) new CloudNodeLifecycle(simulation, this.api, context.cloud, limits.controller, random.u(0, 0, CLOUD_PHASE));

    if (options.clusterAutoscaler !== null) {
      const { bootMinUs, bootMaxUs } = options.clusterAutoscaler;
      const view = autoscalerView(inventory, nodes, rowOf, templates, {
        eligible,
        unschedulable: (pod) => this.scheduler.queue.attempts[pod]! > 0,
        assumed: (pod) => this.scheduler.machineOfPod(pod) >= 0,
        disruptable: (pod) => budgets.allows(pod),
        bootUs: (machine, start) => Math.floor(bootMinUs + random.u(entityOf(inventory.names[machine]!), start, BOOT) * (bootMaxUs - bootMinUs)),
      });
      new ClusterAutoscaler(simulation, log, this.api, context.cloud, options.clusterAutoscaler, view, limits.controller, random.u(0, 0, SCAN_PHASE));
    }
    const autoscalers = new Autoscalers(
      simulation,
      log,
      this.api,
      context.requests,
      {
        replicas: (first) => this.#user.replicas(first),
        pods: (first) => this.#deployments.pods(first) ?? (owners.ownerOf[first]! < 0 ? [] : owners.podsOf(owners.ownerOf[first]!)),
        scaled: (first, replicas) => {
          context.client.scaled(workload.jobOf(first), Math.min(replicas, workload.size(workload.jobOf(first))));
          this.#user.setReplicas(workload.jobOf(first), replicas);
        },
        changedSince: (first, timeUs) => this.#deployments.changedSince(first, timeUs),
        use: (pod) => this.kubelets.use(pod),
        startedUs: (pod) => this.kubelets.startedUs(pod),
        phase: (first, purpose) => random.u(workload.entityOf(first), 0, purpose),
      },
      limits.controller,
    );
    this.#user = new ClusterUser(context, this.api, { deployments: this.#deployments, statefulSets, daemonSets, autoscalers, budgets }, Math.floor((api.commitMinUs + api.commitMaxUs) / 2));
  }

  submit(job: number): void {
    const { workload } = this.#context;
    if (this.#cronJobs.owns(workload.columns.jobShape[job]!)) {
      this.#cronJobs.due(workload.columns.jobShape[job]!, job, this.#simulation.nowUs);
      return;
    }
    if (this.#simulation.nowUs === 0 && this.#user.placedAsRecorded(job)) return;
    this.#user.create(workload.columns.jobShape[job]!, workload.firstTask(job), workload.size(job));
  }

  /** A failed Job is over: the user creates a new one for the task. */
  retry(task: number): void {
    this.#user.create(this.#context.workload.shapeOf(task), task, 1);
  }

  scale(job: number, count: number): void {
    this.#user.scale(job, count);
  }

  update(job: number, shape: number): void {
    this.#user.update(job, shape);
  }

  /** What `kubectl rollout status` says of a service that was scaled or updated; '' of another. */
  rolloutStatus(job: number): string {
    return this.#deployments.status(this.#context.workload.firstTask(job));
  }

  cancel(job: number): void {
    this.#user.delete(job);
  }

  /** Finished pods hold nothing. */
  remove(): void {}

  /** `kubectl drain` (cordon, then evict all pods) and `kubectl uncordon`. */
  drain(machine: number, drained: boolean): void {
    this.#user.drain(machine, drained);
  }

  explain(task: number): Explanation {
    const { owners, pods, nodes } = this.api;
    const { inventory } = this.#context;
    const owner = owners.ownerOf[task]!;
    const pod = owners.podOf[task]!;
    if (owners.progress[task] === TaskProgress.succeeded) return { state: 'Succeeded', summary: 'the pod of this completion index has succeeded', machines: [] };
    if (owner < 0) return { state: 'Absent', summary: 'no Job or ReplicaSet owns this task now', machines: [] };
    const kind = OWNER_KIND_NAMES[owners.kind[owner]!]!;
    if (pod < 0) return { state: 'Missing', summary: `the ${kind} has no pod for this task yet (creation is under way, backing off or rate limited)`, machines: [] };
    const node = pods.node[pod]!;
    if (node < 0) {
      const assumed = this.scheduler.machineOfPod(pod);
      if (assumed >= 0) return { state: 'Pending', summary: `assumed on ${inventory.names[assumed]}, binding under way`, machines: [] };
      return this.scheduler.explainPending(pod);
    }
    const name = inventory.names[node]!;
    const ready = nodes.ready[node] === 1 ? '' : ', node NotReady';
    if (pods.deleting[pod] === 1) return { state: 'Terminating', summary: `on ${name}${ready}`, machines: [] };
    if (this.kubelets.waitsForRestart(pod)) return { state: 'CrashLoopBackOff', summary: `on ${name}${ready}`, machines: [] };
    return { state: POD_PHASE_NAMES[pods.phaseAt(pod, this.#simulation.nowUs)]!, summary: `Successfully assigned to ${name}${ready}`, machines: [] };
  }

  invariants(): string[] {
    const broken = this.scheduler.missedEvents();
    const { nodes } = this.scheduler;
    for (let row = 0; row < nodes.count; row++) {
      const check = (what: string, requested: number, allocatable: number) => {
        if (requested < 0 || requested > allocatable) broken.push(`${nodes.names[row]!}: ${requested} of ${allocatable} ${what} requested in the scheduler's cache`);
      };
      check('milli-CPU', nodes.requestedCpuMilli[row]!, nodes.allocatableCpuMilli[row]!);
      check('bytes of memory', nodes.requestedMemoryBytes[row]!, nodes.allocatableMemoryBytes[row]!);
      check('pods', nodes.pods[row]!, nodes.allocatablePods[row]!);
      nodes.allocatableScalars.forEach((column, id) => check(nodes.resources.names[id]!, nodes.requestedScalar(id, row), column[row]!));
    }
    return broken;
  }
}

/** Whole seconds of a configuration file in microseconds; undefined = not stated. */
function secondsUs(seconds: number | null | undefined): number | undefined {
  return seconds === null || seconds === undefined ? undefined : seconds * 1_000_000;
}

const MONITOR_PHASE = 11;
const TAINT_PHASE = 12;
const POD_GC_PHASE = 15;
const CLOUD_PHASE = 16;
const SCAN_PHASE = 17;
const BOOT = 18;
