import { InputError } from '../engine/input-error.ts';
import type { MachineInventory } from '../world/machine-inventory.ts';
import type { Shape } from './shape.ts';
import { sharedFloat64 } from './workload-builder.ts';
import type { WorkloadColumns } from './workload.ts';

export const LOAD_RESOURCES = ['cpu', 'memory', 'gpu'] as const;
export type LoadResource = (typeof LOAD_RESOURCES)[number];

/**
 * How demand is weighed against capacity x window:
 * - `arriving`: all work that the tasks submitted in the window bring, whenever it can be done: the offered load of queueing theory, arrival rate x mean work / capacity. May exceed what a window shorter
 *   than the longest tasks can hold.
 * - `held`: what the tasks would hold within the window if each started at its submission: mean occupancy of an endless cluster.
 *
 * In both, jobs present at time zero and services without end count up to the end of the window only: they are stock and no flow.
 */
export const LOAD_MEASURES = ['arriving', 'held'] as const;
export type LoadMeasure = (typeof LOAD_MEASURES)[number];

/** Shares of capacity; `NaN` where the machines have none of the resource. */
export interface ResourceLoads {
  readonly cpu: number;
  readonly memory: number;
  readonly gpu: number;
}

export type OfferedLoad = Readonly<Record<LoadMeasure, ResourceLoads>>;

/**
 * Offered load of a workload on machines during [0, windowUs): the sum over the tasks submitted in it of request x duration, over nominal capacity x window. Durations are those of {@link LOAD_MEASURES}.
 * Jobs with dependencies count from their own submission.
 */
export function offeredLoad(columns: WorkloadColumns, machines: MachineInventory, windowUs: number): OfferedLoad {
  return { arriving: offeredLoads(columns, machines, windowUs, 'arriving'), held: offeredLoads(columns, machines, windowUs, 'held') };
}

/** As {@link offeredLoad}, by one measure: what every run wants to know. */
export function offeredLoads(columns: WorkloadColumns, machines: MachineInventory, windowUs: number, measure: LoadMeasure): ResourceLoads {
  const [cpu, memory, gpu] = LOAD_RESOURCES.map((resource) => loadOf(columns, machines, windowUs, resource, measure));
  return { cpu: cpu!, memory: memory!, gpu: gpu! };
}

/** What {@link rescale} did. */
export interface Rescaling {
  readonly columns: WorkloadColumns;
  /** All submission times were multiplied by this. */
  readonly factor: number;
  /** Length of the arrivals afterwards: the window for which the load holds. */
  readonly horizonUs: number;
  readonly resource: LoadResource;
  readonly measure: LoadMeasure;
  readonly target: number;
  /** The load of the result, by {@link offeredLoad}: the target but for the rounding of submissions to microseconds. */
  readonly achieved: number;
}

/**
 * Compresses or stretches arrivals so that the offered load on one resource is `target`. Submission times and horizon are multiplied by one factor; durations, lifetimes and everything else stay.
 * The factor is exact, not searched for: as a function of the factor f the demand of a task is request x min(duration, limit x f), so between the points where a task reaches its limit the
 * equation is linear in f.
 * @param horizonUs length of the time in which jobs arrive, before rescaling
 * @throws InputError if no factor reaches the target, naming the reachable loads
 */
export function rescale(columns: WorkloadColumns, machines: MachineInventory, resource: LoadResource, target: number, horizonUs: number, measure: LoadMeasure = 'arriving'): Rescaling {
  if (!(target > 0 && target < Infinity)) throw new InputError(`load ${target} is out of range; expected a share of capacity above 0, such as 0.9`);
  const capacity = capacityOf(machines, resource);
  if (capacity === 0) throw new InputError(`workload.loadResource: the machines have no ${resource} to load; expected a resource that they have`);
  const wanted = target * capacity * horizonUs;
  const tasks = demands(columns, horizonUs, resource, measure);
  const order = Uint32Array.from({ length: tasks.count }, (_, i) => i).sort((a, b) => turn(tasks, a) - turn(tasks, b) || a - b);
  // Tasks are taken over one by one from "cut off at its limit" to "wholly inside", in the order of the factor at which that happens.
  let inside = 0;
  let cutOff = 0;
  for (let i = 0; i < tasks.count; i++) cutOff += tasks.request[i]! * limitOf(tasks, i);
  let factor = NaN;
  const most = turn(tasks, order[0] ?? 0) > 0 ? cutOff : Infinity;
  for (let i = 0; i <= tasks.count; i++) {
    const next = i < tasks.count ? turn(tasks, order[i]!) : Infinity;
    const candidate = inside / (wanted - cutOff);
    const from = i === 0 ? 0 : turn(tasks, order[i - 1]!);
    if (wanted > cutOff && inside > 0 && candidate >= from && candidate <= next) {
      factor = candidate;
      break;
    }
    if (i === tasks.count || next === Infinity) break;
    inside += tasks.request[order[i]!]! * tasks.durationUs[order[i]!]!;
    cutOff -= tasks.request[order[i]!]! * limitOf(tasks, order[i]!);
  }
  if (!(factor > 0)) throw unreachable(tasks, capacity * horizonUs, resource, target, measure, most);
  const jobSubmitUs = sharedFloat64(columns.jobSubmitUs.length);
  for (let job = 0; job < jobSubmitUs.length; job++) jobSubmitUs[job] = Math.round(columns.jobSubmitUs[job]! * factor);
  const result = { ...columns, jobSubmitUs };
  const scaledHorizonUs = Math.round(horizonUs * factor);
  return { columns: result, factor, horizonUs: scaledHorizonUs, resource, measure, target, achieved: loadOf(result, machines, scaledHorizonUs, resource, measure) };
}

/** Tasks that ask for the resource and are submitted in the window. */
interface Demands {
  readonly count: number;
  readonly request: Float64Array;
  readonly durationUs: Float64Array;
  /** Longest time that counts; `Infinity` = all of it. */
  readonly limitUs: Float64Array;
}

function demands(columns: WorkloadColumns, windowUs: number, resource: LoadResource, measure: LoadMeasure): Demands {
  const requests = columns.shapes.map((shape) => requestOf(shape, resource));
  const taskCount = columns.taskDurationUs.length;
  const request = new Float64Array(taskCount);
  const durationUs = new Float64Array(taskCount);
  const limitUs = new Float64Array(taskCount);
  let count = 0;
  for (let task = 0; task < taskCount; task++) {
    const job = columns.taskJob === null ? task : columns.taskJob[task]!;
    const submitUs = columns.jobSubmitUs[job]!;
    const asked = requests[columns.jobShape[job]!]!;
    if (asked === 0 || submitUs >= windowUs) continue;
    const duration = columns.taskDurationUs[task]!;
    request[count] = asked;
    durationUs[count] = duration;
    limitUs[count++] = measure === 'held' || submitUs === 0 || duration === Infinity ? windowUs - submitUs : Infinity;
  }
  return { count, request, durationUs, limitUs };
}

/** The factor from which on a task is wholly inside its limit. */
function turn(tasks: Demands, i: number): number {
  return tasks.limitUs[i] === Infinity ? 0 : tasks.durationUs[i]! / tasks.limitUs[i]!;
}

function limitOf(tasks: Demands, i: number): number {
  return tasks.limitUs[i] === Infinity ? 0 : tasks.limitUs[i]!;
}

function loadOf(columns: WorkloadColumns, machines: MachineInventory, windowUs: number, resource: LoadResource, measure: LoadMeasure): number {
  const capacity = capacityOf(machines, resource);
  if (capacity === 0 || windowUs === 0) return NaN;
  const requests = Float64Array.from(columns.shapes, (shape) => requestOf(shape, resource));
  return demandOf(columns, requests, windowUs, measure === 'held') / (capacity * windowUs);
}

/** Request x microseconds of all tasks. Every run asks for this: without the columns that rescaling needs, and without allocating. */
function demandOf({ taskDurationUs, taskJob, jobSubmitUs, jobShape }: WorkloadColumns, requests: Float64Array, windowUs: number, held: boolean): number {
  let sum = 0;
  for (let task = 0; task < taskDurationUs.length; task++) {
    const job = taskJob === null ? task : taskJob[task]!;
    const submitUs = jobSubmitUs[job]!;
    const asked = requests[jobShape[job]!]!;
    if (submitUs >= windowUs || asked === 0) continue;
    let us = taskDurationUs[task]!;
    const limitUs = windowUs - submitUs;
    if ((held || submitUs === 0 || us === Infinity) && us > limitUs) us = limitUs;
    sum += asked * us;
  }
  return sum;
}

function requestOf(shape: Shape, resource: LoadResource): number {
  if (resource === 'cpu') return shape.cpuMilli;
  return resource === 'memory' ? shape.memoryBytes : shape.gpuCount * shape.gpuMilli;
}

function capacityOf(machines: MachineInventory, resource: LoadResource): number {
  return machines.total(resource === 'cpu' ? 'cpuMilli' : resource === 'memory' ? 'memoryBytes' : 'gpuMilli');
}

function unreachable(tasks: Demands, capacityTime: number, resource: LoadResource, target: number, measure: LoadMeasure, mostDemand: number): InputError {
  let endless = 0;
  for (let i = 0; i < tasks.count; i++) if (tasks.durationUs[i] === Infinity) endless += tasks.request[i]! * tasks.limitUs[i]!;
  const reachable =
    tasks.count === 0
      ? `no task asks for ${resource}`
      : mostDemand === Infinity
        ? `no rescaling of arrivals gets there; loads stay above ${shown(endless / capacityTime)}, and compressing arrivals does not raise this measure enough`
        : `rescaling arrivals reaches loads above ${shown(endless / capacityTime)} and below ${shown(mostDemand / capacityTime)}`;
  return new InputError(`load ${target} on ${resource}, measured as ${measure}, cannot be reached: ${reachable}`);
}

function shown(share: number): string {
  return share === Infinity ? 'any' : share.toPrecision(4);
}
