import type { Simulation } from '../engine/simulation.ts';
import { type Log, RecordKind } from '../metrics/log.ts';
import type { World } from '../world/world.ts';
import type { Fault, FaultPlan } from './fault-plan.ts';

/**
 * Lets a plan happen to a world. Each begin and end is logged per machine *before* it takes effect, so that what it ends can be attributed to it.
 * Faults on a machine that another fault has down, hung or cut off are void for that machine (logged all the same); a machine comes back when the
 * last fault on it has ended.
 * @param drain the orchestrator's own route for taking a machine out of service
 */
export function inject(simulation: Simulation, world: World, log: Log, plan: FaultPlan, drain: (machine: number, drained: boolean) => void): void {
  const holding = new Map<number, number>();
  const end = simulation.on('faults', (index) => {
    const fault = plan[index]!;
    for (const machine of fault.machines) log.record(RecordKind.fault, index, 1, machine);
    for (const machine of fault.machines) {
      const left = holding.get(machine)! - 1;
      holding.set(machine, left);
      if (left === 0) undo(world, machine, drain, drained);
    }
  });
  const drained = new Set<number>();
  const begin = simulation.on('faults', (index) => {
    const fault = plan[index]!;
    for (const machine of fault.machines) log.record(RecordKind.fault, index, 0, machine);
    for (const machine of fault.machines) holding.set(machine, (holding.get(machine) ?? 0) + 1);
    apply(world, fault, drain, drained);
    if (fault.durationUs !== Infinity) simulation.after(fault.durationUs, end, index);
  });
  simulation.addSource(
    Float64Array.from(plan, (fault) => fault.atUs),
    begin,
  );
}

function apply(world: World, fault: Fault, drain: (machine: number, drained: boolean) => void, drained: Set<number>): void {
  if (fault.kind === 'partition') {
    world.partition(fault.machines);
    return;
  }
  for (const machine of fault.machines) {
    if (fault.kind === 'crash') world.crash(machine);
    else if (fault.kind === 'hang') world.hang(machine);
    else if (fault.kind === 'slow') world.slow(machine, fault.factor);
    else {
      drained.add(machine);
      drain(machine, true);
    }
  }
}

function undo(world: World, machine: number, drain: (machine: number, drained: boolean) => void, drained: Set<number>): void {
  world.boot(machine);
  world.continue(machine);
  world.heal(machine);
  world.slow(machine, 1);
  if (drained.delete(machine)) drain(machine, false);
}
