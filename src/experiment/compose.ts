import type { FaultPlan } from '../faults/fault-plan.ts';
import { inject } from '../faults/inject.ts';
import type { Collector } from '../metrics/log.ts';
import { createMetrics, type Metrics } from '../metrics/metrics.ts';
import { type Assembly, assemble } from '../orchestrators/assemble.ts';
import type { Explanation, OrchestratorDefinition } from '../orchestrators/orchestrator.ts';
import { ORCHESTRATORS } from '../orchestrators/registry.ts';
import type { RunInputs } from '../scenario/expand.ts';
import type { RunSpec } from '../scenario/run-spec.ts';
import { Workload } from '../workload/workload.ts';
import { MachineInventory, type MachineSpec } from '../world/machine-inventory.ts';

/** What a command wants to see of a run beyond its metrics. None of it changes what happens. */
export interface Observation {
  /** @param parts what the run is about */
  readonly collectors?: (parts: { readonly workload: Workload; readonly inventory: MachineInventory; readonly faultPlan: FaultPlan }) => readonly Collector[];
  /** Keep a row per task attempt. */
  readonly tasks?: boolean;
  /** Task whose placement decisions are to be explained, by index. */
  readonly watchedTask?: number;
  readonly explained?: (timeUs: number, explanation: Explanation) => void;
  /** Orchestrators that specs can name; default: the registered ones. */
  readonly orchestrators?: readonly OrchestratorDefinition[];
}

/** A run put together and at time zero. */
export interface Composition extends Assembly {
  readonly definition: OrchestratorDefinition;
  readonly inventory: MachineInventory;
  readonly faultPlan: FaultPlan;
  readonly metrics: Metrics;
}

/** Puts a run together: inputs, metrics, orchestrator, faults. A pure function of its arguments. */
export function compose(spec: RunSpec, inputs: RunInputs, observation: Observation = {}): Composition {
  const definition = (observation.orchestrators ?? ORCHESTRATORS).find((candidate) => candidate.name === spec.orchestrator);
  if (definition === undefined) throw new Error(`there is no orchestrator "${spec.orchestrator}"`);
  const columns = input(inputs.workloads, spec.workload, 'workload');
  const inventory = inventoryOf(input(inputs.machines, spec.machines, 'machines'));
  const faultPlan = input(inputs.faults, spec.faults, 'fault plan');
  const workload = new Workload(columns);
  const options = definition.options.parse(spec.options);
  const translations = workload.shapes.map((shape) => definition.translate(shape, options));
  const metrics = createMetrics({
    workload,
    requests: translations.map((translation) => translation.request),
    translatedShapes: translations.map((translation) => translation.applied.length > 0),
    inventory,
    faultPlan,
    window: { fromUs: spec.fromUs, toUs: spec.toUs },
    gridUs: spec.gridUs,
  });
  const assembly = assemble({
    definition,
    options: spec.options,
    inventory,
    workload: columns,
    seed: spec.seed,
    collectors: [...metrics.collectors, ...(observation.collectors?.({ workload, inventory, faultPlan }) ?? [])],
    client: spec.client,
    images: spec.images,
    latency: spec.latency,
    simulation: { explicitTicks: spec.explicitTicks, permuteTiesSeed: spec.permuteTiesSeed ?? undefined },
    ...(observation.watchedTask !== undefined && { watchedTask: observation.watchedTask }),
    ...(observation.explained && { explained: observation.explained }),
  });
  inject(assembly.simulation, assembly.world, assembly.log, faultPlan, (machine, drained) => assembly.orchestrator.drain(machine, drained));
  return { ...assembly, definition, inventory, faultPlan, metrics };
}

/** Runs of one cluster share what is never changed. */
const inventories = new WeakMap<readonly MachineSpec[], MachineInventory>();

function inventoryOf(machines: readonly MachineSpec[]): MachineInventory {
  let inventory = inventories.get(machines);
  if (inventory === undefined) {
    inventory = new MachineInventory(machines);
    inventories.set(machines, inventory);
  }
  return inventory;
}

function input<T>(map: ReadonlyMap<string, T>, hash: string, what: string): T {
  const value = map.get(hash);
  if (value === undefined) throw new Error(`the ${what} ${hash} of the run is not among its inputs`);
  return value;
}
