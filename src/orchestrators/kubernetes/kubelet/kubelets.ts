import { Loop } from '../../../engine/loop.ts';
import { entityOf } from '../../../engine/random/keyed-random.ts';
import { FixedSchedule } from '../../../engine/tick-schedule.ts';
import { RecordKind } from '../../../metrics/log.ts';
import { ContainerState } from '../../../world/container-state.ts';
import type { Containers, Supervisor } from '../../../world/containers.ts';
import { ExitOutcome } from '../../../world/exit-outcome.ts';
import type { Shape } from '../../../workload/shape.ts';
import type { Program } from '../../../world/processes.ts';
import type { OrchestratorContext } from '../../orchestrator.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import { PodPhase } from '../apiserver/pod-table.ts';
import { RequestKind } from '../apiserver/request-kinds.ts';
import { EvictionManager } from './eviction-manager.ts';
import { ExitedPods } from './exited-pods.ts';
import { Heartbeats } from './heartbeats.ts';
import type { KubeletOptions } from './kubelet-options.ts';
import { NodeAdmission, type NodeCapacity } from './node-admission.ts';
import { PodRecords, Stage } from './pod-records.ts';
import { type PodSettings, podSettings } from './pod-settings.ts';
import { PodTermination } from './pod-termination.ts';
import { oomScoreAdj, type QosClass, qosClass } from './qos.ts';
import { nextRestartDelay, restartDelay } from './restart-back-off.ts';
import { startLatencyUs } from './start-latency.ts';
import { StatusManager } from './status-manager.ts';

const COMPONENT = 'kubernetes/kubelet';

/**
 * The kubelets of all nodes, one process on each machine (pkg/kubelet). A kubelet starts the pods bound to its node, restarts containers of ReplicaSets' pods in place,
 * reports what became of them, kills pods that have a deletionTimestamp, and after a restart or a cut-off finds out by listing what it missed.
 * Containers survive the death of the kubelet, not that of the machine.
 */
export class Kubelets implements Supervisor, Program {
  readonly heartbeats: Heartbeats;
  /** Process per machine. */
  readonly processes: number[] = [];
  readonly #context: OrchestratorContext;
  readonly #containers: Containers;
  readonly #api: ApiServer;
  readonly #options: KubeletOptions;
  readonly #nodeOfProcess = new Map<number, number>();
  readonly #admission: NodeAdmission;
  readonly #exited: ExitedPods;
  readonly #relists: Loop[];
  readonly #relistSchedules: FixedSchedule[] = [];
  readonly #records = new PodRecords();
  #eviction: EvictionManager | null = null;
  readonly #status: StatusManager;
  readonly #restart: number;
  readonly #list: number;
  readonly #termination: PodTermination;
  readonly #settings: readonly (PodSettings | null)[];

  constructor(context: OrchestratorContext, api: ApiServer, options: KubeletOptions, capacity: NodeCapacity, apiEndpoint: number, renewalDelayUs: number, silent: (node: number) => void) {
    const { simulation, inventory, processes, random } = context;
    this.#context = context;
    this.#containers = context.containers;
    this.#api = api;
    this.#options = options;
    this.#settings = context.requests.map((request) => (request === null ? null : podSettings(request)));
    this.#admission = new NodeAdmission(inventory, capacity);
    this.#exited = new ExitedPods(inventory.count);
    this.#relists = inventory.names.map((name, node) => {
      const process = processes.spawn({ role: `kubelet/${name}`, machine: node, program: this, startupUs: options.startupUs, containersSurvive: true });
      this.processes.push(process);
      this.#nodeOfProcess.set(process, node);
      const loop = new Loop(simulation, COMPONENT, () => this.#relist(node));
      const schedule = this.#relistSchedule(name, 0);
      this.#relistSchedules.push(schedule);
      loop.start(schedule, false);
      return loop;
    });
    this.heartbeats = new Heartbeats(
      {
        simulation,
        network: context.network,
        processes,
        random,
        api,
        apiEndpoint,
        renewalDelayUs,
        kubelets: this.processes,
        names: inventory.names,
        silent,
        reconnected: (node) => simulation.at(this.#api.nodeStoredUs(node, RequestKind.listPods, simulation.nowUs), this.#list, node, processes.incarnation[this.processes[node]!]!),
      },
      options,
    );
    if (options.evictionHardMemoryBytes > 0) {
      this.#eviction = new EvictionManager({
        context,
        api,
        records: this.#records,
        thresholdBytes: options.evictionHardMemoryBytes,
        serving: (node) => processes.serving(this.processes[node]!),
        connected: (node) => this.heartbeats.connected(node),
        evict: (pod) => this.#termination.evict(pod),
      });
    }
    this.#restart = simulation.on(COMPONENT, (pod) => this.#startAgain(pod));
    this.#termination = new PodTermination({
      context,
      api,
      records: this.#records,
      settings: this.#settings,
      exited: this.#exited,
      giveBack: (pod, node) => this.#giveBack(pod, node),
      report: (pod) => {
        if (this.heartbeats.connected(api.pods.node[pod]!)) this.#status.over(pod);
      },
    });
    this.#status = new StatusManager({
      context,
      api,
      apiEndpoint,
      records: this.#records,
      settings: this.#settings,
      endpoint: (node) => processes.endpoint[this.processes[node]!]!,
      relists: (node) => this.#relistSchedules[node]!,
      reported: (pod) => this.#forget(pod),
      probeFailed: (pod, container) => this.#probeFailed(pod, container),
    });
    this.#list = simulation.on(COMPONENT, (node, incarnation) => {
      if (processes.incarnation[this.processes[node]!] === incarnation && this.heartbeats.connected(node)) this.#listPods(node);
    });
    api.watchers.kubeletPodBound = simulation.on(COMPONENT, (pod) => this.#hear(pod));
    api.watchers.kubeletPodDeleting = simulation.on(COMPONENT, (pod) => this.#hear(pod));
  }

  /** The pod's object was deleted by force, without its kubelet. */
  collected(pod: number): void {
    this.#records.reach(pod);
    this.#forget(pod);
  }

  /** What the pod's container uses: its task's own draws, and of memory what has grown so far. */
  use(pod: number): { readonly cpuMilli: number; readonly memoryBytes: number; readonly growing: boolean } {
    const { task, template } = this.#api.pods;
    const container = this.#records.stageOf(pod) === Stage.container ? this.#records.container[pod]! : -1;
    return this.#containers.use.of(task[pod]!, template[pod]!, container);
  }

  /** `status.startTime`. */
  startedUs(pod: number): number {
    return this.#records.stageOf(pod) === Stage.unknown ? this.#context.simulation.nowUs : this.#records.admittedUs[pod]!;
  }

  waitsForRestart(pod: number): boolean {
    return this.#records.stageOf(pod) === Stage.waitsForRestart;
  }

  containerRunning(container: number): void {
    const pod = this.#containers.cookie[container]!;
    if (this.#records.container[pod] === container && this.heartbeats.connected(this.#api.pods.node[pod]!)) this.#status.running(pod);
  }

  containerExited(container: number, outcome: ExitOutcome): void {
    const pod = this.#containers.cookie[container]!;
    if (this.#records.container[pod] !== container) return;
    this.#records.outcome[pod] = outcome;
    this.#records.exitedUs[pod] = this.#context.simulation.nowUs;
    this.#containerExited(pod);
  }

  started(process: number): void {
    const node = this.#nodeOfProcess.get(process)!;
    const name = this.#context.inventory.names[node]!;
    // What the runtime has left: containers that outlived the kubelet are taken over, dead ones are noted and cleared away.
    for (const container of this.#containers.on(node)) {
      if (this.#containers.process[container] !== process) continue;
      const pod = this.#containers.cookie[container]!;
      if (this.#containers.state[container] === ContainerState.exited) {
        // On a new instance, or for a pod that was collected meanwhile, there is nothing to note.
        if (this.#api.nodes.exists[node] === 1 && this.#api.pods.node[pod] === node && this.#api.pods.alive[pod] === 1) this.#records.lostContainer[pod] = 1;
        this.#containers.remove(container);
      } else {
        this.#api.pods.hold(pod);
        this.#admission.take(node, this.#requestOf(pod), this.#records.gpuMask[pod]!);
        this.#records.stage[pod] = Stage.container;
        this.#records.container[pod] = container;
      }
    }
    const schedule = this.#relistSchedule(name, this.#context.processes.incarnation[process]!);
    this.#relistSchedules[node] = schedule;
    this.#relists[node]!.start(schedule, this.#exited.any(node));
    this.heartbeats.begin(node);
    this.#eviction?.resume(node);
  }

  died(process: number): void {
    const node = this.#nodeOfProcess.get(process)!;
    this.heartbeats.end(node);
    this.#eviction?.forget(node);
    this.#relists[node]!.stop();
    this.#exited.take(node);
    for (const pod of this.#api.pods.on(node)) {
      if (this.#api.pods.runningUs[pod]! > this.#context.simulation.nowUs) this.#api.podRunning(pod, Infinity);
      // A pod that is over stays so: the runtime keeps its dead container until the object is gone.
      if (this.#records.stage[pod] === Stage.unknown || this.#records.stage[pod] === Stage.reported) continue;
      if (this.#records.stage[pod] === Stage.waitsForRestart) {
        this.#context.simulation.cancel(this.#records.restartTimer[pod]!);
        this.#records.lostContainer[pod] = 1;
      }
      this.#giveBack(pod, node);
      this.#records.stage[pod] = Stage.unknown;
      this.#records.container[pod] = -1;
      // The back-off is kept in memory.
      this.#records.restartDelayUs[pod] = 0;
      this.#api.pods.drop(pod);
    }
  }

  continued(process: number): void {
    const node = this.#nodeOfProcess.get(process)!;
    for (const pod of this.#api.pods.on(node)) {
      if (this.#records.stageOf(pod) === Stage.container && this.#containers.state[this.#records.container[pod]!] === ContainerState.exited) this.#containerExited(pod);
    }
    this.heartbeats.begin(node);
    this.#eviction?.resume(node);
  }

  /** A watch event about a pod of this node arrived, if it did. */
  #hear(pod: number): void {
    const node = this.#api.pods.node[pod]!;
    if (this.heartbeats.connected(node)) this.#handle(pod);
    this.#api.pods.drop(pod);
  }

  /** Does what the pod's object asks for now. */
  #handle(pod: number): void {
    const { pods } = this.#api;
    if (pods.alive[pod] === 0) return;
    this.#records.reach(pod);
    const stage = this.#records.stage[pod]!;
    if (pods.deleting[pod] === 1) {
      if (stage !== Stage.reported) this.#termination.terminate(pod);
    } else if (stage === Stage.unknown) this.#admit(pod);
  }

  #listPods(node: number): void {
    this.#eviction?.report(node);
    for (const pod of this.#api.pods.on(node).reverse()) {
      const stage = this.#records.stageOf(pod);
      if (stage === Stage.reported) this.#status.over(pod);
      else if (stage === Stage.container && this.#containers.state[this.#records.container[pod]!] === ContainerState.running) {
        if (this.#api.pods.runningUs[pod] === Infinity) this.#status.running(pod);
        // The node controller took it for lost, or the report was.
        else if (this.#api.pods.ready[pod] === 0) this.#status.ready(pod);
      }
      this.#handle(pod);
    }
  }

  /** Admission re-checks what the scheduler believed (pkg/kubelet/lifecycle/predicate.go): a pod that does not fit fails at once. */
  #admit(pod: number): void {
    const { pods } = this.#api;
    const node = pods.node[pod]!;
    const request = this.#requestOf(pod);
    const lost = this.#records.lostContainer[pod] === 1;
    this.#records.lostContainer[pod] = 0;
    pods.hold(pod);
    this.#records.phaseReported[pod] = 0;
    this.#records.admittedUs[pod] = this.#context.simulation.nowUs;
    const final = lost && !this.#restarts(pod);
    // The manager's Admit: under memory pressure the kubelet takes no pods of quality class BestEffort that do not tolerate the taint.
    const refused = this.#eviction?.underPressure(node) === true && this.#qosOf(pod) === 'BestEffort' && !this.#settings[pods.template[pod]!]!.toleratesMemoryPressure;
    // A GPU-sharing plugin has chosen the devices when the pod was reserved.
    const gpuMask = pods.gpuMask[pod] !== 0 ? pods.gpuMask[pod]! : this.#admission.chooseGpus(node, request);
    // A container that is gone and is not to be started again: the pod is over.
    if (final || refused || !this.#admission.fits(node, request, gpuMask)) {
      const finished = lost && this.#records.outcome[pod] === ExitOutcome.finished;
      if (!finished) this.#records.exitedUs[pod] = this.#context.simulation.nowUs;
      this.#termination.over(pod, finished ? PodPhase.succeeded : PodPhase.failed);
      return;
    }
    this.#records.gpuMask[pod] = gpuMask;
    this.#admission.take(node, request, gpuMask);
    this.#records.restartDelayUs[pod] = 0;
    if (lost) this.#context.log.record(RecordKind.decide, pods.task[pod]!);
    this.#runContainer(pod);
  }

  #requestOf(pod: number): Shape {
    return this.#context.requests[this.#api.pods.template[pod]!]!;
  }

  #qosOf(pod: number): QosClass {
    const { cpuMilli, memoryBytes } = this.#requestOf(pod);
    return this.#settings[this.#api.pods.template[pod]!]!.qos ?? qosClass(cpuMilli, memoryBytes);
  }

  #giveBack(pod: number, node: number): void {
    const stage = this.#records.stage[pod];
    if (stage === Stage.container || stage === Stage.waitsForRestart || stage === Stage.terminating) this.#admission.giveBack(node, this.#requestOf(pod), this.#records.gpuMask[pod]!);
  }

  #runContainer(pod: number): void {
    const { pods } = this.#api;
    const { workload, random, simulation, inventory } = this.#context;
    const node = pods.node[pod]!;
    const task = pods.task[pod]!;
    const request = this.#requestOf(pod);
    this.#records.stage[pod] = Stage.container;
    this.#records.restartedUs[pod] = simulation.nowUs;
    this.#records.outcome[pod] = 0;
    this.#records.container[pod] = this.#containers.run({
      machine: node,
      process: this.processes[node]!,
      supervisor: this,
      task,
      shape: pods.template[pod]!,
      cookie: pod,
      startLatencyUs: startLatencyUs(this.#options, random, workload.entityOf(task), this.#containers.starts[task]! + 1),
      serialPull: this.#options.serializeImagePulls,
      parallelPulls: this.#options.maxParallelImagePulls ?? Infinity,
      gpuMask: this.#records.gpuMask[pod]!,
      memoryLimitBytes: this.#settings[pods.template[pod]!]!.memoryLimitBytes,
      oomScoreAdj: oomScoreAdj(this.#qosOf(pod), request.memoryBytes, inventory.memoryBytes[node]!),
    });
  }

  #probeFailed(pod: number, container: number): void {
    if (this.#records.stage[pod] !== Stage.container || this.#records.container[pod] !== container || this.#containers.state[container] !== ContainerState.running) return;
    this.#containers.stop(container);
    this.#records.outcome[pod] = ExitOutcome.failed;
  }

  #startAgain(pod: number): void {
    this.#records.restartTimer[pod] = -1;
    if (this.#records.stage[pod] !== Stage.waitsForRestart) return;
    this.#runContainer(pod);
  }

  /** The kubelet will notice at its next relist of the runtime. */
  #containerExited(pod: number): void {
    const node = this.#api.pods.node[pod]!;
    this.#exited.add(node, pod);
    this.#relists[node]!.wake();
  }

  /** A relist of the runtime: exits since the last one are acted upon. */
  #relist(node: number): boolean {
    if (!this.#exited.any(node) || !this.#context.processes.serving(this.processes[node]!)) return false;
    for (const pod of this.#exited.take(node)) {
      if (this.#records.stage[pod] === Stage.container && this.#api.pods.node[pod] === node && this.#containers.state[this.#records.container[pod]!] === ContainerState.exited) this.#handleExit(pod);
    }
    return false;
  }

  #handleExit(pod: number): void {
    const { pods } = this.#api;
    const { log, simulation } = this.#context;
    const outcome = this.#records.outcome[pod]!;
    this.#containers.remove(this.#records.container[pod]!);
    this.#records.container[pod] = -1;
    if (pods.deleting[pod] === 1 || !this.#restarts(pod)) {
      this.#termination.over(pod, outcome === ExitOutcome.finished ? PodPhase.succeeded : PodPhase.failed);
      return;
    }
    pods.restarts[pod]!++;
    const ranUs = this.#records.exitedUs[pod]! - this.#records.restartedUs[pod]!;
    const delayUs = restartDelay(this.#options.restart, this.#records.restartDelayUs[pod]!, ranUs);
    this.#records.restartDelayUs[pod] = nextRestartDelay(this.#options.restart, this.#records.restartDelayUs[pod]!, ranUs);
    log.record(RecordKind.decide, pods.task[pod]!);
    if (this.heartbeats.connected(pods.node[pod]!)) this.#status.restarted(pod);
    this.#records.stage[pod] = Stage.waitsForRestart;
    this.#records.restartTimer[pod] = simulation.at(Math.max(simulation.nowUs, this.#records.exitedUs[pod]! + delayUs), this.#restart, pod);
  }

  /** Whether a container of the pod that has ended as it did is started again in place (restartPolicy). */
  #restarts(pod: number): boolean {
    const settings = this.#settings[this.#api.pods.template[pod]!]!;
    return this.#records.outcome[pod] === ExitOutcome.finished ? settings.restartsAlways : settings.restartsOnFailure;
  }

  #forget(pod: number): void {
    if (this.#records.stage[pod] !== Stage.reported) return;
    this.#records.stage[pod] = Stage.unknown;
    this.#records.outcome[pod] = 0;
    this.#api.pods.drop(pod);
  }

  #relistSchedule(name: string, incarnation: number): FixedSchedule {
    const { simulation, random } = this.#context;
    return new FixedSchedule(simulation.nowUs + Math.floor(random.u(entityOf(name), incarnation, RELIST_PHASE) * this.#options.relistUs), this.#options.relistUs);
  }
}

const RELIST_PHASE = 3;
