import { grown32 } from '../../../engine/columns.ts';
import { Loop } from '../../../engine/loop.ts';
import type { SequentialRandom } from '../../../engine/random/sequential-random.ts';
import { INFEASIBLE, ScoreMemo } from '../../../engine/score-memo.ts';
import type { Simulation } from '../../../engine/simulation.ts';
import { FixedSchedule } from '../../../engine/tick-schedule.ts';
import { Counter, type Log, RecordKind } from '../../../metrics/log.ts';
import type { Explanation } from '../../orchestrator.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import { TokenBucket } from '../apiserver/token-bucket.ts';
import type { ClientLimit } from '../apiserver/api-limits.ts';
import { type CycleTimeOptions, cycleTimeUs } from './cycle-time.ts';
import { DEFAULT_NAMESPACES, type ClusterView } from './cluster-view.ts';
import { defaultProfile } from './default-profile.ts';
import { failureText } from './failure-text.ts';
import type { NodeColumns } from './node-columns.ts';
import { numFeasibleNodesToFind } from './node-order.ts';
import type { GpuShare } from './plugins/gpu-share.ts';
import { PodIndex } from './pod-index.ts';
import type { PodSpec, Taint } from './pod-spec.ts';
import type { Profile } from './profile.ts';
import { VERSION_RULES } from './version-rules.ts';
import { FLUSH_PERIOD_US, type QueueOptions, QueuePlace, SchedulingQueue } from './scheduling-queue.ts';
import { heapRoot } from './heap-root.ts';

export interface SchedulerOptions {
  /** How equals are told apart: uniformly at random (up to v1.34), by v1.35's heap, or the first examined. */
  readonly tieBreak: 'random' | 'heap-1.35' | 'first';
  /** `percentageOfNodesToScore`; 0 = adaptive. */
  readonly percentageOfNodesToScore: number;
  readonly queue: QueueOptions;
  readonly cycleTime: CycleTimeOptions;
  readonly limit: ClientLimit;
  /** How the same choice is computed: by the memory of scores, or by a plain scan (the oracle). */
  readonly placement: 'memo' | 'scan';
}

export interface SchedulerParts {
  readonly simulation: Simulation;
  readonly log: Log;
  readonly api: ApiServer;
  readonly random: SequentialRandom;
  /** Per template; `null` = never submitted. */
  readonly templates: readonly (PodSpec | null)[];
  /** Rows in node tree order. */
  readonly nodes: NodeColumns;
  readonly machineOf: Int32Array;
  readonly rowOf: Int32Array;
  readonly gpuShare: GpuShare | null;
  readonly watchedTask: number;
  explained(explanation: Explanation): void;
}

const COMPONENT = 'kubernetes/scheduler';
const UNREACHABLE = 'node.kubernetes.io/unreachable';
const SECOND_US = 1_000_000;

/**
 * kube-scheduler (pkg/scheduler/schedule_one.go, v1.35.4): one scheduling cycle after another, each occupying the scheduler for a modelled time; a chosen pod is
 * assumed at once and bound concurrently through the rate-limited API.
 */
export class Scheduler {
  readonly queue: SchedulingQueue;
  readonly nodes: NodeColumns;
  readonly profile: Profile;
  readonly #view: ClusterView;
  readonly #parts: SchedulerParts;
  readonly #options: SchedulerOptions;
  readonly #memo: ScoreMemo;
  readonly #bucket: TokenBucket;
  readonly #wanted: number;
  readonly #backoffTimer: Loop;
  readonly #retryTimer: Loop;
  readonly #cycleEnd: number;
  readonly #wake: number;
  readonly #bound: number;
  /** Templates that were found to fit nowhere, and that no event has made fit since. */
  readonly #infeasible = new Set<number>();
  /** Row on which a pod is assumed or bound; -1 = none. */
  #rowOfPod = new Int32Array(256).fill(-1);
  #maskOfPod = new Int32Array(256);
  #cyclePod = -1;
  #cycleRow = -1;
  /** While a pod is in flight: an event came that would have requeued it. */
  #eventMissed = false;
  #startIndex = 0;
  #blockedUntilUs = 0;
  #wakePending = false;
  #placed = 0;

  constructor(parts: SchedulerParts, options: SchedulerOptions) {
    const { simulation, api } = parts;
    this.#parts = parts;
    this.#options = options;
    this.queue = new SchedulingQueue(options.queue);
    this.nodes = parts.nodes;
    this.profile = defaultProfile(VERSION_RULES.get('1.35')!, parts.gpuShare);
    this.#view = { nodes: parts.nodes, pods: new PodIndex(parts.nodes.count), namespaces: DEFAULT_NAMESPACES };
    this.#bucket = new TokenBucket(options.limit.qps, options.limit.burst);
    this.#wanted = numFeasibleNodesToFind(parts.nodes.count, options.percentageOfNodesToScore);
    const { profile, nodes } = this;
    const { templates } = parts;
    this.#memo = new ScoreMemo(nodes.count, (row, template) => profile.evaluate(templates[template]!, nodes, row));
    this.#cycleEnd = simulation.on(COMPONENT, () => this.#endCycle());
    this.#wake = simulation.on(COMPONENT, () => {
      this.#wakePending = false;
      this.#startCycle();
    });
    this.#bound = simulation.on(COMPONENT, (pod) => this.#bindingDone(pod));
    const { watchers } = api;
    watchers.schedulerPodAdded = simulation.on(COMPONENT, (pod) => this.#podAdded(pod));
    watchers.schedulerPodGone = simulation.on(COMPONENT, (pod) => this.#podGone(pod));
    watchers.schedulerNodeChanged = simulation.on(COMPONENT, (machine) => this.#nodeChanged(machine));
    // scheduling_queue.go Run: back-off every 1 s (aligned to whole seconds), unschedulablePods every 30 s.
    this.#backoffTimer = new Loop(simulation, COMPONENT, () => this.#flushBackoff());
    this.#backoffTimer.start(new FixedSchedule(SECOND_US, SECOND_US), false);
    this.#retryTimer = new Loop(simulation, COMPONENT, (timeUs) => this.#retryUnschedulable(timeUs));
    this.#retryTimer.start(new FixedSchedule(FLUSH_PERIOD_US, FLUSH_PERIOD_US), false);
  }

  /** Machine on which the pod is assumed or bound in the scheduler's cache; -1 = none. */
  machineOfPod(pod: number): number {
    const row = pod < this.#rowOfPod.length ? this.#rowOfPod[pod]! : -1;
    return row < 0 ? -1 : this.#parts.machineOf[row]!;
  }

  /** Pods that the cache counts on nodes. */
  get placed(): number {
    return this.#placed;
  }

  /** The scheduler's event text for a template that fits nowhere, with the verdict per node. */
  explainUnschedulable(template: number): Explanation {
    const spec = this.#parts.templates[template]!;
    const reasons = this.nodes.names.map((_, row) => this.profile.rejection(spec, this.nodes, row));
    const machines = this.nodes.names.map((machine, row) => ({ machine, verdict: reasons[row]!.length === 0 ? 'feasible' : reasons[row]!.join(', ') }));
    const feasible = reasons.filter((reason) => reason.length === 0).length;
    const summary = feasible > 0 ? `${feasible}/${this.nodes.count} nodes are available; the pod waits for its turn` : failureText(this.nodes.count, reasons);
    return { state: 'Pending', summary, machines };
  }

  #podAdded(pod: number): void {
    const { api, simulation, templates } = this.#parts;
    const { pods } = api;
    while (pod >= this.#rowOfPod.length) {
      const before = this.#rowOfPod.length;
      this.#rowOfPod = grown32(this.#rowOfPod);
      this.#rowOfPod.fill(-1, before);
      this.#maskOfPod = grown32(this.#maskOfPod);
    }
    this.#rowOfPod[pod] = -1;
    if (pods.alive[pod] === 1) {
      const template = pods.template[pod]!;
      this.queue.add(pod, template, templates[template]!.priority, simulation.nowUs);
      this.#queueChanged();
      this.#startCycle();
    }
    pods.drop(pod);
  }

  #podGone(pod: number): void {
    this.queue.remove(pod);
    this.#queueChanged();
    this.#forget(pod);
    this.#parts.api.pods.drop(pod);
    this.#startCycle();
  }

  #nodeChanged(machine: number): void {
    const { api, rowOf } = this.#parts;
    const row = rowOf[machine]!;
    const taints: Taint[] = [];
    if (api.nodes.unreachableNoSchedule[machine] === 1) taints.push({ key: UNREACHABLE, value: '', effect: 'NoSchedule' });
    if (api.nodes.unreachableNoExecute[machine] === 1) taints.push({ key: UNREACHABLE, value: '', effect: 'NoExecute' });
    this.nodes.taintList[row] = this.nodes.internTaints(taints);
    this.nodes.unschedulable[row] = api.nodes.unschedulable[machine]!;
    this.#memo.touch(row);
    this.#nodeImproved(row);
    this.#startCycle();
  }

  /** Queueing hint of node changes and of pods that leave: templates that fitted nowhere and now fit here are tried again. */
  #nodeImproved(row: number): void {
    const { simulation, templates } = this.#parts;
    if (this.#cyclePod >= 0 && this.#cycleRow < 0 && this.#fits(this.#parts.api.pods.template[this.#cyclePod]!, row)) this.#eventMissed = true;
    for (const template of this.#infeasible) {
      if (this.profile.evaluate(templates[template]!, this.nodes, row) === INFEASIBLE) continue;
      this.#infeasible.delete(template);
      this.queue.requeueTemplate(template, simulation.nowUs);
      this.#wakeBackoffTimer();
    }
  }

  #fits(template: number, row: number): boolean {
    return this.profile.evaluate(this.#parts.templates[template]!, this.nodes, row) !== INFEASIBLE;
  }

  #startCycle(): void {
    const { simulation, api, log, templates } = this.#parts;
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
    const task = pods.task[pod]!;
    const spec = templates[template]!;
    pods.hold(pod);
    this.#queueChanged();
    this.#cyclePod = pod;
    this.#eventMissed = false;
    const start = this.#startIndex;
    const { row, feasible, examined } = this.#choose(template);
    this.#cycleRow = row;
    if (task === this.#parts.watchedTask) this.#explainDecision(spec, start, examined, row);
    this.#startIndex = (start + examined) % Math.max(1, this.nodes.count);
    const durationUs = cycleTimeUs(this.#options.cycleTime, examined, feasible, this.profile.plainScoreCount(spec, this.nodes));
    log.count(Counter.decisions);
    log.count(Counter.cycles);
    log.count(Counter.decisionUs, durationUs);
    simulation.after(durationUs, this.#cycleEnd);
  }

  #choose(template: number): { row: number; feasible: number; examined: number } {
    const { templates, log } = this.#parts;
    const { count } = this.nodes;
    if (this.#infeasible.has(template)) return { row: -1, feasible: 0, examined: count };
    let found: { row: number; feasible: number; examined: number };
    if (this.#options.placement === 'memo' && this.#options.tieBreak !== 'heap-1.35') {
      const memo = this.#memo;
      const before = memo.evaluations;
      memo.walk(template, this.#startIndex, this.#wanted);
      log.count(Counter.machinesScored, memo.evaluations - before);
      found = { row: memo.bestCount === 0 ? -1 : memo.pick(this.#tie(memo.bestCount)), feasible: memo.feasible, examined: memo.examined };
    } else found = this.#scan(templates[template]!);
    if (found.row < 0) this.#infeasible.add(template);
    return found;
  }

  #scan(spec: PodSpec): { row: number; feasible: number; examined: number } {
    const { count } = this.nodes;
    const rows: number[] = [];
    const scores: number[] = [];
    let examined = 0;
    for (; examined < count && rows.length < this.#wanted; examined++) {
      const row = (this.#startIndex + examined) % count;
      const score = this.profile.evaluate(spec, this.nodes, row);
      if (score === INFEASIBLE) continue;
      rows.push(row);
      scores.push(score);
    }
    this.#parts.log.count(Counter.machinesScored, examined);
    if (rows.length === 0) return { row: -1, feasible: 0, examined };
    if (this.#options.tieBreak === 'heap-1.35') return { row: rows[heapRoot(scores)]!, feasible: rows.length, examined };
    const best = scores.reduce((max, score) => Math.max(max, score), INFEASIBLE);
    const tied = rows.filter((_, i) => scores[i] === best);
    return { row: tied[this.#tie(tied.length)]!, feasible: rows.length, examined };
  }

  /** Which of several equals; draws only where there is a choice. */
  #tie(count: number): number {
    return count === 1 || this.#options.tieBreak === 'first' ? 0 : this.#parts.random.below(count);
  }

  #endCycle(): void {
    const { api, simulation, log } = this.#parts;
    const pod = this.#cyclePod;
    const row = this.#cycleRow;
    this.#cyclePod = -1;
    if (this.queue.place[pod] === QueuePlace.inFlight) {
      if (row >= 0) this.#assume(pod, row);
      else {
        this.queue.rejected(pod, simulation.nowUs, this.#eventMissed);
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

  /** The cache counts the pod on the node from now on; the binding goes out as soon as the rate limit lets it. */
  #assume(pod: number, row: number): void {
    const { api, simulation, log, templates, machineOf, gpuShare } = this.#parts;
    const { pods } = api;
    const spec = templates[pods.template[pod]!]!;
    this.queue.done(pod);
    this.nodes.add(row, spec, 1);
    this.#rowOfPod[pod] = row;
    this.#maskOfPod[pod] = gpuShare === null ? 0 : gpuShare.reserve(spec, row);
    this.#placed++;
    this.#memo.touch(row);
    log.record(RecordKind.bind, pods.task[pod]!, machineOf[row]!);
    pods.hold(pod);
    simulation.at(this.#bucket.reserve(simulation.nowUs) + api.writeUs(), this.#bound, pod);
  }

  #bindingDone(pod: number): void {
    const { api, simulation, machineOf } = this.#parts;
    const row = this.#rowOfPod[pod]!;
    if (row >= 0 && !api.bindPod(pod, machineOf[row]!, this.#maskOfPod[pod]!)) {
      this.#forget(pod);
      if (api.pods.alive[pod] === 1) {
        this.queue.failed(pod, simulation.nowUs);
        this.#queueChanged();
        this.#wakeBackoffTimer();
      }
    }
    api.pods.drop(pod);
    this.#startCycle();
  }

  /** Takes a pod off its node in the cache. */
  #forget(pod: number): void {
    const { api, log, templates, machineOf, gpuShare } = this.#parts;
    const row = pod < this.#rowOfPod.length ? this.#rowOfPod[pod]! : -1;
    if (row < 0) return;
    const spec = templates[api.pods.template[pod]!]!;
    this.#rowOfPod[pod] = -1;
    this.nodes.add(row, spec, -1);
    gpuShare?.unreserve(spec, row, this.#maskOfPod[pod]!);
    this.#placed--;
    this.#memo.touch(row);
    log.record(RecordKind.release, api.pods.task[pod]!, machineOf[row]!);
    this.#nodeImproved(row);
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

  /** Pods in unschedulablePods that a node would take: an event must have been missed. Empty when all is well. */
  missedEvents(): string[] {
    const missed: string[] = [];
    for (const template of this.queue.unschedulableTemplates()) {
      const row = this.nodes.names.findIndex((_, at) => this.#fits(template, at));
      if (row >= 0) missed.push(`pods of template ${template} wait in unschedulablePods, but fit on ${this.nodes.names[row]!}`);
    }
    return missed;
  }

  #queueChanged(): void {
    this.#parts.log.queueDepth(this.queue.pending);
  }

  #explainDecision(spec: PodSpec, start: number, examined: number, row: number): void {
    const { nodes, profile } = this;
    const machines: { machine: string; verdict: string; score?: number }[] = [];
    const reasons: (readonly string[])[] = [];
    for (let i = 0; i < examined; i++) {
      const at = (start + i) % nodes.count;
      const rejection = profile.rejection(spec, nodes, at);
      reasons.push(rejection);
      if (rejection.length > 0) {
        machines.push({ machine: nodes.names[at]!, verdict: rejection.join(', ') });
        continue;
      }
      const parts = profile.breakdown(spec, this.#view, -1, [at]);
      machines.push({
        machine: nodes.names[at]!,
        verdict: `feasible: ${parts.map(({ plugin, weighted }) => `${plugin} ${weighted[0]!}`).join(' + ')}`,
        score: parts.reduce((sum, { weighted }) => sum + weighted[0]!, 0),
      });
    }
    const summary =
      row < 0
        ? failureText(nodes.count, reasons)
        : `assigned to ${nodes.names[row]!}: highest total of ${reasons.filter((reason) => reason.length === 0).length} feasible among ${examined} examined of ${nodes.count} nodes`;
    this.#parts.explained({ state: row < 0 ? 'Unschedulable' : 'Scheduled', summary, machines });
  }
}
