import { Simulation } from '../../engine/simulation.ts';
import type { UseRange } from '../actual-use.ts';
import type { Supervisor } from '../containers.ts';
import { EXIT_OUTCOME_NAMES, type ExitOutcome } from '../exit-outcome.ts';
import type { ImageProfile } from '../images.ts';
import { MachineInventory, type MachineSpec } from '../machine-inventory.ts';
import type { Program } from '../processes.ts';
import type { TaskFacts } from '../task-facts.ts';
import { World } from '../world.ts';

/** A task for tests: every task is a shape of its own. */
export interface BenchTask {
  readonly workUs?: number;
  readonly cpuMilli?: number;
  readonly memoryBytes?: number;
  readonly gpuCount?: number;
  readonly gpuMilli?: number;
  readonly image?: string;
  readonly failureShare?: number;
  readonly use?: UseRange;
  /** Identity in keyed draws; the task's index unless given. */
  readonly entity?: number;
}

/** A small world with one supervising process per machine, which writes down what it hears; so does the observer. */
export class WorldBench {
  readonly simulation = new Simulation();
  readonly world: World;
  /** What physically happened, `time: words`. */
  readonly seen: string[] = [];
  /** What the supervisors heard. */
  readonly heard: string[] = [];
  readonly processes: number[];
  readonly supervisor: Supervisor;

  constructor(machines: readonly (Partial<MachineSpec> & { readonly name: string })[], tasks: readonly BenchTask[], options: { readonly images?: ImageProfile; readonly containersSurvive?: boolean; readonly startupUs?: number; readonly program?: Program; readonly seed?: number } = {}) {
    const { simulation, seen, heard } = this;
    const inventory = new MachineInventory(machines.map((machine) => ({ cpuMilli: 1000, memoryBytes: 1000, ...machine })));
    const images = [...new Set(tasks.flatMap((task) => task.image ?? []))];
    const facts: TaskFacts = {
      taskCount: tasks.length,
      shapeOf: (task) => task,
      workUs: (task) => tasks[task]!.workUs ?? Infinity,
      entityOf: (task) => tasks[task]!.entity ?? task,
      cpuMilli: Float64Array.from(tasks, (task) => task.cpuMilli ?? 0),
      memoryBytes: Float64Array.from(tasks, (task) => task.memoryBytes ?? 0),
      gpuCount: Int32Array.from(tasks, (task) => task.gpuCount ?? 0),
      gpuMilli: Float64Array.from(tasks, (task) => task.gpuMilli ?? 0),
      image: Int32Array.from(tasks, (task) => (task.image === undefined ? -1 : images.indexOf(task.image))),
      imageNames: images,
      failureShare: Float64Array.from(tasks, (task) => task.failureShare ?? 0),
      use: tasks.map((task) => task.use ?? null),
    };
    const world = new World({
      simulation,
      inventory,
      facts,
      seed: options.seed ?? 1,
      ...(options.images && { images: options.images }),
      observer: {
        containerRunning: (task) => void seen.push(`${simulation.nowUs}: ${task} runs`),
        containerEnded: (task, _machine, _container, outcome, ran) => void seen.push(`${simulation.nowUs}: ${task} ${EXIT_OUTCOME_NAMES[outcome]}${ran ? '' : ' before it ran'}`),
        machineChanged: (machine, state) => void seen.push(`${simulation.nowUs}: ${inventory.names[machine]} ${['up', 'down', 'hung', 'cut off'][state]}`),
      },
    });
    this.world = world;
    this.processes = machines.map((machine, i) =>
      world.processes.spawn({
        role: `agent/${machine.name}`,
        machine: i,
        startupUs: options.startupUs ?? 0,
        ...(options.containersSurvive !== undefined && { containersSurvive: options.containersSurvive }),
        program: options.program ?? {},
      }),
    );
    this.supervisor = {
      containerRunning: (container) => void heard.push(`${simulation.nowUs}: ${world.containers.task[container]} runs`),
      containerExited: (container, outcome: ExitOutcome) => void heard.push(`${simulation.nowUs}: ${world.containers.task[container]} ${EXIT_OUTCOME_NAMES[outcome]}`),
    };
  }

  /** Starts a container of a task on a machine now. */
  run(task: number, machine = 0, options: { readonly startLatencyUs?: number; readonly serialPull?: boolean; readonly parallelPulls?: number; readonly gpuMask?: number; readonly oomScoreAdj?: number; readonly memoryLimitBytes?: number } = {}): number {
    return this.world.containers.run({
      machine,
      process: this.processes[machine]!,
      supervisor: this.supervisor,
      task,
      cookie: 0,
      startLatencyUs: 0,
      serialPull: false,
      gpuMask: 0,
      oomScoreAdj: 0,
      ...options,
    });
  }

  /** Does something at a time. */
  at(timeUs: number, deed: () => void): void {
    this.simulation.at(timeUs, this.simulation.on('test', deed));
  }

  /** Runs to the end; the physical books must balance. @returns what was seen */
  finish(): string[] {
    this.simulation.run(Infinity);
    const broken = this.world.invariants();
    if (broken.length > 0) throw new Error(broken.join('\n'));
    return this.seen;
  }
}
