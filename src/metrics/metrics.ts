import type { FaultPlan } from '../faults/fault-plan.ts';
import { offeredLoads } from '../workload/offered-load.ts';
import type { Shape } from '../workload/shape.ts';
import type { Workload } from '../workload/workload.ts';
import type { MachineInventory } from '../world/machine-inventory.ts';
import { Availability } from './availability.ts';
import { CapacityUse } from './capacity-use.ts';
import type { CellValue, ResultRow } from './cell-value.ts';
import { ControlPlane } from './control-plane.ts';
import { Fairness } from './fairness.ts';
import { Fragmentation } from './fragmentation.ts';
import { Instances } from './instances.ts';
import { type Collector, Counter, type Log, type PaceCollector, type QueueDepthCollector, RAN, RecordKind } from './log.ts';
import { Moment } from './moment.ts';
import { Recovery } from './recovery.ts';
import { recoveryRows, recoverySummary } from './recovery-rows.ts';
import type { RunMetrics } from './run-metrics.ts';
import { ServiceRoutes } from './service-routes.ts';
import { TaskRows } from './task-rows.ts';
import { TaskState, TaskStates } from './task-states.ts';
import { Timeline } from './timeline.ts';
import { timelineColumns } from './timeline-columns.ts';
import { Waits } from './waits.ts';
import type { Window } from './window.ts';

export type { CellValue } from './cell-value.ts';
export type { RunMetrics } from './run-metrics.ts';

export interface MetricsOptions {
  readonly workload: Workload;
  /** Per shape, as the orchestrator sees it; `null` = it cannot express the shape. */
  readonly requests: readonly (Shape | null)[];
  /** Per shape: whether a translation rule applied. Default: whether the request differs from the shape. */
  readonly translatedShapes?: readonly boolean[];
  readonly inventory: MachineInventory;
  /** The plan that is injected; without one faults are not followed. */
  readonly faultPlan?: FaultPlan;
  readonly window: Window;
  /** Width of a cell of the timeline, microseconds. */
  readonly gridUs: number;
  /** Takes tasks submitted at the very start of the window into waits and slowdowns. */
  readonly countInitial?: boolean;
}

/** Everything that is measured of one run. */
export interface Metrics {
  /** To be handed to the log. */
  readonly collectors: readonly Collector[];
  /**
   * Closes the books at the end of the window. Call once, when the run has reached it.
   * @throws RangeError if the run has not
   */
  finish(nowUs: number, log: Pick<Log, 'counters' | 'reasons'>): RunMetrics;
}

export function createMetrics(options: MetricsOptions): Metrics {
  const { window } = options;
  if (!(Number.isInteger(window.fromUs) && Number.isInteger(window.toUs) && window.fromUs >= 0 && window.toUs > window.fromUs)) {
    throw new RangeError(`the window must be whole microseconds from 0 on, not [${window.fromUs}, ${window.toUs}]`);
  }
  return new RunCollector(options);
}

/**
 * Tells the families of each record, those first that others ask; what happens after the window is nobody's business. Each record is told to those alone whom it concerns, with what
 * several of them would look up.
 */
class RunCollector implements Metrics, QueueDepthCollector, PaceCollector {
  readonly collectors: readonly Collector[] = [this];
  readonly #options: MetricsOptions;
  readonly #workload: Workload;
  readonly #toUs: number;
  readonly #moment: Moment;
  readonly #timeline: Timeline;
  readonly #rows: TaskRows;
  readonly #instances: Instances;
  readonly #tasks: TaskStates;
  readonly #availability: Availability;
  readonly #capacity: CapacityUse;
  readonly #fragmentation: Fragmentation;
  readonly #waits: Waits;
  readonly #routes: ServiceRoutes;
  readonly #controlPlane: ControlPlane;
  readonly #fairness: Fairness;
  readonly #recovery: Recovery | null;

  constructor(options: MetricsOptions) {
    const { workload, requests, inventory, window, faultPlan: plan } = options;
    this.#options = options;
    this.#workload = workload;
    this.#toUs = window.toUs;
    const moment = new Moment(window);
    const timeline = new Timeline(window, options.gridUs);
    const rows = new TaskRows(workload);
    const instances = new Instances(rows, inventory);
    const tasks = new TaskStates(workload, rows, instances, timeline, window.fromUs);
    const availability = new Availability(rows, instances, moment);
    this.#moment = moment;
    this.#timeline = timeline;
    this.#rows = rows;
    this.#instances = instances;
    this.#tasks = tasks;
    this.#availability = availability;
    this.#capacity = new CapacityUse(workload, requests, inventory, rows, instances, window, moment, timeline);
    this.#fragmentation = new Fragmentation(workload, inventory, instances, moment);
    this.#waits = new Waits(workload, rows, window, options.countInitial ?? false);
    this.#routes = new ServiceRoutes(instances, inventory.count, moment);
    this.#controlPlane = new ControlPlane(window, moment, timeline);
    this.#fairness = new Fairness(workload, inventory, window, moment);
    this.#recovery = plan === undefined || plan.length === 0 ? null : new Recovery({ workload, requests, inventory, rows, instances, moment, tasks, availability, plan, window });
  }

  record(timeUs: number, kind: RecordKind, a: number, b: number, c: number, d = 0): void {
    if (timeUs > this.#toUs) return;
    if (timeUs !== this.#moment.timeUs) this.#set(timeUs);
    switch (kind) {
      case RecordKind.submit:
        this.#tasks.submit(timeUs, a);
        this.#fairness.submit(this.#rows.shapeOf(a));
        break;
      case RecordKind.reject:
        this.#tasks.reject(a);
        break;
      case RecordKind.refuse:
        this.#tasks.refused++;
        break;
      case RecordKind.bind:
        this.#bind(a, b);
        break;
      case RecordKind.release:
        this.#release(a, b);
        break;
      case RecordKind.start:
        this.#start(a, b, c, d);
        break;
      case RecordKind.end:
        this.#end(a, b, c, d);
        break;
      case RecordKind.done:
        this.#done(a, b);
        break;
      case RecordKind.retry:
        this.#tasks.retries++;
        break;
      case RecordKind.fault:
        this.#recovery?.fault(a, b, c);
        break;
      case RecordKind.detect:
        this.#recovery?.detect(a);
        break;
      case RecordKind.decide:
        this.#recovery?.decide(a);
        break;
      case RecordKind.machine:
        this.#machineChanged(a, b);
        break;
      case RecordKind.evict:
        this.#tasks.evictions++;
        this.#recovery?.evict(a, b);
        break;
      case RecordKind.preempt:
        this.#tasks.preemptions++;
        break;
      case RecordKind.leader:
        this.#controlPlane.leader(a, b);
        break;
      case RecordKind.route:
        this.#routes.route(a, b);
        break;
      case RecordKind.unroute:
        this.#routes.unroute(a, b);
        break;
      default:
    }
  }

  queueDepthChanged(timeUs: number, depth: number): void {
    if (timeUs > this.#toUs) return;
    if (timeUs !== this.#moment.timeUs) this.#set(timeUs);
    this.#controlPlane.queueDepthChanged(depth);
  }

  paceChanged(timeUs: number, machine: number, pace: number): void {
    if (timeUs > this.#toUs) return;
    if (timeUs !== this.#moment.timeUs) this.#set(timeUs);
    this.#capacity.paceChanged(machine, pace);
  }

  #set(timeUs: number): void {
    this.#moment.set(timeUs);
    if (!this.#timeline.reaches(timeUs)) this.#capacity.settle();
    this.#timeline.set(timeUs);
  }

  #bind(task: number, machine: number): void {
    const shape = this.#rows.shapeOf(task);
    this.#capacity.bind(shape);
    if (this.#recovery !== null) this.#recovery.bind(task, machine, shape);
  }

  #release(task: number, machine: number): void {
    const shape = this.#rows.shapeOf(task);
    this.#capacity.release(shape);
    if (this.#recovery !== null) this.#recovery.release(task, machine, shape);
  }

  #start(task: number, machine: number, container: number, gpuMask: number): void {
    const { timeUs } = this.#moment;
    const shape = this.#rows.shapeOf(task);
    const service = this.#workload.isService[shape] === 1;
    this.#instances.start(timeUs, task, machine, container);
    const first = this.#tasks.start(task);
    this.#availability.start(task, machine, first && service);
    this.#capacity.start(task, machine, shape, container);
    this.#fragmentation.start(machine, shape, container, gpuMask);
    if (first) this.#waits.start(timeUs, task);
    if (service) this.#routes.start(task, machine);
    this.#fairness.start(shape);
    if (this.#recovery !== null) this.#recovery.start(task, machine);
  }

  #end(task: number, machine: number, c: number, container: number): void {
    if (c >= RAN) {
      const shape = this.#rows.shapeOf(task);
      this.#instances.end(task, machine, c - RAN, container);
      this.#tasks.end(task, c);
      this.#availability.end(task, machine);
      this.#capacity.end(task, machine, shape, container);
      this.#fragmentation.end(machine, shape, container);
      if (this.#workload.isService[shape] === 1) this.#routes.end(task, machine);
      this.#fairness.end(shape);
    } else this.#tasks.end(task, c);
    if (this.#recovery !== null) this.#recovery.end(task, machine, c, container);
  }

  #done(task: number, outcome: number): void {
    const { timeUs } = this.#moment;
    this.#tasks.done(timeUs, task, outcome);
    this.#availability.done(task);
    this.#waits.done(timeUs, task, outcome);
    if (this.#recovery !== null) this.#recovery.done(task, outcome);
  }

  #machineChanged(machine: number, state: number): void {
    this.#instances.machineChanged(machine, state);
    this.#availability.machineChanged(machine);
    this.#capacity.machineChanged(machine);
    this.#fragmentation.machineChanged(machine);
    this.#routes.machineChanged(machine);
    if (this.#recovery !== null) this.#recovery.machineChanged(machine, state);
  }

  finish(nowUs: number, log: Pick<Log, 'counters' | 'reasons'>): RunMetrics {
    if (nowUs < this.#toUs) throw new RangeError(`the run ended at ${nowUs} us, before the end of its window at ${this.#toUs} us`);
    this.#capacity.finish(this.#tasks);
    this.#waits.finish();
    this.#controlPlane.finish(log.reasons);
    this.#recovery?.finish();
    const faults = this.#recovery?.faults() ?? [];
    return {
      summary: [
        ...this.#counts(),
        ...this.#utilization(),
        ...this.#waitSummary(),
        ...this.#controlPlaneSummary(log.counters),
        ...recoverySummary(faults, this.#toUs),
        ['availabilityServices', this.#availability.ofServices()],
        ['staleRouteS', this.#routes.staleS()],
        ['unroutedS', this.#routes.unroutedS()],
        ['leaderlessS', this.#controlPlane.leaderlessUs === null ? null : this.#controlPlane.leaderlessUs / SECOND_US],
      ],
      timeline: timelineColumns(this.#timeline, this.#options.inventory, this.#controlPlane),
      recoveries: recoveryRows(faults, this.#options.faultPlan ?? []),
      waits: this.#waits.points(),
      problems: this.#tasks.audit(),
    };
  }

  #counts(): ResultRow {
    const tasks = this.#tasks;
    const { translated, initial } = this.#submittedOf();
    const counts = tasks.counts();
    return [
      ['machines', this.#options.inventory.count],
      ['submitted', tasks.submitted],
      ['translated', translated],
      ['rejected', tasks.rejected],
      ['started', tasks.started],
      ['finished', counts[TaskState.finished]!],
      ['cancelled', counts[TaskState.cancelled]!],
      ['gaveUp', counts[TaskState.gaveUp]!],
      ['refused', tasks.refused],
      ['retries', tasks.retries],
      ['failedAttempts', tasks.failedAttempts],
      ['lostAttempts', tasks.lostAttempts],
      ['pendingAtEnd', counts[TaskState.pending]!],
      ['runningAtEnd', counts[TaskState.running]!],
      ['initialTasks', initial],
    ];
  }

  #submittedOf(): { translated: number; initial: number } {
    const { workload, requests, translatedShapes, window } = this.#options;
    const changed = translatedShapes ?? workload.shapes.map((shape, i) => requests[i] !== shape && JSON.stringify(requests[i]) !== JSON.stringify(shape));
    let translated = 0;
    let initial = 0;
    for (let job = 0; job < workload.jobCount; job++) {
      const submittedUs = this.#tasks.submittedUs[job]!;
      if (Number.isNaN(submittedUs)) continue;
      if (changed[workload.columns.jobShape[job]!]) translated += workload.size(job);
      if (submittedUs <= window.fromUs) initial += workload.size(job);
    }
    return { translated, initial };
  }

  #utilization(): ResultRow {
    const { workload, inventory, window } = this.#options;
    const load = offeredLoads(workload.columns, inventory, window.toUs, 'arriving');
    const [cpu, memory, gpu] = [this.#capacity.integrals(0), this.#capacity.integrals(1), this.#capacity.integrals(2)];
    const rows: (readonly [string, CellValue])[] = [
      ['offeredLoadCpu', defined(load.cpu)],
      ['offeredLoadMemory', defined(load.memory)],
      ['offeredLoadGpu', defined(load.gpu)],
    ];
    for (const [name, use] of [['Cpu', cpu!], ['Memory', memory!], ['Gpu', gpu!]] as const) {
      rows.push([`useful${name}Share`, ratio(use.useful, use.nominal)]);
      rows.push([`held${name}Share`, ratio(use.held, use.nominal)]);
      rows.push([`reserved${name}Share`, ratio(use.reserved, use.nominal)]);
      rows.push([`useful${name}ShareOfUp`, ratio(use.useful, use.up)]);
    }
    rows.push(['duplicateCpuShare', ratio(cpu!.duplicate, cpu!.nominal)]);
    rows.push(['lostCpuShare', ratio(cpu!.lost, cpu!.nominal)]);
    rows.push(['fragmentedCpuShare', ratio(this.#fragmentation.cpu, cpu!.nominal)]);
    rows.push(['fragmentedGpuShare', ratio(this.#fragmentation.gpu, gpu!.nominal)]);
    rows.push(['downCpuShare', ratio(cpu!.nominal - cpu!.up, cpu!.nominal)]);
    return rows;
  }

  #waitSummary(): ResultRow {
    const waits = this.#waits;
    const { window } = this.#options;
    return [
      ['waitMeanS', waits.mean()],
      ['waitP50S', waits.quantile(0.5)],
      ['waitP90S', waits.quantile(0.9)],
      ['waitP95S', waits.quantile(0.95)],
      ['waitP99S', waits.quantile(0.99)],
      ['startedWaitP50S', waits.startedQuantile(0.5)],
      ['startedWaitP99S', waits.startedQuantile(0.99)],
      ['censoredShare', waits.censoredShare()],
      ['slowdownP50', waits.slowdownQuantile(0.5)],
      ['slowdownP99', waits.slowdownQuantile(0.99)],
      ['makespanS', this.#makespan()],
      ['throughputPerHour', this.#tasks.finishedInWindow / ((window.toUs - window.fromUs) / HOUR_US)],
    ];
  }

  #makespan(): CellValue {
    const { isService } = this.#workload;
    const { firstSubmitUs, lastDoneUs } = this.#tasks;
    const { taskCount } = this.#rows;
    for (let task = 0; task < taskCount; task++) {
      const service = isService[this.#rows.shapeOf(task)] === 1;
      if (this.#tasks.stateOf(task) !== (service ? TaskState.cancelled : TaskState.finished)) return null;
    }
    return taskCount === 0 ? null : (lastDoneUs - firstSubmitUs) / SECOND_US;
  }

  #controlPlaneSummary(counters: Float64Array): ResultRow {
    const tasks = this.#tasks;
    return [
      ['decisions', counters[Counter.decisions]!],
      ['decisionBusyS', counters[Counter.decisionUs]! / SECOND_US],
      ['machinesScored', counters[Counter.machinesScored]!],
      ['offersSent', counters[Counter.offersSent]!],
      ['offersDeclined', counters[Counter.offersDeclined]!],
      ['conflicts', counters[Counter.conflicts]!],
      ['writes', counters[Counter.writes]!],
      ['cycles', counters[Counter.cycles]!],
      ['queueDepthMean', this.#controlPlane.queueDepthMean()],
      ['queueDepthMax', this.#controlPlane.queueDepthMax()],
      ['preemptions', tasks.preemptions],
      ['evictions', tasks.evictions],
      ['fairnessJain', this.#fairness.jain()],
      ['dominantShareMax', this.#fairness.largest()],
    ];
  }
}

const SECOND_US = 1e6;
const HOUR_US = 3.6e9;

function ratio(of: number, to: number): CellValue {
  return to === 0 ? null : of / to;
}

function defined(value: number): CellValue {
  return Number.isFinite(value) ? value : null;
}
