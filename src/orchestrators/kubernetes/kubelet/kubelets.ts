import { grown32, grown64, grown8 } from '../../../engine/columns.ts';
import { Loop } from '../../../engine/loop.ts';
import { entityOf } from '../../../engine/random/keyed-random.ts';
import { FixedSchedule } from '../../../engine/tick-schedule.ts';
import { RecordKind } from '../../../metrics/log.ts';
import { ContainerState, type Containers, type Supervisor } from '../../../world/containers.ts';
import { ExitOutcome } from '../../../world/exit-outcome.ts';
import type { Shape } from '../../../workload/shape.ts';
import type { Program } from '../../../world/processes.ts';
import type { OrchestratorContext } from '../../orchestrator.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import { OwnerKind } from '../apiserver/owner-table.ts';
import { PodPhase } from '../apiserver/pod-table.ts';
import { RequestKind } from '../apiserver/request-kinds.ts';
import { ExitedPods } from './exited-pods.ts';
import { Heartbeats } from './heartbeats.ts';
import type { KubeletOptions } from './kubelet-options.ts';
import { NodeAdmission, type NodeCapacity } from './node-admission.ts';
import { type PodSettings, podSettings } from './pod-settings.ts';
import { probeOutcome } from './probes.ts';
import { oomScoreAdj, qosClass } from './qos.ts';
import { HANDLERS, RUNTIMES } from './runtime-profiles.ts';
import { nextRestartDelay, restartDelay } from './restart-back-off.ts';

const COMPONENT = 'kubernetes/kubelet';

/** What a kubelet knows of a pod. */
const Stage = { unknown: 0, container: 1, waitsForRestart: 2, reported: 3, /** Deleted, its container has the time of its grace. */ terminating: 4 } as const;

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
  readonly #apiEndpoint: number;
  readonly #nodeOfProcess = new Map<number, number>();
  readonly #admission: NodeAdmission;
  readonly #exited: ExitedPods;
  readonly #relists: Loop[];
  readonly #relistSchedules: FixedSchedule[] = [];
  // Per pod row.
  #stage = new Uint8Array(256);
  #container = new Int32Array(256).fill(-1);
  #gpuMask = new Int32Array(256);
  #outcome = new Uint8Array(256);
  #exitedUs = new Float64Array(256);
  /** Final phase, once the kubelet has come to it. */
  #phaseReported = new Uint8Array(256);
  #lostContainer = new Uint8Array(256);
  #restartDelayUs = new Float64Array(256);
  #restartedUs = new Float64Array(256);
  #restartTimer = new Float64Array(256);
  #admittedUs = new Float64Array(256);
  readonly #restart: number;
  readonly #reportOver: number;
  readonly #list: number;
  readonly #probeKill: number;
  readonly #graceOver: number;
  readonly #settings: readonly (PodSettings | null)[];

  constructor(context: OrchestratorContext, api: ApiServer, options: KubeletOptions, capacity: NodeCapacity, apiEndpoint: number, renewalDelayUs: number, silent: (node: number) => void) {
    const { simulation, inventory, processes, random } = context;
    this.#context = context;
    this.#containers = context.containers;
    this.#api = api;
    this.#options = options;
    this.#settings = context.requests.map((request) => (request === null ? null : podSettings(request)));
    this.#apiEndpoint = apiEndpoint;
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
    this.#restart = simulation.on(COMPONENT, (pod) => this.#startAgain(pod));
    this.#reportOver = simulation.on(COMPONENT, (pod, phase) => {
      this.#api.podOver(pod, phase as PodPhase, this.#exitedUs[pod]!);
      this.#forget(pod);
      this.#api.pods.drop(pod);
    });
    this.#list = simulation.on(COMPONENT, (node, incarnation) => {
      if (processes.incarnation[this.processes[node]!] === incarnation && this.heartbeats.connected(node)) this.#listPods(node);
    });
    this.#probeKill = simulation.on(COMPONENT, (pod, container) => {
      if (this.#stage[pod] === Stage.container && this.#container[pod] === container && this.#containers.state[container] === ContainerState.running) {
        this.#containers.stop(container);
        this.#outcome[pod] = ExitOutcome.failed;
      }
      this.#api.pods.drop(pod);
    });
    this.#graceOver = simulation.on(COMPONENT, (pod, container) => {
      if (this.#stage[pod] === Stage.terminating && this.#container[pod] === container) this.#stop(pod);
      this.#api.pods.drop(pod);
    });
    api.watchers.kubeletPodBound = simulation.on(COMPONENT, (pod) => this.#hear(pod));
    api.watchers.kubeletPodDeleting = simulation.on(COMPONENT, (pod) => this.#hear(pod));
  }

  /** The pod's object was deleted by force, without its kubelet. */
  collected(pod: number): void {
    if (pod < this.#stage.length) this.#forget(pod);
  }

  waitsForRestart(pod: number): boolean {
    return pod < this.#stage.length && this.#stage[pod] === Stage.waitsForRestart;
  }

  containerRunning(container: number): void {
    const pod = this.#containers.cookie[container]!;
    if (this.#container[pod] === container && this.heartbeats.connected(this.#api.pods.node[pod]!)) this.#sendRunning(pod);
  }

  containerExited(container: number, outcome: ExitOutcome): void {
    const pod = this.#containers.cookie[container]!;
    if (this.#container[pod] !== container) return;
    this.#outcome[pod] = outcome;
    this.#exitedUs[pod] = this.#context.simulation.nowUs;
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
        if (this.#api.nodes.exists[node] === 1 && this.#api.pods.node[pod] === node && this.#api.pods.alive[pod] === 1) this.#lostContainer[pod] = 1;
        this.#containers.remove(container);
      } else {
        this.#api.pods.hold(pod);
        this.#admission.take(node, this.#requestOf(pod), this.#gpuMask[pod]!);
        this.#stage[pod] = Stage.container;
        this.#container[pod] = container;
      }
    }
    const schedule = this.#relistSchedule(name, this.#context.processes.incarnation[process]!);
    this.#relistSchedules[node] = schedule;
    this.#relists[node]!.start(schedule, this.#exited.any(node));
    this.heartbeats.begin(node);
  }

  died(process: number): void {
    const node = this.#nodeOfProcess.get(process)!;
    this.heartbeats.end(node);
    this.#relists[node]!.stop();
    this.#exited.take(node);
    for (const pod of this.#api.pods.on(node)) {
      if (this.#api.pods.runningUs[pod]! > this.#context.simulation.nowUs) this.#api.podRunning(pod, Infinity);
      // A pod that is over stays so: the runtime keeps its dead container until the object is gone.
      if (this.#stage[pod] === Stage.unknown || this.#stage[pod] === Stage.reported) continue;
      if (this.#stage[pod] === Stage.waitsForRestart) {
        this.#context.simulation.cancel(this.#restartTimer[pod]!);
        this.#lostContainer[pod] = 1;
      }
      this.#giveBack(pod, node);
      this.#stage[pod] = Stage.unknown;
      this.#container[pod] = -1;
      // The back-off is kept in memory.
      this.#restartDelayUs[pod] = 0;
      this.#api.pods.drop(pod);
    }
  }

  continued(process: number): void {
    const node = this.#nodeOfProcess.get(process)!;
    for (const pod of this.#api.pods.on(node)) {
      if (pod < this.#stage.length && this.#stage[pod] === Stage.container && this.#containers.state[this.#container[pod]!] === ContainerState.exited) this.#containerExited(pod);
    }
    this.heartbeats.begin(node);
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
    while (pod >= this.#stage.length) this.#grow();
    const stage = this.#stage[pod]!;
    if (pods.deleting[pod] === 1) {
      if (stage !== Stage.reported) this.#terminate(pod);
    } else if (stage === Stage.unknown) this.#admit(pod);
  }

  #listPods(node: number): void {
    for (const pod of this.#api.pods.on(node).reverse()) {
      const stage = pod < this.#stage.length ? this.#stage[pod]! : Stage.unknown;
      if (stage === Stage.reported) this.#sendOver(pod);
      else if (stage === Stage.container && this.#containers.state[this.#container[pod]!] === ContainerState.running) {
        if (this.#api.pods.runningUs[pod] === Infinity) this.#sendRunning(pod);
        // The node controller took it for lost, or the report was.
        else if (this.#api.pods.ready[pod] === 0) this.#sendReady(pod);
      }
      this.#handle(pod);
    }
  }

  /** Admission re-checks what the scheduler believed (pkg/kubelet/lifecycle/predicate.go): a pod that does not fit fails at once. */
  #admit(pod: number): void {
    const { pods } = this.#api;
    const node = pods.node[pod]!;
    const request = this.#requestOf(pod);
    const lost = this.#lostContainer[pod] === 1;
    this.#lostContainer[pod] = 0;
    pods.hold(pod);
    this.#phaseReported[pod] = 0;
    this.#admittedUs[pod] = this.#context.simulation.nowUs;
    const final = lost && !this.#restarts(pod);
    // A GPU-sharing plugin has chosen the devices when the pod was reserved.
    const gpuMask = pods.gpuMask[pod] !== 0 ? pods.gpuMask[pod]! : this.#admission.chooseGpus(node, request);
    // A container that is gone and is not to be started again: the pod is over.
    if (final || !this.#admission.fits(node, request, gpuMask)) {
      const finished = lost && this.#outcome[pod] === ExitOutcome.finished;
      if (!finished) this.#exitedUs[pod] = this.#context.simulation.nowUs;
      this.#over(pod, finished ? PodPhase.succeeded : PodPhase.failed);
      return;
    }
    this.#gpuMask[pod] = gpuMask;
    this.#admission.take(node, request, gpuMask);
    this.#restartDelayUs[pod] = 0;
    if (lost) this.#context.log.record(RecordKind.decide, pods.task[pod]!);
    this.#runContainer(pod);
  }

  #requestOf(pod: number): Shape {
    return this.#context.requests[this.#api.pods.template[pod]!]!;
  }

  #giveBack(pod: number, node: number): void {
    const stage = this.#stage[pod];
    if (stage === Stage.container || stage === Stage.waitsForRestart || stage === Stage.terminating) this.#admission.giveBack(node, this.#requestOf(pod), this.#gpuMask[pod]!);
  }

  #runContainer(pod: number): void {
    const { pods } = this.#api;
    const { workload, random, simulation, inventory } = this.#context;
    const { sandboxMinUs, sandboxMaxUs, startMinUs, startMaxUs } = this.#options;
    const node = pods.node[pod]!;
    const task = pods.task[pod]!;
    const request = this.#requestOf(pod);
    const entity = workload.entityOf(task);
    const start = this.#containers.starts[task]! + 1;
    const { factor } = RUNTIMES.get(this.#options.runtime)!;
    const { addedMinUs, addedMaxUs } = HANDLERS.get(this.#options.runtimeClass)!;
    const sandboxUs = factor * (sandboxMinUs + random.u(entity, start, SANDBOX) * (sandboxMaxUs - sandboxMinUs));
    const addedUs = addedMinUs === addedMaxUs ? addedMinUs : addedMinUs + random.u(entity, start, HANDLER) * (addedMaxUs - addedMinUs);
    const startUs = factor * (startMinUs + random.u(entity, start, START) * (startMaxUs - startMinUs)) + addedUs;
    this.#stage[pod] = Stage.container;
    this.#restartedUs[pod] = simulation.nowUs;
    this.#outcome[pod] = 0;
    this.#container[pod] = this.#containers.run({
      machine: node,
      process: this.processes[node]!,
      supervisor: this,
      task,
      shape: pods.template[pod]!,
      cookie: pod,
      startLatencyUs: Math.floor(sandboxUs + startUs),
      serialPull: this.#options.serializeImagePulls,
      parallelPulls: this.#options.maxParallelImagePulls ?? Infinity,
      gpuMask: this.#gpuMask[pod]!,
      oomScoreAdj: oomScoreAdj(this.#settings[pods.template[pod]!]!.qos ?? qosClass(request.cpuMilli, request.memoryBytes), request.memoryBytes, inventory.memoryBytes[node]!),
    });
  }

  #startAgain(pod: number): void {
    this.#restartTimer[pod] = -1;
    if (this.#stage[pod] !== Stage.waitsForRestart) return;
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
      if (this.#stage[pod] === Stage.container && this.#api.pods.node[pod] === node && this.#containers.state[this.#container[pod]!] === ContainerState.exited) this.#handleExit(pod);
    }
    return false;
  }

  #handleExit(pod: number): void {
    const { pods } = this.#api;
    const { log, simulation } = this.#context;
    const outcome = this.#outcome[pod]!;
    this.#containers.remove(this.#container[pod]!);
    this.#container[pod] = -1;
    if (pods.deleting[pod] === 1 || !this.#restarts(pod)) {
      this.#over(pod, outcome === ExitOutcome.finished ? PodPhase.succeeded : PodPhase.failed);
      return;
    }
    const ranUs = this.#exitedUs[pod]! - this.#restartedUs[pod]!;
    const delayUs = restartDelay(this.#options.restart, this.#restartDelayUs[pod]!, ranUs);
    this.#restartDelayUs[pod] = nextRestartDelay(this.#options.restart, this.#restartDelayUs[pod]!, ranUs);
    log.record(RecordKind.decide, pods.task[pod]!);
    if (this.heartbeats.connected(pods.node[pod]!)) this.#api.podReadiness(pod, 0, this.#storedUs(pod, simulation.nowUs));
    this.#stage[pod] = Stage.waitsForRestart;
    this.#restartTimer[pod] = simulation.at(Math.max(simulation.nowUs, this.#exitedUs[pod]! + delayUs), this.#restart, pod);
  }

  /** Ends a pod that has a deletionTimestamp: its container is stopped (it obeys SIGTERM at once), then its object may go. */
  #terminate(pod: number): void {
    const { pods } = this.#api;
    const stage = this.#stage[pod]!;
    if (stage === Stage.unknown) {
      this.#api.pods.hold(pod);
      this.#lostContainer[pod] = 0;
      this.#exitedUs[pod] = this.#context.simulation.nowUs;
    } else if (stage === Stage.waitsForRestart) this.#context.simulation.cancel(this.#restartTimer[pod]!);
    else if (stage === Stage.terminating) return;
    else if (this.#container[pod]! >= 0) {
      const { stopUs } = this.#settings[pods.template[pod]!]!;
      const container = this.#container[pod]!;
      if (stopUs > 0 && this.#containers.state[container] !== ContainerState.exited) {
        this.#stage[pod] = Stage.terminating;
        pods.hold(pod);
        this.#context.simulation.after(stopUs, this.#graceOver, pod, container);
      } else this.#stop(pod);
      return;
    }
    this.#over(pod, PodPhase.failed);
  }

  /** The grace period is over, or not needed: the container goes. */
  #stop(pod: number): void {
    const { pods } = this.#api;
    if (this.#container[pod]! >= 0) {
      const container = this.#container[pod]!;
      if (this.#containers.state[container] !== ContainerState.exited) this.#containers.stop(container);
      this.#containers.remove(container);
      this.#container[pod] = -1;
      this.#exited.remove(pods.node[pod]!, pod);
    }
    this.#over(pod, this.#outcome[pod] === ExitOutcome.finished ? PodPhase.succeeded : PodPhase.failed);
  }

  /** The pod is over as far as the kubelet is concerned; what is left is to say so. */
  #over(pod: number, phase: PodPhase): void {
    this.#giveBack(pod, this.#api.pods.node[pod]!);
    this.#stage[pod] = Stage.reported;
    this.#phaseReported[pod] = phase;
    if (this.heartbeats.connected(this.#api.pods.node[pod]!)) this.#sendOver(pod);
  }

  #sendOver(pod: number): void {
    this.#api.pods.hold(pod);
    this.#context.simulation.at(this.#storedUs(pod, this.#context.simulation.nowUs), this.#reportOver, pod, this.#phaseReported[pod]!);
  }

  /** The start is noticed at the next relist and reported then. */
  #sendRunning(pod: number): void {
    const relistUs = this.#relistSchedules[this.#api.pods.node[pod]!]!.firstAtOrAfter(this.#context.simulation.nowUs);
    this.#api.podRunning(pod, this.#storedUs(pod, relistUs));
    if (this.#api.owners.kind[this.#api.pods.owner[pod]!] !== OwnerKind.job) this.#sendReady(pod);
  }

  /** Reports the pod as ready once its probes will have said so, and has it killed if they will say that. */
  #sendReady(pod: number): void {
    const { simulation } = this.#context;
    const container = this.#container[pod]!;
    const { probed } = this.#settings[this.#api.pods.template[pod]!]!;
    const { readyUs, killedUs } = probeOutcome(probed, this.#admittedUs[pod]!, this.#containers.runningSinceUs[container]!);
    if (killedUs !== Infinity && killedUs >= simulation.nowUs) {
      this.#api.pods.hold(pod);
      simulation.at(killedUs, this.#probeKill, pod, container);
    }
    if (readyUs === Infinity) return;
    const relistUs = this.#relistSchedules[this.#api.pods.node[pod]!]!.firstAtOrAfter(simulation.nowUs);
    this.#api.podReadiness(pod, 1, this.#storedUs(pod, Math.max(relistUs, readyUs)));
  }

  /** Whether a container of the pod that has ended as it did is started again in place (restartPolicy). */
  #restarts(pod: number): boolean {
    const settings = this.#settings[this.#api.pods.template[pod]!]!;
    return this.#outcome[pod] === ExitOutcome.finished ? settings.restartsAlways : settings.restartsOnFailure;
  }

  /** When a write from the pod's node that is sent at a time is stored. */
  #storedUs(pod: number, sentUs: number): number {
    const { network, processes } = this.#context;
    const delayUs = network.delayUs(processes.endpoint[this.processes[this.#api.pods.node[pod]!]!]!, this.#apiEndpoint);
    return this.#api.podStoredUs(pod, RequestKind.reportPod, sentUs + delayUs);
  }

  #forget(pod: number): void {
    if (this.#stage[pod] !== Stage.reported) return;
    this.#stage[pod] = Stage.unknown;
    this.#outcome[pod] = 0;
    this.#api.pods.drop(pod);
  }

  #relistSchedule(name: string, incarnation: number): FixedSchedule {
    const { simulation, random } = this.#context;
    return new FixedSchedule(simulation.nowUs + Math.floor(random.u(entityOf(name), incarnation, RELIST_PHASE) * this.#options.relistUs), this.#options.relistUs);
  }

  #grow(): void {
    const before = this.#container.length;
    this.#stage = grown8(this.#stage);
    this.#container = grown32(this.#container);
    this.#container.fill(-1, before);
    this.#gpuMask = grown32(this.#gpuMask);
    this.#outcome = grown8(this.#outcome);
    this.#exitedUs = grown64(this.#exitedUs);
    this.#phaseReported = grown8(this.#phaseReported);
    this.#lostContainer = grown8(this.#lostContainer);
    this.#restartDelayUs = grown64(this.#restartDelayUs);
    this.#restartedUs = grown64(this.#restartedUs);
    this.#restartTimer = grown64(this.#restartTimer);
    this.#admittedUs = grown64(this.#admittedUs);
  }
}

const SANDBOX = 1;
const START = 2;
const RELIST_PHASE = 3;
const HANDLER = 4;
