import { z } from 'zod';
import { CPU_MILLI } from '../../../engine/quantity-schema.ts';
import { entityOf } from '../../../engine/random/keyed-random.ts';
import { Loop } from '../../../engine/loop.ts';
import { RedrawnSchedule } from '../../../engine/tick-schedule.ts';
import type { OrchestratorContext } from '../../orchestrator.ts';
import { duration, SECOND_US } from '../option-kinds.ts';
import { type Load, LoadAverage } from './load-average.ts';

const BOUNDS = {
  load5: z.number().positive().optional().describe('bound of the load average of 5 minutes (load_threshold_5min)'),
  load15: z.number().positive().optional().describe('bound of that of 15 minutes (load_threshold_15min)'),
};

/** Oversubscription of agents (docs/oversubscription.md of Apache Mesos 1.12). */
export const OVERSUBSCRIPTION = z
  .strictObject({
    cpus: CPU_MILLI.refine((milli) => milli > 0, 'expected more than none').describe('cores of each agent that it lends revocably beside what it registers with (FixedResourceEstimator, src/slave/resource_estimators/fixed.cpp)'),
    machines: z.array(z.string().max(256)).optional().describe('names of machines that lend; absent: all'),
    interval: duration(15 * SECOND_US, 'between estimates of an agent; one that has changed is sent to the master (--oversubscribed_resources_interval)'),
    collection: duration(SECOND_US, 'rounds of estimates and of corrections come U[0, this) later than their interval says, while statistics of containers are collected; an assumption'),
    holdBack: z
      .strictObject(BOUNDS)
      .optional()
      .describe('while the load is above a bound only what is in use already is lent (ThresholdResourceEstimator of blue-yonder/mesos-threshold-oversubscription 0.2); absent: always all of it'),
    qos: z
      .strictObject({
        controller: z.enum(['load', 'threshold']).default('load').describe('above a bound, load kills all tasks with revocable resources (LoadQoSController, src/slave/qos_controllers/load.cpp); threshold kills one of them per round (ThresholdQoSController of blue-yonder/mesos-threshold-oversubscription)'),
        ...BOUNDS,
        interval: duration(0, 'least time between rounds of corrections (--qos_correction_interval_min)'),
      })
      .refine(({ load5, load15 }) => load5 !== undefined || load15 !== undefined, 'expected load5, load15 or both')
      .optional()
      .describe('absent: nothing is ever killed for the sake of the owners'),
  })
  .optional()
  .describe('agents lend CPU that may be revoked, to frameworks that ask for such (settings: revocable); absent: none, the default (--resource_estimator)');

export type OversubscriptionOptions = NonNullable<z.infer<typeof OVERSUBSCRIPTION>>;

/** What the agents do for it. */
export interface OversubscriptionPort {
  /** Sends an estimate to the master; false: the agent is not in touch with it, and asks again once it is. */
  report(agent: number, thousandths: number): boolean;
  /** Whether the agent's process works. */
  serving(agent: number): boolean;
  /** Ends a task, by its row. */
  preempt(row: number): void;
}

/** A round takes at least this long. */
const LEAST_ROUND_US = 100_000;
/** Loops are woken this long before a bound is reached as logarithms say: a tick finds out exactly. */
const EARLY_US = 1_000_000;

/** The resource estimator and the quality-of-service controller of each agent. */
export class Oversubscription {
  readonly #context: OrchestratorContext;
  readonly #port: OversubscriptionPort;
  readonly #load: LoadAverage;
  readonly #lends: Float64Array;
  readonly #holdBack: Load | null;
  readonly #qos: OversubscriptionOptions['qos'];
  readonly #bounds: Load;
  /** Tasks with revocable CPU per agent, in order of launch: their thousandths by row. */
  readonly #tasks: (Map<number, number> | undefined)[] = [];
  /** Last estimate that was sent; NaN = none. */
  readonly #reported: Float64Array;
  readonly #estimates: (Loop | undefined)[] = [];
  readonly #corrections: (Loop | undefined)[] = [];
  readonly #draw: () => number;
  /** Tasks ended for the sake of owners. */
  preempted = 0;

  constructor(context: OrchestratorContext, options: OversubscriptionOptions, port: OversubscriptionPort) {
    this.#context = context;
    this.#port = port;
    const { simulation, inventory, random } = context;
    this.#load = new LoadAverage(inventory.count);
    this.#lends = Float64Array.from(inventory.names, (name) => (options.machines?.includes(name) === false ? 0 : Math.floor(options.cpus)));
    this.#holdBack = options.holdBack === undefined ? null : boundsOf(options.holdBack);
    this.#qos = options.qos;
    this.#bounds = boundsOf(options.qos ?? {});
    this.#reported = new Float64Array(inventory.count).fill(NaN);
    const stream = context.stream('qos-controller');
    this.#draw = () => stream.u();
    for (const [agent, name] of inventory.names.entries()) {
      if (this.#lends[agent] === 0) continue;
      const rounds = (what: string, intervalUs: number): RedrawnSchedule =>
        new RedrawnSchedule({ random, entity: entityOf(`${what} ${name}`), originUs: 0, minUs: Math.max(LEAST_ROUND_US, intervalUs), widthUs: options.collection, stationary: true });
      const estimates = new Loop(simulation, 'mesos/agents', () => this.#estimate(agent));
      estimates.start(rounds('mesos/estimator', options.interval), true);
      this.#estimates[agent] = estimates;
      if (options.qos === undefined) continue;
      const corrections = new Loop(simulation, 'mesos/agents', () => this.#correct(agent));
      corrections.start(rounds('mesos/qos-controller', options.qos.interval), false);
      this.#corrections[agent] = corrections;
    }
  }

  /** Revocable CPU that an agent lends at most, thousandths. */
  lent(agent: number): number {
    return this.#lends[agent]!;
  }

  /** A task was launched on an agent with so much revocable CPU. */
  launched(agent: number, row: number, thousandths: number): void {
    if (thousandths === 0) return;
    (this.#tasks[agent] ??= new Map()).set(row, thousandths);
    this.#arm(agent);
  }

  /** What runs on an agent has changed, or a task of it is over. @param row -1 = none is over */
  changed(agent: number, row: number): void {
    if (this.#lends[agent] === 0) return;
    this.#tasks[agent]?.delete(row);
    const { containers, simulation } = this.#context;
    this.#load.change(agent, containers.cpuUsedMilli[agent]! / 1000, simulation.nowUs);
    this.#arm(agent);
  }

  /** The agent is in touch with the master again, which may have missed an estimate or forgotten it. */
  reportAgain(agent: number): void {
    this.#reported[agent] = NaN;
    this.#estimates[agent]?.wake();
  }

  #inUse(agent: number): number {
    let sum = 0;
    for (const thousandths of this.#tasks[agent]?.values() ?? []) sum += thousandths;
    return sum;
  }

  #estimateOf(agent: number): number {
    if (this.#holdBack === null || !this.#load.exceeds(agent, this.#holdBack, this.#context.simulation.nowUs)) return this.#lends[agent]!;
    return Math.min(this.#inUse(agent), this.#lends[agent]!);
  }

  #estimate(agent: number): boolean {
    const estimate = this.#estimateOf(agent);
    if (estimate !== this.#reported[agent] && this.#port.report(agent, estimate)) this.#reported[agent] = estimate;
    this.#armEstimate(agent);
    return false;
  }

  /** Ends what has to give way. */
  #correct(agent: number): boolean {
    const rows = [...(this.#tasks[agent]?.keys() ?? [])];
    if (rows.length > 0 && this.#port.serving(agent) && this.#load.exceeds(agent, this.#bounds, this.#context.simulation.nowUs)) {
      const victims = this.#qos!.controller === 'load' ? rows : [rows[Math.floor(this.#draw() * rows.length)]!];
      for (const row of victims) {
        this.preempted++;
        this.#tasks[agent]!.delete(row);
        this.#port.preempt(row);
      }
    }
    this.#armCorrection(agent);
    return false;
  }

  #arm(agent: number): void {
    this.#armEstimate(agent);
    this.#armCorrection(agent);
  }

  #armEstimate(agent: number): void {
    const loop = this.#estimates[agent];
    if (loop === undefined) return;
    const { nowUs } = this.#context.simulation;
    // What could not be reported is reported once the agent is in touch again.
    if (this.#reported[agent] === this.#reported[agent] && this.#estimateOf(agent) !== this.#reported[agent]) loop.wake();
    else if (this.#holdBack !== null) wakeBefore(loop, this.#load.crossingUs(agent, this.#holdBack, nowUs), nowUs);
  }

  #armCorrection(agent: number): void {
    const loop = this.#corrections[agent];
    if (loop === undefined || (this.#tasks[agent]?.size ?? 0) === 0) return;
    const { nowUs } = this.#context.simulation;
    if (this.#load.exceeds(agent, this.#bounds, nowUs)) loop.wake();
    else wakeBefore(loop, this.#load.crossingUs(agent, this.#bounds, nowUs), nowUs);
  }
}

function wakeBefore(loop: Loop, crossingUs: number, nowUs: number): void {
  if (crossingUs !== Infinity) loop.wakeAt(Math.max(nowUs, Math.floor(crossingUs) - EARLY_US));
}

function boundsOf({ load5, load15 }: { readonly load5?: number | undefined; readonly load15?: number | undefined }): Load {
  return { five: load5 ?? NaN, fifteen: load15 ?? NaN };
}
