import type { Simulation } from '../engine/simulation.ts';
import { type Log, RecordKind } from '../metrics/log.ts';
import type { World } from '../world/world.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { FaultEffect } from './kinds/fault-kind.ts';
import { FAULT_KIND_LIST } from './kinds/registry.ts';

/**
 * Lets a plan happen to a world. Each begin and end is logged per machine *before* it takes effect, so that what it ends can be attributed to it.
 *
 * Faults overlap as their causes do: each kind acts on its own side of a machine (power, operating system, network, speed, service), several of one kind hold
 * until the last of them has ended. A machine that is down cannot hang, a crash cures a hang; network and speed stay as they are through a crash.
 * @param drain the orchestrator's own route for taking a machine out of service
 */
export function inject(simulation: Simulation, world: World, log: Log, plan: FaultPlan, drain: (machine: number, drained: boolean) => void): void {
  const effects = new Map<string, FaultEffect>(FAULT_KIND_LIST.map((kind) => [kind.name, kind.create({ world, drain })]));
  const end = simulation.on('faults', (index) => {
    const fault = plan[index]!;
    for (const machine of fault.machines) log.record(RecordKind.fault, index, 1, machine);
    effects.get(fault.kind)!.end(fault, index);
  });
  const begin = simulation.on('faults', (index) => {
    const fault = plan[index]!;
    for (const machine of fault.machines) log.record(RecordKind.fault, index, 0, machine);
    effects.get(fault.kind)!.begin(fault, index);
    if (fault.durationUs !== Infinity) simulation.after(fault.durationUs, end, index);
  });
  simulation.addSource(
    Float64Array.from(plan, (fault) => fault.atUs),
    begin,
  );
}
