import type { LatencyProfile } from '../engine/network.ts';
import { KeyedRandom } from '../engine/random/keyed-random.ts';
import { SequentialRandom } from '../engine/random/sequential-random.ts';
import { Simulation, type SimulationOptions } from '../engine/simulation.ts';
import { type Collector, Log } from '../metrics/log.ts';
import { Client, type ClientOptions } from '../workload/client.ts';
import { DEFAULT_CLIENT } from '../workload/default-client.ts';
import { Workload, type WorkloadColumns } from '../workload/workload.ts';
import type { ImageProfile } from '../world/images.ts';
import type { MachineInventory } from '../world/machine-inventory.ts';
import { MachineState } from '../world/world-observer.ts';
import { World } from '../world/world.ts';
import type { Explanation, Orchestrator, OrchestratorDefinition, Translation } from './orchestrator.ts';

/** Everything that a run is made of, but for faults. */
export interface AssemblyOptions {
  readonly definition: OrchestratorDefinition;
  /** Options as a user writes them; defaults are filled in and errors thrown here (a ZodError). */
  readonly options?: unknown;
  readonly inventory: MachineInventory;
  readonly workload: WorkloadColumns;
  readonly seed: number | string;
  readonly collectors?: readonly Collector[];
  readonly client?: ClientOptions;
  readonly images?: ImageProfile;
  readonly latency?: LatencyProfile;
  readonly simulation?: SimulationOptions;
  /** Task whose decisions are explained; -1 or absent = none. */
  readonly watchedTask?: number;
  readonly explained?: (timeUs: number, explanation: Explanation) => void;
}

/** The parts of a run, connected and at time zero. */
export interface Assembly {
  readonly simulation: Simulation;
  readonly world: World;
  readonly workload: Workload;
  readonly log: Log;
  readonly client: Client;
  readonly orchestrator: Orchestrator;
  /** Per shape. */
  readonly translations: readonly Translation[];
}

/** Composes engine, world, client and one orchestrator. A pure function of its options: no file, clock or environment. */
export function assemble(options: AssemblyOptions): Assembly {
  const { definition, inventory, seed } = options;
  const systemOptions = definition.options.parse(options.options ?? {});
  const simulation = new Simulation(options.simulation);
  const log = new Log(simulation, options.collectors ?? []);
  const workload = new Workload(options.workload);
  const translations = workload.shapes.map((shape) => definition.translate(shape, systemOptions));
  const rejected = Uint8Array.from(translations, (translation) => (translation.request === null ? 1 : 0));
  const world = new World({
    simulation,
    inventory,
    facts: workload,
    seed,
    observer: log,
    ...(options.images && { images: options.images }),
    ...(options.latency && { latency: options.latency }),
  });
  const client = new Client(simulation, workload, new KeyedRandom(seed, 'client'), log, options.client ?? DEFAULT_CLIENT, rejected, definition.capabilities.finishedTasksHoldResources);
  const orchestrator = definition.create(
    {
      simulation,
      network: world.network,
      processes: world.processes,
      containers: world.containers,
      inventory,
      workload,
      requests: translations.map((translation) => translation.request),
      random: new KeyedRandom(seed, definition.name),
      stream: (name) => new SequentialRandom(seed, `${definition.name}/${name}`),
      log,
      client,
      cloud: {
        running: (machine) => world.machineState(machine) !== MachineState.down,
        start: (machine) => world.boot(machine),
        stop: (machine) => world.crash(machine),
      },
      watchedTask: options.watchedTask ?? -1,
      explained: (explanation) => options.explained?.(simulation.nowUs, explanation),
    },
    systemOptions,
  );
  client.connect(orchestrator);
  return { simulation, world, workload, log, client, orchestrator, translations };
}
