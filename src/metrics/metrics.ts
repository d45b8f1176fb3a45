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
import { type Collector, Counter, type Log, type QueueDepthCollector, RecordKind } from './log.ts';
import { Recovery } from './recovery.ts';
import { recoveryRows, recoverySummary } from './recovery-rows.ts';
import type { RunMetrics, TimelineColumn } from './run-metrics.ts';
import { ServiceRoutes } from './service-routes.ts';
import { TaskState, TaskStates } from './task-states.ts';
import { Series, Timeline } from './timeline.ts';
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

/** Hands each record to the families in a fixed order, those first that others ask; what happens after the window is nobody's business. */
class RunCollector implements Metrics, QueueDepthCollector {
  readonly collectors: readonly Collector[] = [this];
  readonly #options: MetricsOptions;
  readonly #toUs: number;
  readonly #timeline: Timeline;
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
    this.#toUs = window.toUs;
    this.#timeline = new Timeline(window, options.gridUs);
    this.#instances = new Instances(workload.taskCount, inventory);
    this.#tasks = new TaskStates(workload, this.#instances, this.#timeline, window.fromUs);
    this.#availability = new Availability(workload, this.#instances, this.#tasks, window);
    this.#capacity = new CapacityUse(workload, requests, inventory, this.#instances, window, this.#timeline);
    this.#fragmentation = new Fragmentation(workload, inventory, this.#instances, window);
    this.#waits = new Waits(workload, this.#tasks, window, options.countInitial ?? false);
    this.#routes = new ServiceRoutes(workload, this.#instances, inventory.count, window);
    this.#controlPlane = new ControlPlane(window, this.#timeline);
    this.#fairness = new Fairness(workload, inventory, window);
    this.#recovery =
      plan === undefined || plan.length === 0
        ? null
        : new Recovery({ workload, requests, inventory, instances: this.#instances, tasks: this.#tasks, availability: this.#availability, plan, window });
  }

  record(timeUs: number, kind: RecordKind, a: number, b: number, c: number, d = 0): void {
    if (timeUs > this.#toUs) return;
    // The most frequent records, and the only ones that concern books alone.
    if (kind === RecordKind.bind || kind === RecordKind.release) {
      this.#capacity.record(timeUs, kind, a, b, c, d);
      this.#recovery?.record(timeUs, kind, a, b, c, d);
      return;
    }
    this.#instances.record(timeUs, kind, a, b, c, d);
    this.#tasks.record(timeUs, kind, a, b, c);
    this.#availability.record(timeUs, kind, a, b, c);
    this.#capacity.record(timeUs, kind, a, b, c, d);
    this.#fragmentation.record(timeUs, kind, a, b, c, d);
    this.#waits.record(timeUs, kind, a, b);
    this.#routes.record(timeUs, kind, a, b, c);
    this.#controlPlane.record(timeUs, kind, a, b);
    this.#fairness.record(timeUs, kind, a, b, c);
    this.#recovery?.record(timeUs, kind, a, b, c, d);
  }

  queueDepthChanged(timeUs: number, depth: number): void {
    if (timeUs <= this.#toUs) this.#controlPlane.queueDepthChanged(timeUs, depth);
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
      timeline: this.#timelineColumns(),
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
    const { workload } = this.#options;
    const { state, firstSubmitUs, lastDoneUs } = this.#tasks;
    for (let task = 0; task < state.length; task++) {
      const service = workload.isService[workload.shapeOf(task)] === 1;
      if (state[task] !== (service ? TaskState.cancelled : TaskState.finished)) return null;
    }
    return state.length === 0 ? null : (lastDoneUs - firstSubmitUs) / SECOND_US;
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

  #timelineColumns(): TimelineColumn[] {
    const { inventory } = this.#options;
    const timeline = this.#timeline;
    const undefinedCells = (): null[] => Array.from({ length: timeline.cells }, () => null);
    const columns: TimelineColumn[] = [{ column: 'timeS', values: Array.from({ length: timeline.cells }, (_, cell) => timeline.startUs(cell) / SECOND_US) }];
    for (const [name, offset, total] of [['Cpu', 0, inventory.total('cpuMilli')], ['Gpu', 2, inventory.total('gpuMilli')], ['Memory', 1, inventory.total('memoryBytes')]] as const) {
      columns.push({ column: `reserved${name}Share`, values: timeline.means(Series.reservedCpu + offset, total) });
      columns.push({ column: `held${name}Share`, values: timeline.means(Series.heldCpu + offset, total) });
      columns.push({ column: `useful${name}Share`, values: timeline.means(Series.usefulCpu + offset, total) });
    }
    columns.push({ column: 'pending', values: timeline.means(Series.pending) });
    columns.push({ column: 'running', values: timeline.means(Series.running) });
    columns.push({ column: 'machinesUp', values: timeline.means(Series.machinesUp) });
    columns.push({ column: 'leaderPresent', values: this.#controlPlane.leaderlessUs === null ? undefinedCells() : timeline.means(Series.leaderPresent) });
    columns.push({ column: 'queueDepth', values: this.#controlPlane.queueDepthMean() === null ? undefinedCells() : timeline.means(Series.queueDepth) });
    return columns;
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
