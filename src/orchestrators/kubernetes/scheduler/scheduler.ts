import { Loop } from '../../../engine/loop.ts';
import type { SequentialRandom } from '../../../engine/random/sequential-random.ts';
import type { Simulation } from '../../../engine/simulation.ts';
import { FixedSchedule } from '../../../engine/tick-schedule.ts';
import { Counter, type Log, RecordKind } from '../../../metrics/log.ts';
import type { Explanation } from '../../orchestrator.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import type { ClientLimit } from '../apiserver/api-limits.ts';
import { RequestKind } from '../apiserver/request-kinds.ts';
import { TokenBucket } from '../apiserver/token-bucket.ts';
import { type CycleTimeOptions, cycleTimeUs } from './cycle-time.ts';
import { CycleExplanations } from './cycle-explanations.ts';
import { InfeasibleTemplates } from './infeasible-templates.ts';
import { NodeChoice, type NodeChoiceOptions } from './node-choice.ts';
import type { NodeColumns } from './node-columns.ts';
import { Nominations } from './nominations.ts';
import type { PendingPods } from './pending-pods.ts';
import type { DisruptionBudget } from './plugins/default-preemption.ts';
import type { GpuShare } from './plugins/gpu-share.ts';
import { PERMIT_WAIT_US, PodGroups } from './pod-groups.ts';
import type { PodSpec, Taint } from './pod-spec.ts';
import { Preemptor, type PreemptionPlan } from './preemptor.ts';
import { touches } from './requeue-hints.ts';
import { SchedulerCache } from './scheduler-cache.ts';
import { FLUSH_PERIOD_US, type QueueOptions, QueuePlace, SchedulingQueue } from './scheduling-queue.ts';
import type { VersionRules } from './version-rules.ts';

export interface SchedulerOptions extends NodeChoiceOptions {
  readonly rules: VersionRules;
  readonly queue: QueueOptions;
  readonly cycleTime: CycleTimeOptions;
  readonly limit: ClientLimit;
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
const UNREACHABLE = 'node.kubernetes.io/unreachable';
const SECOND_US = 1_000_000;

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
  readonly #nominations = new Nominations();
  readonly #preemptor: Preemptor;
  readonly #groups = new PodGroups();
  readonly #explanations: CycleExplanations;
  readonly #bucket: TokenBucket;
  readonly #backoffTimer: Loop;
  readonly #retryTimer: Loop;
  readonly #cycleEnd: number;
  readonly #wake: number;
  readonly #bound: number;
  readonly #victim: number;
  readonly #permitTimeout: number;
  readonly #infeasible: InfeasibleTemplates;
  #cyclePod = -1;
  #cycleRow = -1;
  #cyclePlan: PreemptionPlan | null = null;
  /** Other nodes' pods had a say in its rejection. */
  #cycleClusterWide = false;
  /** While a pod is in flight: an event came that would have requeued it. */
  #eventMissed = false;
  #blockedUntilUs = 0;
  #wakePending = false;
  #placed = 0;

  constructor(parts: SchedulerParts, options: SchedulerOptions) {
    const { simulation, api, log, random, pending } = parts;
    this.#parts = parts;
    this.#options = options;
    this.queue = new SchedulingQueue(options.queue);
    this.nodes = parts.nodes;
    this.#infeasible = new InfeasibleTemplates(pending.templates.length);
    this.cache = new SchedulerCache(parts.nodes, parts.gpuShare);
    this.#choice = new NodeChoice(this.cache, pending, this.#nominations, random, log, options);
    this.#preemptor = new Preemptor(this.cache, pending, this.#nominations, this.#choice, random, options, () => parts.budgets());
    this.#explanations = new CycleExplanations(this.cache, pending, this.#choice, this.#preemptor, this.#groups);
    this.#bucket = new TokenBucket(options.limit.qps, options.limit.burst);
    this.#cycleEnd = simulation.on(COMPONENT, () => this.#endCycle());
    this.#wake = simulation.on(COMPONENT, () => {
      this.#wakePending = false;
      this.#startCycle();
    });
    this.#bound = simulation.on(COMPONENT, (pod) => this.#bindingDone(pod));
    this.#victim = simulation.on(COMPONENT, (pod) => this.#deleteVictim(pod));
    this.#permitTimeout = simulation.on(COMPONENT, (pod, uid) => this.#giveUpWaiting(pod, uid));
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
    // scheduling_queue.go Run: back-off every 1 s (aligned to whole seconds), unschedulablePods every 30 s.
    this.#backoffTimer = new Loop(simulation, COMPONENT, () => this.#flushBackoff());
    this.#backoffTimer.start(new FixedSchedule(SECOND_US, SECOND_US), false);
    this.#retryTimer = new Loop(simulation, COMPONENT, (timeUs) => this.#retryUnschedulable(timeUs));
    this.#retryTimer.start(new FixedSchedule(FLUSH_PERIOD_US, FLUSH_PERIOD_US), false);
  }

  /** Machine on which the pod is assumed or bound in the scheduler's cache; -1 = none. */
  machineOfPod(pod: number): number {
    return this.cache.pods.isPlaced(pod) ? this.#parts.machineOf[this.cache.pods.row[pod]!]! : -1;
  }

  /** Pods that the cache counts on nodes. */
  get placed(): number {
    return this.#placed;
  }

  /** Why a pod without a node has none, in the words of the scheduler's event, with the verdict per node. */
  explainPending(pod: number): Explanation {
    return this.#explanations.pending(pod, this.queue.place[pod] === QueuePlace.gated, this.#nominations.rowOf(pod));
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
      if (spec.schedulingGates.length > 0) this.queue.gate(pod);
      else this.queue.add(pod, template, spec.priority, simulation.nowUs);
      if (group !== null) {
        this.#groups.add(pod, group.name, group.minMember);
        if (this.#groups.missing(pod) === 0) this.#requeue(template);
      }
      this.#queueChanged();
      this.#startCycle();
    }
    pods.drop(pod);
  }

  #podGone(pod: number): void {
    this.queue.remove(pod);
    this.#queueChanged();
    this.#groups.remove(pod);
    this.#preemptor.gone(pod);
    this.#clearNomination(pod);
    this.#forget(pod);
    this.#parts.api.pods.drop(pod);
    this.#startCycle();
  }

  /** A pod got a deletionTimestamp: it keeps its node, but no longer counts for topology spread. */
  #podDeleting(pod: number): void {
    const { pods } = this.cache;
    if (pods.isPlaced(pod) && pods.terminating[pod] === 0) {
      pods.terminate(pod);
      this.cache.changes++;
      this.#podChanged(pods.spec(pod));
    }
    this.#parts.api.pods.drop(pod);
    this.#startCycle();
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
    this.#touch(row);
    this.cache.changes++;
    this.#nodeImproved(row, null);
    this.#startCycle();
  }

  /**
   * Queueing hint of node changes and of pods that leave: templates that fitted nowhere and now fit here are tried again.
   * @param left the pod that left the node
   */
  #nodeImproved(row: number, left: PodSpec | null): void {
    if (this.#cyclePod >= 0 && this.#cycleRow < 0) {
      const template = this.#parts.api.pods.template[this.#cyclePod]!;
      if (this.#choice.fits(template, row) || (left !== null && this.#choice.clusterWide && touches(this.#spec(template), left))) this.#eventMissed = true;
    }
    const infeasible = this.#infeasible;
    for (let i = infeasible.count - 1; i >= 0; i--) {
      const template = infeasible.at(i);
      const clusterWide = infeasible.isClusterWide(template);
      if (clusterWide && left !== null && touches(this.#spec(template), left)) {
        this.#requeue(template);
        continue;
      }
      if (!this.#choice.fits(template, row)) continue;
      // Where more than this node's own state decides, only a node that did not fit before is news, or one that is held for somebody else.
      if (clusterWide && left !== null && this.#nominations.on(row).length === 0) {
        this.nodes.add(row, left, 1);
        const before = this.#choice.fits(template, row);
        this.nodes.add(row, left, -1);
        if (before) continue;
      }
      this.#requeue(template);
    }
  }

  /** Queueing hint of pods that come or begin to terminate: they matter to pods with affinity, spread constraints or host ports alone. */
  #podChanged(changed: PodSpec): void {
    if (this.#cyclePod >= 0 && this.#cycleRow < 0 && this.#choice.clusterWide && touches(this.#spec(this.#parts.api.pods.template[this.#cyclePod]!), changed)) this.#eventMissed = true;
    const infeasible = this.#infeasible;
    for (let i = infeasible.count - 1; i >= 0; i--) {
      const template = infeasible.at(i);
      if (infeasible.isClusterWide(template) && touches(this.#spec(template), changed)) this.#requeue(template);
    }
  }

  /** What is remembered about the node has to be looked at again. */
  #touch(row: number): void {
    this.#choice.touch(row);
    this.#preemptor.touch(row);
  }

  #requeue(template: number): void {
    this.#infeasible.delete(template);
    this.queue.requeueTemplate(template, this.#parts.simulation.nowUs);
    this.#wakeBackoffTimer();
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
    this.#eventMissed = false;
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
      this.#cycleClusterWide = true;
      if (watched) this.#parts.explained(this.explainPending(pod));
      return Math.round(cycleTime.baseUs);
    }
    if (this.#infeasible.has(template) && !this.#infeasible.isClusterWide(template) && this.#nominations.rowOf(pod) < 0 && pods.target[pod]! < 0) {
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
    const { api, simulation, log } = this.#parts;
    const pod = this.#cyclePod;
    const row = this.#cycleRow;
    this.#cyclePod = -1;
    if (this.queue.place[pod] === QueuePlace.inFlight) {
      if (row >= 0) this.#assume(pod, row);
      else {
        if (this.#cyclePlan !== null) this.#preempt(pod, this.#cyclePlan);
        this.queue.rejected(pod, simulation.nowUs, this.#eventMissed);
        const template = api.pods.template[pod]!;
        if (!this.#eventMissed) this.#infeasible.add(template, this.#cycleClusterWide);
        if (this.#eventMissed) this.#wakeBackoffTimer();
        else this.#retryTimer.wakeAt(this.queue.nextRetryUs(simulation.nowUs));
        // handleSchedulingFailure: the condition PodScheduled=False is written when it is new.
        if (this.queue.attempts[pod] === 1) {
          this.#bucket.reserve(simulation.nowUs);
          api.written();
        }
        log.queueDepth(this.queue.pending);
      }
    }
    api.pods.drop(pod);
    this.#startCycle();
  }

  /** prepareCandidate: nominates the node and tells the victims to go; the API calls are made beside the next cycles (asynchronous preemption, since v1.33). */
  #preempt(pod: number, plan: PreemptionPlan): void {
    const { api, simulation } = this.#parts;
    const { pods } = this.cache;
    if (plan.notEligible) return;
    if (plan.row < 0) {
      this.#clearNomination(pod);
      return;
    }
    const { priority } = this.#spec(api.pods.template[pod]!);
    for (const other of this.#nominations.on(plan.row)) if (this.#spec(api.pods.template[other]!).priority < priority) this.#clearNomination(other);
    this.#clearNomination(pod);
    this.#nominations.nominate(pod, plan.row);
    this.#bucket.reserve(simulation.nowUs);
    api.written();
    for (const victim of plan.victims) {
      if (!pods.isPlaced(victim)) continue;
      this.#preemptor.leaves(victim);
      if (this.#groups.isWaiting(victim)) {
        this.#rejectWaiting(victim);
        continue;
      }
      // The condition DisruptionTarget first, then the deletion.
      this.#bucket.reserve(simulation.nowUs);
      api.written();
      api.pods.hold(victim);
      simulation.at(api.podStoredUs(victim, RequestKind.preemptPod, this.#bucket.reserve(simulation.nowUs)), this.#victim, victim);
    }
  }

  #deleteVictim(pod: number): void {
    const { api, log } = this.#parts;
    const { pods } = api;
    if (pods.alive[pod] === 1 && pods.deleting[pod] === 0) {
      log.record(RecordKind.preempt, pods.task[pod]!, this.machineOfPod(pod));
      api.deletePod(pod);
    }
    pods.drop(pod);
  }

  #clearNomination(pod: number): void {
    const row = this.#nominations.rowOf(pod);
    if (row < 0) return;
    this.#nominations.clear(pod);
    this.#nodeImproved(row, null);
  }

  /** The cache counts the pod on the node from now on; the binding goes out as soon as Permit and the rate limit let it. */
  #assume(pod: number, row: number): void {
    const { api, simulation, log, machineOf, pending } = this.#parts;
    const { pods } = api;
    const spec = this.#spec(pods.template[pod]!);
    this.queue.done(pod);
    this.#clearNomination(pod);
    this.cache.assume(pod, spec, row, simulation.nowUs, pending.groupOf(pod));
    this.#placed++;
    this.#touch(row);
    log.record(RecordKind.bind, pods.task[pod]!, machineOf[row]!);
    const free = this.#groups.reserve(pod);
    if (free.length === 0) {
      pods.hold(pod);
      simulation.after(PERMIT_WAIT_US, this.#permitTimeout, pod, pods.uid[pod]!);
    }
    for (const each of free) {
      pods.hold(each);
      simulation.at(api.podStoredUs(each, RequestKind.bindPod, this.#bucket.reserve(simulation.nowUs)), this.#bound, each);
    }
    this.#podChanged(spec);
  }

  #giveUpWaiting(pod: number, uid: number): void {
    const { pods } = this.#parts.api;
    if (pods.uid[pod] === uid && this.#groups.isWaiting(pod)) for (const sibling of this.#groups.waitingWith(pod)) this.#rejectWaiting(sibling);
    pods.drop(pod);
    this.#startCycle();
  }

  /** A pod that waited at Permit gives its node back and is tried again after its back-off. */
  #rejectWaiting(pod: number): void {
    this.#groups.unreserve(pod);
    this.#forget(pod);
    this.queue.rejected(pod, this.#parts.simulation.nowUs, true);
    this.#queueChanged();
    this.#wakeBackoffTimer();
  }

  #bindingDone(pod: number): void {
    const { api, simulation, machineOf } = this.#parts;
    const { pods } = this.cache;
    if (pods.isPlaced(pod) && !api.bindPod(pod, machineOf[pods.row[pod]!]!, this.cache.gpuMask(pod))) {
      this.#forget(pod);
      this.#groups.unreserve(pod);
      if (api.pods.alive[pod] === 1) {
        this.queue.failed(pod, simulation.nowUs);
        this.#queueChanged();
        this.#wakeBackoffTimer();
      }
    }
    api.pods.drop(pod);
    this.#startCycle();
  }

  /** A pod that has its node already, placed by somebody else (addPodToCache in pkg/scheduler/eventhandlers.go). */
  #addAssigned(pod: number): void {
    const { api, simulation, log, pending, rowOf } = this.#parts;
    const { pods } = api;
    const row = rowOf[pods.node[pod]!]!;
    const spec = this.#spec(pods.template[pod]!);
    this.cache.assume(pod, spec, row, simulation.nowUs, pending.groupOf(pod));
    pods.gpuMask[pod] = this.cache.gpuMask(pod);
    this.#placed++;
    this.#touch(row);
    log.record(RecordKind.bind, pods.task[pod]!, pods.node[pod]!);
    this.#podChanged(spec);
  }

  /** Takes a pod off its node in the cache. */
  #forget(pod: number): void {
    const { api, log, machineOf } = this.#parts;
    const { pods } = this.cache;
    if (!pods.isPlaced(pod)) return;
    const row = pods.row[pod]!;
    const spec = pods.spec(pod);
    this.cache.forget(pod);
    this.#placed--;
    this.#touch(row);
    log.record(RecordKind.release, api.pods.task[pod]!, machineOf[row]!);
    this.#nodeImproved(row, spec);
  }

  #flushBackoff(): boolean {
    this.queue.flushBackoff(this.#parts.simulation.nowUs);
    this.#startCycle();
    this.#wakeBackoffTimer();
    return false;
  }

  #wakeBackoffTimer(): void {
    const nextUs = this.queue.nextFlushUs();
    if (nextUs !== Infinity) this.#backoffTimer.wakeAt(Math.max(nextUs, this.#parts.simulation.nowUs));
  }

  /** Pods that have waited for 5 min are tried again; in vain, as {@link SchedulingQueue.retriesAt} explains, but each takes a cycle. */
  #retryUnschedulable(timeUs: number): boolean {
    const { simulation, log } = this.#parts;
    const retries = this.queue.retriesAt(timeUs);
    if (retries > 0) {
      const durationUs = retries * cycleTimeUs(this.#options.cycleTime, this.nodes.count, 0, 0);
      this.#blockedUntilUs = Math.max(this.#blockedUntilUs, simulation.nowUs) + durationUs;
      log.count(Counter.decisions, retries);
      log.count(Counter.cycles, retries);
      log.count(Counter.decisionUs, durationUs);
    }
    const nextUs = this.queue.nextRetryUs(timeUs);
    if (nextUs !== Infinity) this.#retryTimer.wakeAt(nextUs);
    return false;
  }

  #queueChanged(): void {
    this.#parts.log.queueDepth(this.queue.pending);
  }
}
