import type { FaultPlan } from '../faults/fault-plan.ts';
import type { Shape } from '../workload/shape.ts';
import type { Workload } from '../workload/workload.ts';
import { ExitOutcome } from '../world/exit-outcome.ts';
import type { MachineInventory } from '../world/machine-inventory.ts';
import { MachineState } from '../world/world-observer.ts';
import type { Availability } from './availability.ts';
import { FaultRecovery, type Hit, type RestoredBy } from './fault-recovery.ts';
import { Feasibility } from './feasibility.ts';
import type { Instances } from './instances.ts';
import { RAN, TaskOutcome } from './log.ts';
import type { Moment } from './moment.ts';
import { TaskCount, TaskFlag, type TaskRows } from './task-rows.ts';
import { TaskState, type TaskStates } from './task-states.ts';
import type { Window } from './window.ts';

/** What recovery reads and must hear each record before it. */
export interface RecoveryInputs {
  readonly workload: Workload;
  readonly requests: readonly (Shape | null)[];
  readonly inventory: MachineInventory;
  readonly rows: TaskRows;
  readonly instances: Instances;
  readonly moment: Moment;
  readonly tasks: TaskStates;
  readonly availability: Availability;
  readonly plan: FaultPlan;
  readonly window: Window;
}

/**
 * The family *recovery*. A fault owns the attempts that it ended or cut off in the world: what ran on its machines when they went down, hung or were cut off, what was
 * about to start there, and what the orchestrator took off them because of it (drained, evicted while the fault was in force). The fault is restored when each
 * owned task runs again where others can reach it, has ended or was cancelled.
 *
 * An attempt can belong to two faults (cut off by one, ended by the next); work redone, duplicate and missing time then go to the later one. Faults that begin before the
 * window are not followed.
 */
export class Recovery {
  readonly #in: RecoveryInputs;
  readonly #faults = new Map<number, FaultRecovery>();
  readonly #feasibility: Feasibility;
  /** Hits that wait for their task to run again, by task and by shape; hits whose attempt still runs, by container and by task. */
  readonly #open = new Map<number, Hit[]>();
  readonly #waitingOf = new Map<number, Hit[]>();
  readonly #running = new Map<number, Hit>();
  readonly #runningOf = new Map<number, Hit[]>();
  /** Per machine: faults in force, oldest first; and those that have made it unreachable since it was last up. */
  readonly #inForce = new Map<number, FaultRecovery[]>();
  readonly #causes = new Map<number, FaultRecovery[]>();
  /** Begin of the latest fault per machine, to tell which fault a change of the machine comes from. */
  readonly #latest = new Map<number, { readonly fault: FaultRecovery; readonly timeUs: number }>();
  /** Machine that each evicted task is leaving, while a fault is in force there. */
  readonly #evicted = new Map<number, number>();

  constructor(inputs: RecoveryInputs) {
    this.#in = inputs;
    this.#feasibility = new Feasibility(inputs.requests, inputs.inventory, inputs.instances, (timeUs, shape, feasible) => {
      for (const hit of this.#waitingOf.get(shape) ?? []) this.#block(timeUs, hit, !feasible && hit.boundTo < 0);
    });
  }

  /** Faults that have begun, by their number. */
  faults(): FaultRecovery[] {
    return [...this.#faults.values()].sort((a, b) => a.fault - b.fault);
  }

  bind(task: number, machine: number, shape: number): void {
    const { timeUs } = this.#in.moment;
    this.#feasibility.bind(timeUs, machine, shape);
    if (this.#isConcerned(task)) this.#bind(timeUs, task, machine);
  }

  release(task: number, machine: number, shape: number): void {
    const { timeUs } = this.#in.moment;
    this.#feasibility.release(timeUs, machine, shape);
    if (this.#isConcerned(task)) this.#release(timeUs, task, machine);
  }

  start(task: number, machine: number): void {
    if (this.#isConcerned(task)) this.#start(this.#in.moment.timeUs, task, machine);
  }

  /** @param c outcome, plus {@link RAN} if it had begun to work */
  end(task: number, machine: number, c: number, row: number): void {
    const outcome = c >= RAN ? c - RAN : c;
    // What ended by itself and no fault had touched is nobody's business: nearly all.
    if (outcome >= ExitOutcome.stopped || this.#isConcerned(task)) this.#end(this.#in.moment.timeUs, task, machine, outcome, c >= RAN, row);
    if (this.#evicted.size > 0 && this.#evicted.get(task) === machine) this.#evicted.delete(task);
  }

  done(task: number, outcome: number): void {
    if (this.#isConcerned(task)) this.#done(this.#in.moment.timeUs, task, outcome);
  }

  decide(task: number): void {
    for (const hit of this.#open.get(task) ?? []) if (Number.isNaN(hit.fault.decidedUs)) hit.fault.decidedUs = this.#in.moment.timeUs;
  }

  evict(task: number, machine: number): void {
    if ((this.#inForce.get(machine)?.length ?? 0) > 0) this.#evicted.set(task, machine);
  }

  detect(machine: number): void {
    this.#detect(this.#in.moment.timeUs, machine);
  }

  fault(index: number, phase: number, machine: number): void {
    this.#fault(this.#in.moment.timeUs, index, phase, machine);
  }

  machineChanged(machine: number, state: number): void {
    const { timeUs } = this.#in.moment;
    this.#feasibility.machineChanged(timeUs, machine);
    this.#machine(timeUs, machine, state);
  }

  /** Closes the books at the end of the window: what is still missing or doubled lasts until then. Call once. */
  finish(): void {
    const { toUs } = this.#in.window;
    for (const hit of [...this.#open.values()].flat()) {
      this.#settleMissing(toUs, hit);
      this.#block(toUs, hit, false);
    }
    for (const hit of this.#running.values()) this.#settleDuplicate(toUs, hit, false);
  }

  #fault(timeUs: number, index: number, phase: number, machine: number): void {
    if (phase === 1) {
      const ended = this.#faults.get(index);
      if (ended === undefined) return;
      ended.endedUs = timeUs;
      this.#inForce.set(machine, (this.#inForce.get(machine) ?? []).filter((each) => each !== ended));
      return;
    }
    if (timeUs < this.#in.window.fromUs) return;
    let fault = this.#faults.get(index);
    if (fault === undefined) this.#faults.set(index, (fault = new FaultRecovery(index, timeUs)));
    fault.machines++;
    this.#inForce.set(machine, [...(this.#inForce.get(machine) ?? []), fault]);
    this.#latest.set(machine, { fault, timeUs });
  }

  #machine(timeUs: number, machine: number, state: number): void {
    const { instances } = this.#in;
    const before = instances.previousState[machine]!;
    const latest = this.#latest.get(machine);
    const rows: number[] = [];
    for (let row = instances.first(machine); row >= 0; row = instances.next(row)) rows.push(row);
    if (state === MachineState.up) {
      for (const row of rows) if (this.#isConcerned(instances.taskOf(row))) this.#returned(timeUs, instances.taskOf(row));
    } else if (latest?.timeUs === timeUs && (before === MachineState.up || state === MachineState.down)) {
      this.#causes.set(machine, before === MachineState.up ? [latest.fault] : [...(this.#causes.get(machine) ?? []), latest.fault]);
      // In the order in which the instances began on the machine.
      for (const row of rows.reverse()) this.#hit(timeUs, latest.fault, instances.taskOf(row), machine, row);
    }
    for (const row of rows) this.#settleTask(timeUs, instances.taskOf(row));
  }

  #detect(timeUs: number, machine: number): void {
    const stillDown = !this.#in.instances.reachable(machine);
    for (const fault of this.#causes.get(machine) ?? []) {
      if (Number.isNaN(fault.detectedUs) && (stillDown || fault.open > 0)) fault.detectedUs = timeUs;
    }
  }

  /** @param row container of an attempt that still runs, or -1 */
  #hit(timeUs: number, fault: FaultRecovery, task: number, machine: number, row: number, startedUs = row < 0 ? NaN : this.#in.instances.startedUs(row)): Hit {
    const { workload, tasks, availability } = this.#in;
    const shape = workload.shapeOf(task);
    const hit: Hit = { fault, task, shape, machine, row, service: workload.isService[shape] === 1, hitUs: timeUs, startedUs, open: false, boundTo: -1, missingSinceUs: NaN, blocked: false, duplicateSinceUs: NaN };
    fault.attemptsHit++;
    if (row >= 0) {
      const earlier = this.#running.get(row);
      if (earlier !== undefined) this.#forget(timeUs, earlier);
      this.#running.set(row, hit);
      push(this.#runningOf, task, hit);
      this.#in.rows.setFlag(task, TaskFlag.concerned, 1);
    }
    if (tasks.stateOf(task) >= TaskState.finished) this.#restored(timeUs, fault, 'ended');
    else if (availability.reachable(task)) this.#restored(timeUs, fault, 'replacement');
    else if (!(this.#open.get(task) ?? []).some((other) => other.fault === fault)) {
      for (const other of this.#open.get(task) ?? []) this.#settleMissing(timeUs, other);
      hit.open = true;
      if (hit.service) hit.missingSinceUs = timeUs;
      fault.open++;
      push(this.#open, task, hit);
      push(this.#waitingOf, shape, hit);
      this.#in.rows.setFlag(task, TaskFlag.concerned, 1);
      this.#block(timeUs, hit, !this.#feasibility.watch(shape));
    }
    return hit;
  }

  #start(timeUs: number, task: number, machine: number): void {
    if (this.#in.instances.reachable(machine)) {
      for (const hit of this.#open.get(task) ?? []) this.#close(timeUs, hit, hit.machine === machine ? 'in-place' : 'replacement');
    }
    this.#settleTask(timeUs, task);
  }

  #returned(timeUs: number, task: number): void {
    for (const hit of this.#open.get(task) ?? []) this.#close(timeUs, hit, 'returned');
    this.#acquit(timeUs, task);
  }

  /** An attempt that runs where it can be reached, and alone, goes on as if nothing had happened; beside a replacement it stays the fault's. */
  #acquit(timeUs: number, task: number): void {
    if (this.#in.rows.count(task, TaskCount.live) !== 1) return;
    for (const hit of this.#runningOf.get(task) ?? []) if (this.#in.instances.reachable(hit.machine)) this.#forget(timeUs, hit);
  }

  #end(timeUs: number, task: number, machine: number, outcome: number, ran: boolean, row: number): void {
    const hit = ran ? this.#running.get(row) : undefined;
    if (hit !== undefined) {
      this.#addWorkRedone(timeUs, hit, outcome);
      this.#forget(timeUs, hit);
    } else if (outcome >= ExitOutcome.stopped) {
      const fault = this.#causeOfEnd(timeUs, task, machine, outcome);
      if (fault !== undefined) {
        const late = this.#hit(timeUs, fault, task, machine, -1, ran ? this.#in.instances.startedUs(row) : NaN);
        this.#addWorkRedone(timeUs, late, outcome);
      }
    }
    if (!this.#isConcerned(task)) return;
    this.#settleTask(timeUs, task);
    this.#acquit(timeUs, task);
  }

  /** The fault that an attempt ended of which no fault had touched while it ran. */
  #causeOfEnd(timeUs: number, task: number, machine: number, outcome: number): FaultRecovery | undefined {
    const inForce = this.#inForce.get(machine);
    if (outcome !== ExitOutcome.stopped) {
      const latest = this.#latest.get(machine);
      return latest?.timeUs === timeUs ? latest.fault : (this.#causes.get(machine)?.at(-1) ?? inForce?.at(-1));
    }
    if (inForce === undefined || inForce.length === 0 || this.#isOver(timeUs, task)) return undefined;
    const drain = inForce.findLast((fault) => this.#in.plan[fault.fault]?.kind === 'drain');
    return drain ?? (this.#evicted.get(task) === machine ? inForce.at(-1) : undefined);
  }

  /** Whether the task has ended for its client, or does so now because its lifetime is over. */
  #isOver(timeUs: number, task: number): boolean {
    const { tasks, workload } = this.#in;
    const job = workload.jobOf(task);
    return tasks.stateOf(task) >= TaskState.finished || timeUs >= tasks.submittedUs[job]! + workload.lifetimeUs(job);
  }

  #addWorkRedone(timeUs: number, hit: Hit, outcome: number): void {
    if (hit.service || outcome === ExitOutcome.finished || Number.isNaN(hit.startedUs)) return;
    // A machine that hung or crashed has done nothing since it was hit; one that was cut off has.
    const workedUntilUs = this.#in.instances.serving(hit.machine) ? timeUs : Math.min(timeUs, hit.hitUs);
    hit.fault.workRedoneUs += workedUntilUs - hit.startedUs;
  }

  #bind(timeUs: number, task: number, machine: number): void {
    for (const hit of this.#open.get(task) ?? []) {
      if (Number.isNaN(hit.fault.replacedUs)) hit.fault.replacedUs = timeUs;
      hit.boundTo = machine;
      this.#block(timeUs, hit, false);
    }
  }

  #release(timeUs: number, task: number, machine: number): void {
    for (const hit of this.#open.get(task) ?? []) {
      if (hit.boundTo !== machine) continue;
      hit.boundTo = -1;
      this.#block(timeUs, hit, !this.#feasibility.feasible(hit.shape));
    }
  }

  #done(timeUs: number, task: number, outcome: number): void {
    for (const hit of this.#open.get(task) ?? []) {
      if (outcome === TaskOutcome.gaveUp) hit.fault.tasksLost++;
      this.#close(timeUs, hit, 'ended');
    }
  }

  #close(timeUs: number, hit: Hit, by: RestoredBy): void {
    hit.open = false;
    this.#block(timeUs, hit, false);
    this.#feasibility.unwatch(hit.shape);
    pull(this.#waitingOf, hit.shape, hit);
    pull(this.#open, hit.task, hit);
    this.#settleMissing(timeUs, hit);
    hit.fault.open--;
    this.#unconcern(hit.task);
    this.#restored(timeUs, hit.fault, by);
  }

  #restored(timeUs: number, fault: FaultRecovery, by: RestoredBy): void {
    fault.restoredUs = timeUs;
    fault.restoredBy = by;
  }

  #settleMissing(timeUs: number, hit: Hit): void {
    if (Number.isNaN(hit.missingSinceUs)) return;
    hit.fault.missingReplicaUs += timeUs - hit.missingSinceUs;
    hit.missingSinceUs = NaN;
  }

  #block(timeUs: number, hit: Hit, blocked: boolean): void {
    if (hit.blocked === blocked) return;
    hit.blocked = blocked;
    hit.fault.addBlocked(timeUs, blocked ? 1 : -1);
  }

  /** The attempt is no longer followed: it has ended, or belongs to nobody any more. */
  #forget(timeUs: number, hit: Hit): void {
    this.#settleDuplicate(timeUs, hit, false);
    this.#running.delete(hit.row);
    pull(this.#runningOf, hit.task, hit);
    this.#unconcern(hit.task);
  }

  #settleTask(timeUs: number, task: number): void {
    const hits = this.#runningOf.get(task);
    if (hits === undefined) return;
    const doubled = this.#in.rows.count(task, TaskCount.live) >= 2;
    for (const hit of hits) this.#settleDuplicate(timeUs, hit, doubled && this.#in.instances.serving(hit.machine));
  }

  #settleDuplicate(timeUs: number, hit: Hit, doubled: boolean): void {
    if (doubled === !Number.isNaN(hit.duplicateSinceUs)) return;
    if (!doubled) hit.fault.duplicateRunUs += timeUs - hit.duplicateSinceUs;
    hit.duplicateSinceUs = doubled ? timeUs : NaN;
  }

  /** Whether the task is in one of the maps: everything else is skipped by one look. */
  #isConcerned(task: number): boolean {
    return this.#in.rows.flag(task, TaskFlag.concerned) === 1;
  }

  #unconcern(task: number): void {
    if (!this.#open.has(task) && !this.#runningOf.has(task)) this.#in.rows.setFlag(task, TaskFlag.concerned, 0);
  }
}

function push(map: Map<number, Hit[]>, key: number, hit: Hit): void {
  const hits = map.get(key);
  if (hits === undefined) map.set(key, [hit]);
  else hits.push(hit);
}

/** Leaves lists that are being walked through as they are. */
function pull(map: Map<number, Hit[]>, key: number, hit: Hit): void {
  const left = (map.get(key) ?? []).filter((each) => each !== hit);
  if (left.length === 0) map.delete(key);
  else map.set(key, left);
}
