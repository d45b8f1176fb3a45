import type { SequentialRandom } from '../../../engine/random/sequential-random.ts';
import type { Simulation } from '../../../engine/simulation.ts';
import { Counter, type Log } from '../../../metrics/log.ts';
import type { Explanation } from '../../orchestrator.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import type { ClientLimit } from '../apiserver/api-limits.ts';
import { TokenBucket } from '../apiserver/token-bucket.ts';
import { type CycleTimeOptions, cycleTimeUs } from './cycle-time.ts';
import { BindingCycle } from './binding-cycle.ts';
import { CycleExplanations } from './cycle-explanations.ts';
import { LifecyclePlugins } from './lifecycle-plugins.ts';
import { NodeChoice, type NodeChoiceOptions } from './node-choice.ts';
import type { NodeColumns } from './node-columns.ts';
import { Nominations } from './nominations.ts';
import type { PendingPods } from './pending-pods.ts';
import type { DisruptionBudget } from './plugins/default-preemption.ts';
import type { GpuShare } from './plugins/gpu-share.ts';
import { Placements } from './placements.ts';
import { PodGroups } from './pod-groups.ts';
import type { PodSpec, Taint } from './pod-spec.ts';
import { PreemptionEffects } from './preemption-effects.ts';
import { Preemptor, type PreemptionPlan } from './preemptor.ts';
import { QueueTimers } from './queue-timers.ts';
import { SchedulerCache } from './scheduler-cache.ts';
import { type QueueOptions, type QueueOrder, QueuePlace, SchedulingQueue } from './scheduling-queue.ts';
import type { VersionRules } from './version-rules.ts';
import { WaitingPods } from './waiting-pods.ts';

export interface SchedulerOptions extends NodeChoiceOptions {
  readonly rules: VersionRules;
  readonly queue: QueueOptions;
  readonly cycleTime: CycleTimeOptions;
  readonly limit: ClientLimit;
  /** Pods are scheduled in groups: the queue keeps those of a group together (Coscheduling's Less). */
  readonly coscheduling: boolean;
}

export interface SchedulerParts {
  readonly simulation: Simulation;
  readonly log: Log;
  readonly api: ApiServer;
  readonly random: SequentialRandom;
  readonly pending: PendingPods;
  /** Rows in node tree order. */
  readonly nodes: NodeColumns;
  readonly machineOf: Int32Array;
  readonly rowOf: Int32Array;
  readonly gpuShare: GpuShare | null;
  /** Group that a pod is scheduled together with; `null` = none. */
  podGroupOf(pod: number): { readonly name: string; readonly minMember: number } | null;
  /** Name and size of an image as nodes report it. */
  image(image: number): { readonly name: string; readonly sizeBytes: number };
  /** PodDisruptionBudgets as they stand. */
  budgets(): readonly DisruptionBudget[];
  readonly watchedTask: number;
  explained(explanation: Explanation): void;
}

const COMPONENT = 'kubernetes/scheduler';
/** plugins/schedulinggates/scheduling_gates.go, v1.35.4. */
const SCHEDULING_GATES = 'Scheduling is blocked due to non-empty scheduling gates';
const UNREACHABLE = 'node.kubernetes.io/unreachable';

/**
 * kube-scheduler (pkg/scheduler/schedule_one.go, v1.35.4): one scheduling cycle after another, each occupying the scheduler for a modelled time; a chosen pod is
 * assumed at once and bound concurrently through the rate-limited API; one that fits nowhere may push out less important ones.
 */
export class Scheduler {
  readonly queue: SchedulingQueue;
  readonly nodes: NodeColumns;
  readonly cache: SchedulerCache;
  readonly #parts: SchedulerParts;
  readonly #options: SchedulerOptions;
  readonly #choice: NodeChoice;
  readonly #nominations: Nominations;
  readonly #preemptor: Preemptor;
  readonly #groups = new PodGroups();
  readonly #explanations: CycleExplanations;
  readonly #bucket: TokenBucket;
  readonly #timers: QueueTimers;
  readonly #waiting: WaitingPods;
  readonly #plugins: LifecyclePlugins;
  readonly #placements: Placements;
  readonly #binding: BindingCycle;
  readonly #preemption: PreemptionEffects;
  readonly #cycleEnd: number;
  readonly #wake: number;
  /** Pods that a plugin's PreEnqueue holds back, in order, and why. */
  readonly #heldBack = new Map<number, string>();
  #cyclePod = -1;
  #cycleRow = -1;
  #cyclePlan: PreemptionPlan | null = null;
  /** Other nodes' pods had a say in its rejection. */
  #cycleClusterWide = false;
  #blockedUntilUs = 0;
  #wakePending = false;

  constructor(parts: SchedulerParts, options: SchedulerOptions) {
    const { simulation, api, log, random, pending } = parts;
    this.#parts = parts;
    this.#options = options;
    this.nodes = parts.nodes;
    this.#nominations = new Nominations(parts.nodes.count);
    this.cache = new SchedulerCache(parts.nodes, parts.gpuShare);
    this.#plugins = new LifecyclePlugins(pending, parts.nodes, options.coscheduling ? this.#groups : null);
    this.queue = new SchedulingQueue(options.queue, this.#queueOrder());
    this.#choice = new NodeChoice(this.cache, pending, this.#nominations, random, log, options);
    this.#preemptor = new Preemptor(this.cache, pending, this.#nominations, this.#choice, random, options, () => parts.budgets());
    this.#explanations = new CycleExplanations(this.cache, pending, this.#choice, this.#preemptor, this.#groups);
    this.#bucket = new TokenBucket(options.limit.qps, options.limit.burst);
    this.#timers = new QueueTimers(simulation, COMPONENT, this.queue, { flushed: () => this.#startCycle(), retried: (pods) => this.#retried(pods) });
    this.#waiting = new WaitingPods(pending.templates, parts.nodes, this.#choice, this.#nominations, (template) => {
      this.queue.requeueTemplate(template, simulation.nowUs);
      this.#timers.backoffChanged();
    });
    this.#placements = new Placements(parts, this.cache, this.#choice, this.#preemptor, this.#waiting, this.#plugins);
    this.#binding = new BindingCycle({
      simulation, component: COMPONENT, log, api, machineOf: parts.machineOf, bucket: this.#bucket, queue: this.queue, timers: this.#timers, cache: this.cache,
      placements: this.#placements, groups: this.#groups, plugins: this.#plugins, proceed: () => this.#startCycle(),
    });
    this.#preemption = new PreemptionEffects({
      simulation, component: COMPONENT, log, api, templates: pending.templates, bucket: this.#bucket, cache: this.cache, nominations: this.#nominations, choice: this.#choice,
      preemptor: this.#preemptor, waiting: this.#waiting, binding: this.#binding, machineOfPod: (pod) => this.machineOfPod(pod),
    });
    this.#cycleEnd = simulation.on(COMPONENT, () => this.#endCycle());
    this.#wake = simulation.on(COMPONENT, () => {
      this.#wakePending = false;
      this.#startCycle();
    });
    const { watchers } = api;
    watchers.schedulerPodAdded = simulation.on(COMPONENT, (pod) => this.#podAdded(pod));
    watchers.schedulerPodGone = simulation.on(COMPONENT, (pod) => this.#podGone(pod));
    watchers.schedulerPodDeleting = simulation.on(COMPONENT, (pod) => this.#podDeleting(pod));
    watchers.schedulerNodeChanged = simulation.on(COMPONENT, (machine) => this.#nodeChanged(machine));
    watchers.schedulerNodeImage = simulation.on(COMPONENT, (machine, image) => {
      const { name, sizeBytes } = parts.image(image);
      this.#choice.imageAdded(parts.rowOf[machine]!, name, sizeBytes);
      this.cache.changes++;
    });
  }

  /** Machine on which the pod is assumed or bound in the scheduler's cache; -1 = none. */
  machineOfPod(pod: number): number {
    return this.cache.pods.isPlaced(pod) ? this.#parts.machineOf[this.cache.pods.row[pod]!]! : -1;
  }

  /** Pods that the cache counts on nodes. */
  get placed(): number {
    return this.#placements.count;
  }

  /** Why a pod without a node has none, in the words of the scheduler's event, with the verdict per node. */
  explainPending(pod: number): Explanation {
    const gate = this.queue.place[pod] === QueuePlace.gated ? (this.#heldBack.get(pod) ?? SCHEDULING_GATES) : '';
    return this.#explanations.pending(pod, gate, this.#nominations.rowOf(pod));
  }

  /** Pods in unschedulablePods that a node would take: an event must have been missed. Empty when all is well. */
  missedEvents(): string[] {
    const missed: string[] = [];
    for (const template of this.queue.unschedulableTemplates()) {
      const pod = this.queue.firstUnschedulable(template);
      if (this.#parts.podGroupOf(pod) !== null) continue;
      const target = this.#parts.pending.targetRow(pod);
      const row = this.nodes.names.findIndex((_, at) => (target < 0 || at === target) && this.#choice.passes(pod, template, at));
      if (row >= 0) missed.push(`pods of template ${template} wait in unschedulablePods, but fit on ${this.nodes.names[row]!}`);
    }
    return missed;
  }

  #podAdded(pod: number): void {
    const { api, simulation, pending } = this.#parts;
    const { pods } = api;
    const template = pods.template[pod]!;
    if (pods.alive[pod] === 1 && pods.node[pod]! >= 0) this.#addAssigned(pod);
    else if (pods.alive[pod] === 1 && pending.profiles[template] !== null) {
      const spec = pending.templates[template]!;
      const group = this.#parts.podGroupOf(pod);
      if (group !== null) this.#groups.add(pod, group.name, group.minMember, simulation.nowUs);
      if (spec.schedulingGates.length > 0) this.queue.gate(pod);
      else {
        const refusal = this.#plugins.refusal(pod);
        if (refusal === '') this.queue.add(pod, template, spec.priority, simulation.nowUs);
        else {
          this.queue.gate(pod);
          this.#heldBack.set(pod, refusal);
        }
      }
      if (group !== null && this.#groups.missing(pod) === 0) this.#waiting.wake(template);
      this.#queueChanged();
      this.#proceed();
    }
    pods.drop(pod);
  }

  #podGone(pod: number): void {
    this.queue.remove(pod);
    this.#heldBack.delete(pod);
    this.#queueChanged();
    this.#binding.forget(pod);
    this.#preemptor.gone(pod);
    this.#preemption.clearNomination(pod);
    this.#placements.take(pod);
    this.#plugins.gone(pod);
    this.#parts.api.pods.drop(pod);
    this.#proceed();
  }

  /** A pod got a deletionTimestamp: it keeps its node, but no longer counts for topology spread. */
  #podDeleting(pod: number): void {
    const { pods } = this.cache;
    if (pods.isPlaced(pod) && pods.terminating[pod] === 0) {
      pods.terminate(pod);
      this.cache.changes++;
      this.#waiting.podChanged(pods.spec(pod));
    }
    this.#parts.api.pods.drop(pod);
    this.#proceed();
  }

  #nodeChanged(machine: number): void {
    const { api, rowOf } = this.#parts;
    const row = rowOf[machine]!;
    const taints: Taint[] = [...this.nodes.ownTaints[row]!];
    if (api.nodes.unreachableNoSchedule[machine] === 1) taints.push({ key: UNREACHABLE, value: '', effect: 'NoSchedule' });
    if (api.nodes.unreachableNoExecute[machine] === 1) taints.push({ key: UNREACHABLE, value: '', effect: 'NoExecute' });
    if (api.nodes.memoryPressureNoSchedule[machine] === 1) taints.push({ key: 'node.kubernetes.io/memory-pressure', value: '', effect: 'NoSchedule' });
    this.nodes.taintList[row] = this.nodes.internTaints(taints);
    this.nodes.unschedulable[row] = api.nodes.unschedulable[machine]!;
    const existing = this.nodes.existing;
    this.nodes.setExists(row, api.nodes.exists[machine] === 0 ? 0 : 1);
    if (this.nodes.existing !== existing) this.#choice.nodeCountChanged();
    this.#placements.touch(row);
    this.cache.changes++;
    this.#waiting.nodeImproved(row, null);
    this.#proceed();
  }

  /** After an event: pods that plugins held back are asked about again, in order, and the scheduler goes on. */
  #proceed(): void {
    for (const pod of this.#heldBack.keys()) {
      const refusal = this.#plugins.refusal(pod);
      if (refusal !== '') {
        this.#heldBack.set(pod, refusal);
        continue;
      }
      const template = this.#parts.api.pods.template[pod]!;
      this.#heldBack.delete(pod);
      this.queue.add(pod, template, this.#spec(template).priority, this.#parts.simulation.nowUs);
      this.#queueChanged();
    }
    this.#startCycle();
  }

  #spec(template: number): PodSpec {
    return this.#parts.pending.templates[template]!;
  }

  #startCycle(): void {
    const { simulation, api, log } = this.#parts;
    if (this.#cyclePod >= 0 || this.#wakePending) return;
    if (simulation.nowUs < this.#blockedUntilUs) {
      this.#wakePending = true;
      simulation.at(this.#blockedUntilUs, this.#wake);
      return;
    }
    const pod = this.queue.pop();
    if (pod < 0) return;
    const { pods } = api;
    const template = pods.template[pod]!;
    pods.hold(pod);
    this.#queueChanged();
    this.#cyclePod = pod;
    this.#waiting.began();
    const durationUs = this.#findNode(pod, template, pods.task[pod] === this.#parts.watchedTask);
    log.count(Counter.decisions);
    log.count(Counter.cycles);
    log.count(Counter.decisionUs, durationUs);
    simulation.after(durationUs, this.#cycleEnd);
  }

  /** Sets the outcome of the cycle and returns how long it takes. */
  #findNode(pod: number, template: number, watched: boolean): number {
    const choice = this.#choice;
    const { cycleTime } = this.#options;
    const { pods } = this.#parts.api;
    const start = choice.startIndex;
    this.#cyclePlan = null;
    if (this.#groups.missing(pod) > 0) {
      this.#cycleRow = -1;
      this.#waiting.fitsNowhere(template);
      this.#cycleClusterWide = true;
      if (watched) this.#parts.explained(this.explainPending(pod));
      return Math.round(cycleTime.baseUs);
    }
    if (this.#waiting.isKnownToFitNowhere(template) && this.#nominations.rowOf(pod) < 0 && pods.target[pod]! < 0) {
      choice.row = -1;
      choice.feasible = choice.scorePlugins = 0;
      choice.clusterWide = false;
      choice.examined = choice.named(pod, template)?.length ?? this.nodes.count;
      choice.startIndex = (choice.startIndex + choice.examined) % Math.max(1, this.nodes.count);
    } else choice.choose(pod, template);
    const { row, examined, feasible, scorePlugins, clusterWide } = choice;
    this.#cycleRow = row;
    let dryRuns = 0;
    if (row < 0) {
      this.#waiting.fitsNowhere(template);
      if (watched) this.#parts.explained(this.#explanations.decision(pod, template, start, row));
      // What a pod bound to certain nodes is told says nothing of other pods of its template.
      this.#cycleClusterWide = clusterWide || choice.named(pod, template) !== null;
      this.#cyclePlan = this.#preemptor.plan(pod, template);
      dryRuns = this.#cyclePlan.dryRuns;
      choice.clusterWide = clusterWide;
    } else if (watched) this.#parts.explained(this.#explanations.decision(pod, template, start, row));
    return cycleTimeUs(cycleTime, examined, feasible, scorePlugins) + Math.round(cycleTime.perDryRunUs * dryRuns);
  }

  #endCycle(): void {
    const { api } = this.#parts;
    const pod = this.#cyclePod;
    const row = this.#cycleRow;
    this.#cyclePod = -1;
    if (this.queue.place[pod] === QueuePlace.inFlight) {
      if (row >= 0) this.#assume(pod, row);
      else this.#refuse(pod, api.pods.template[pod]!);
    }
    // Not before: what its own preemption frees at once, since the victim waits at Permit, is an event for it too.
    this.#waiting.ended();
    api.pods.drop(pod);
    this.#startCycle();
  }

  /** handleSchedulingFailure. */
  #refuse(pod: number, template: number): void {
    const { api, simulation, log } = this.#parts;
    const waiting = this.#waiting;
    const plan = this.#cyclePlan;
    if (plan !== null) this.#preemption.carryOut(pod, plan);
    this.queue.rejected(pod, simulation.nowUs, waiting.eventMissed);
    if (waiting.eventMissed) this.#timers.backoffChanged();
    else {
      waiting.wait(template, this.#cycleClusterWide);
      this.#timers.unschedulableChanged();
    }
    // The condition PodScheduled=False is written when it is new.
    if (this.queue.attempts[pod] === 1) {
      this.#bucket.reserve(simulation.nowUs);
      api.written();
    }
    log.queueDepth(this.queue.pending);
  }

  /** The cache counts the pod on the node from now on; the binding goes out as soon as Permit and the rate limit let it. */
  #assume(pod: number, row: number): void {
    this.queue.done(pod);
    this.#preemption.clearNomination(pod);
    this.#choice.holdDevices(pod, row, 1);
    this.#placements.put(pod, row);
    this.#choice.holdDevices(pod, row, -1);
    this.#binding.begin(pod, row);
    this.#waiting.podChanged(this.#spec(this.#parts.api.pods.template[pod]!));
  }

  /** A pod that has its node already, placed by somebody else (addPodToCache in pkg/scheduler/eventhandlers.go). */
  #addAssigned(pod: number): void {
    const { pods } = this.#parts.api;
    this.#placements.put(pod, this.#parts.rowOf[pods.node[pod]!]!);
    pods.gpuMask[pod] = this.cache.gpuMask(pod);
    this.#waiting.podChanged(this.#spec(pods.template[pod]!));
  }

  /** Pods that have waited for 5 min are tried again; in vain, but each takes a cycle. */
  #retried(retries: number): void {
    const { simulation, log } = this.#parts;
    const durationUs = retries * cycleTimeUs(this.#options.cycleTime, this.nodes.count, 0, 0);
    this.#blockedUntilUs = Math.max(this.#blockedUntilUs, simulation.nowUs) + durationUs;
    log.count(Counter.decisions, retries);
    log.count(Counter.cycles, retries);
    log.count(Counter.decisionUs, durationUs);
  }

  /** QueueSort of a plugin; `null` = PrioritySort. */
  #queueOrder(): QueueOrder | null {
    const keys = this.#plugins.queueKeys;
    if (keys === null) return null;
    return (pod, timestampUs, initialUs) => keys({ pod, spec: this.#spec(this.#parts.pending.table.template[pod]!), timestampUs, initialUs });
  }

  #queueChanged(): void {
    this.#parts.log.queueDepth(this.queue.pending);
  }
}
