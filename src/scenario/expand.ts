import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { InputError } from '../engine/input-error.ts';
import { DATA_CENTRE_LATENCY } from '../engine/network.ts';
import type { FaultPlan } from '../faults/fault-plan.ts';
import { FAULTS } from '../faults/schema.ts';
import { materialise } from '../faults/materialise.ts';
import type { OrchestratorDefinition } from '../orchestrators/orchestrator.ts';
import { type OfferedLoad, offeredLoad, rescale } from '../workload/offered-load.ts';
import type { ReadReport, RowNotes } from '../workload/read-report.ts';
import { readText } from '../workload/read-text.ts';
import { readMachines } from '../workload/readers/seatrial-csv/machines.ts';
import { heedsMachines, type LoadedWorkload, loadWorkload, traceFiles, type TraceSource } from '../workload/source.ts';
import { Workload, type WorkloadColumns } from '../workload/workload.ts';
import { DEFAULT_IMAGES, type ImageProfile } from '../world/images.ts';
import { MachineInventory, type MachineSpec } from '../world/machine-inventory.ts';
import { canonicalJson, hashOf, hashOfParts, plainJson } from './canonical.ts';
import { withActions } from './actions.ts';
import type { LoadedScenario } from './load.ts';
import { machinesOf } from './machines.ts';
import { neverHappens } from './never-happens.ts';
import type { RunSpec } from './run-spec.ts';
import type { Scenario } from './schema.ts';
import { settleShares } from './shares.ts';
import { withUse } from './use.ts';
import { codeVersion } from './version.ts';

/** Inputs that runs share, by hash. */
export interface RunInputs {
  readonly workloads: ReadonlyMap<string, WorkloadColumns>;
  readonly machines: ReadonlyMap<string, readonly MachineSpec[]>;
  readonly faults: ReadonlyMap<string, FaultPlan>;
}

/** What a scenario amounts to: its runs in order, and what they need. */
export interface Plan {
  readonly runs: readonly RunSpec[];
  readonly inputs: RunInputs;
  /** Per seed, and per combination of axes that differ in their inputs, in order. */
  readonly seeds: readonly SeedInputs[];
  /** What a reader of the scenario would not expect and what is no error. */
  readonly warnings: readonly string[];
}

/** Inputs of one seed, for people. */
export interface SeedInputs {
  readonly seed: number;
  readonly workload: string;
  readonly workloadName: string;
  readonly jobs: number;
  readonly tasks: number;
  readonly machines: string;
  readonly machineCount: number;
  readonly faults: string;
  readonly faultCount: number;
  /** What arrives, as shares of capacity, between time zero and the end of the window. */
  readonly offeredLoad: OfferedLoad;
  /** By what arrival times were multiplied for the `load` asked for; `null` = untouched. */
  readonly arrivalFactor: number | null;
  /** Files of the trace, by name and contents: where they lie is no part of a result. */
  readonly sources: readonly { readonly role: string; readonly file: string; readonly bytes: number; readonly sha256: string }[];
  /** What the reader has to say: rows left out, with line numbers. */
  readonly report: ReadReport;
}

export interface ExpandOptions {
  /** Replace the scenario's own seeds. */
  readonly seeds?: readonly number[];
  /** Labels of the orchestrators to run; default: all. */
  readonly only?: readonly string[];
  readonly explicitTicks?: boolean;
  readonly permuteTiesSeed?: number;
  /** Folder for binary columns of traces that were read before; `null` = none. */
  readonly cacheFolder: string | null;
}

/**
 * Reads the inputs of a scenario and lists its runs: orchestrators within combinations of the axes within seeds, in the order written. So the first seeds of a plan are its first runs.
 * @throws InputError if an input cannot be used
 */
export function expand(loaded: LoadedScenario, options: ExpandOptions): Plan {
  const inputs = new InputLibrary(loaded, options.cacheFolder);
  const seeds = new Map<string, SeedInputs>();
  const runs: RunSpec[] = [];
  const version = codeVersion();
  const chosen = options.seeds ?? loaded.seeds;
  const most = loaded.variants.reduce((sum, { cells }) => sum + cells.length, 0) * chosen.length;
  if (most > MOST_RUNS) throw new InputError(`the plan has ${most} runs; at most ${MOST_RUNS}`);
  for (const seed of chosen) {
    for (const { scenario, faults, cells } of loaded.variants) {
      const { known, toUs } = inputs.of(scenario, faults, seed);
      seeds.set([seed, known.workload, known.machines, known.faults].join(), known);
      for (const { label, cell, axes, definition, options: systemOptions } of cells) {
        if (options.only !== undefined && !options.only.includes(label)) continue;
        const spec: Omit<RunSpec, 'id'> = {
          scenario: scenario.name,
          cell,
          label,
          axes,
          orchestrator: definition.name,
          options: systemOptions,
          seed,
          workload: known.workload,
          machines: known.machines,
          faults: known.faults,
          fromUs: scenario.window.from,
          toUs,
          gridUs: gridOf(scenario, toUs),
          client: scenario.workload.client,
          images: imagesOf(scenario.images),
          latency: { baseUs: scenario.network.base ?? DATA_CENTRE_LATENCY.baseUs, spreadUs: scenario.network.spread ?? DATA_CENTRE_LATENCY.spreadUs },
          explicitTicks: options.explicitTicks ?? false,
          permuteTiesSeed: options.permuteTiesSeed ?? null,
        };
        inputs.check(definition, systemOptions, known);
        runs.push({ id: hashOf({ spec, version }).slice(0, 12), ...spec });
      }
    }
  }
  const seen = new Set<string>();
  // A combination may say the same in two ways (an axis that does not concern an orchestrator); it is one run.
  const distinct = runs.filter(({ seed, cell }) => !seen.has(`${seed} ${cell}`) && seen.add(`${seed} ${cell}`));
  return { runs: distinct, inputs: { workloads: inputs.workloads, machines: inputs.machines, faults: inputs.faults }, seeds: [...seeds.values()], warnings: [...inputs.warnings] };
}

/** Most runs of one plan. */
const MOST_RUNS = 1_000_000;

/** Most points of one run's timeline. */
const MOST_POINTS = 1_000_000;

function gridOf({ timeline, window }: Scenario, toUs: number): number {
  const lengthUs = toUs - window.from;
  const gridUs = timeline.every ?? defaultGridUs(lengthUs);
  if (lengthUs / gridUs > MOST_POINTS) throw new InputError(`timeline.every: ${gridUs / 1e6} s gives ${Math.ceil(lengthUs / gridUs)} points for a window of ${lengthUs / 1e6} s; at most ${MOST_POINTS}`);
  return gridUs;
}

/** Inputs by what they are made from: whatever combinations and seeds have in common is read, generated and kept once. */
class InputLibrary {
  readonly workloads = new Map<string, WorkloadColumns>();
  readonly machines = new Map<string, readonly MachineSpec[]>();
  readonly faults = new Map<string, FaultPlan>();
  readonly #loaded: LoadedScenario;
  readonly #cacheFolder: string | null;
  readonly #sources = new Map<string, LoadedWorkload>();
  readonly #known = new Map<string, { readonly known: SeedInputs; readonly toUs: number }>();
  readonly #columns = new Map<string, { readonly rescaling: ReturnType<typeof rescale> | null; readonly columns: WorkloadColumns; readonly hash: string }>();
  readonly #clusters = new Map<string, { readonly machines: readonly MachineSpec[]; readonly hash: string; readonly inventory: MachineInventory }>();
  readonly #inventories = new Map<string, MachineInventory>();
  readonly #plans = new Map<string, { readonly plan: FaultPlan; readonly hash: string }>();
  readonly #checked = new Set<string>();
  readonly warnings = new Set<string>();
  readonly #hashes = new WeakMap<WorkloadColumns, string>();

  constructor(loaded: LoadedScenario, cacheFolder: string | null) {
    this.#loaded = loaded;
    this.#cacheFolder = cacheFolder;
  }

  of(scenario: Scenario, faults: unknown, seed: number): { readonly known: SeedInputs; readonly toUs: number } {
    const key = canonicalJson([seed, scenario.workload, scenario.actions, scenario.cluster, scenario.window, faults]);
    let entry = this.#known.get(key);
    if (entry === undefined) {
      entry = this.#made(scenario, faults, seed);
      this.#known.set(key, entry);
    }
    return entry;
  }

  /** @throws InputError if options name what is not there */
  check(definition: OrchestratorDefinition, options: unknown, { workload, machines }: SeedInputs): void {
    if (definition.check === undefined) return;
    const key = canonicalJson([definition.name, options, workload, machines]);
    if (this.#checked.has(key)) return;
    this.#checked.add(key);
    definition.check(definition.options.parse(options), { inventory: this.#inventories.get(machines)!, workload: new Workload(this.workloads.get(workload)!) });
  }

  #made(scenario: Scenario, faults: unknown, seed: number): { readonly known: SeedInputs; readonly toUs: number } {
    const { source } = scenario.workload;
    const machinesBefore = heedsMachines(source) && scenario.cluster.fromTrace === undefined;
    const sourceKey = canonicalJson([source, 'trace' in source ? null : seed, ...(machinesBefore ? [scenario.cluster] : [])]);
    const loaded = this.#source(source, sourceKey, seed, () => (machinesBefore ? clusterOf(scenario, this.#loaded.folder, null) : null));
    const { machines, hash: machinesHash, inventory } = this.#cluster(scenario, sourceKey, loaded);
    const { load, loadResource, loadMeasure } = scenario.workload;
    const columnsKey = canonicalJson([sourceKey, load ?? null, loadResource, loadMeasure, load === undefined ? '' : machinesHash, scenario.actions, scenario.workload.use ?? null]);
    let made = this.#columns.get(columnsKey);
    if (made === undefined) {
      const rescaling = load === undefined ? null : located(this.#loaded, () => rescale(loaded.columns, inventory, loadResource, load, loaded.report.horizonUs, loadMeasure));
      const columns = located(this.#loaded, () => withActions(withUse(rescaling?.columns ?? loaded.columns, scenario.workload.use), scenario.actions));
      made = { rescaling, columns, hash: this.#hashOf(columns) };
      this.#columns.set(columnsKey, made);
    }
    const { rescaling, columns, hash } = made;
    const { from } = scenario.window;
    const toUs = scenario.window.to ?? rescaling?.horizonUs ?? loaded.report.horizonUs;
    if (toUs <= from) throw new InputError(`the window ends at ${toUs / 1e6} s, before it begins at ${from / 1e6} s; expected window.to after window.from`);
    const settled = settleShares(faults, from, toUs);
    const { plan: faultPlan, hash: faultsHash } = this.#faultPlan(settled, inventory, machinesHash, seed, toUs);
    for (const warning of neverHappens(this.#loaded, scenario, settled, toUs)) this.warnings.add(warning);
    const { total, listed } = loaded.report.rejected;
    if (total > 0) this.warnings.add(`${listed[0]!.file}:${listed[0]!.line}: ${listed[0]!.text}; ${total === 1 ? 'the row is' : `this and ${total - 1} more rows are`} left out (plan.json lists them)`);
    if (!this.workloads.has(hash)) this.workloads.set(hash, columns);
    if (!this.machines.has(machinesHash)) this.machines.set(machinesHash, machines);
    if (!this.faults.has(faultsHash)) this.faults.set(faultsHash, faultPlan);
    const known: SeedInputs = {
      seed,
      workload: hash,
      workloadName: columns.name,
      jobs: columns.jobSubmitUs.length,
      tasks: columns.taskDurationUs.length,
      machines: machinesHash,
      machineCount: machines.length,
      faults: faultsHash,
      faultCount: faultPlan.length,
      offeredLoad: plainJson(offeredLoad(columns, inventory, toUs)),
      arrivalFactor: rescaling?.factor ?? null,
      report: withoutFolders(loaded.report),
      sources: loaded.sources.map(({ role, label, bytes, sha256 }) => ({ role, file: basename(label), bytes, sha256 })),
    };
    return { known, toUs };
  }

  #cluster(scenario: Scenario, sourceKey: string, { machines: fromTrace }: LoadedWorkload): { readonly machines: readonly MachineSpec[]; readonly hash: string; readonly inventory: MachineInventory } {
    const key = canonicalJson([scenario.cluster, fromTrace === null ? null : sourceKey]);
    let cluster = this.#clusters.get(key);
    if (cluster === undefined) {
      const machines = located(this.#loaded, () => clusterOf(scenario, this.#loaded.folder, fromTrace));
      cluster = { machines, hash: hashOf(machines), inventory: new MachineInventory(machines) };
      this.#clusters.set(key, cluster);
      this.#inventories.set(cluster.hash, cluster.inventory);
    }
    return cluster;
  }

  #faultPlan(settled: unknown, inventory: MachineInventory, machinesHash: string, seed: number, toUs: number): { readonly plan: FaultPlan; readonly hash: string } {
    const key = canonicalJson([settled, machinesHash, seed, toUs]);
    let made = this.#plans.get(key);
    if (made === undefined) {
      const plan = located(this.#loaded, () => materialise(FAULTS.parse(settled), inventory, seed, 0, toUs, (file) => planText(resolve(this.#loaded.folder, file), file)));
      made = { plan, hash: hashOf(plan) };
      this.#plans.set(key, made);
    }
    return made;
  }

  /** A trace does not depend on the seed: it is read once. */
  #source(source: Scenario['workload']['source'], key: string, seed: number, machines: () => readonly MachineSpec[] | null): LoadedWorkload {
    let loaded = this.#sources.get(key);
    if (loaded === undefined) {
      const isTrace = 'trace' in source;
      if (isTrace) for (const file of traceFiles(source.trace).values()) mustBeFile(resolve(this.#loaded.folder, file), file);
      loaded = loadWorkload(source, this.#loaded.folder, isTrace ? 0 : seed, isTrace && isLarge(source.trace, this.#loaded.folder) ? this.#cacheFolder : null, machines());
      this.#sources.set(key, loaded);
    }
    return loaded;
  }

  #hashOf(columns: WorkloadColumns): string {
    let hash = this.#hashes.get(columns);
    if (hash === undefined) {
      hash = hashOfColumns(columns);
      this.#hashes.set(columns, hash);
    }
    return hash;
  }
}

/** Puts before a complaint about an entry (`faults[0].rack: ...`) where the entry stands. */
function located<T>(loaded: LoadedScenario, make: () => T): T {
  try {
    return make();
  } catch (error) {
    const entry = error instanceof InputError ? /^(?:faults|actions)\[\d+\](?:\.\w+|\[\d+\])*|^workload\.loadResource(?=:)|^cluster\.fromTrace(?=:)/.exec(error.message)?.[0] : undefined;
    if (entry === undefined) throw error;
    const path = entry.split(/[.[\]]+/).filter((key) => key !== '').map((key) => (/^\d+$/.test(key) ? Number(key) : key));
    throw new InputError(`${loaded.where(path)}: ${path.join('.')}${(error as InputError).message.slice(entry.length)}`);
  }
}

/** From here on reading a trace again costs more than keeping its columns in a file. */
const CACHED_FROM_BYTES = 4_194_304;

function isLarge(trace: TraceSource, folder: string): boolean {
  let bytes = 0;
  for (const file of traceFiles(trace).values()) bytes += statSync(resolve(folder, file), { throwIfNoEntry: false })?.size ?? 0;
  return bytes >= CACHED_FROM_BYTES;
}

/** Refuses what is there but is no file: a device or a pipe may have no end. What is missing, its reader says. */
function mustBeFile(path: string, label: string): void {
  let stat;
  try {
    stat = statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    // A name that no system takes.
    throw new InputError(`${JSON.stringify(label.slice(0, 200))}: cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'no file name'}`);
  }
  if (stat !== undefined && !stat.isFile()) throw new InputError(`${label}: is no file${stat.isDirectory() ? ' but a folder' : ''}`);
}

/** A fault plan that the scenario names, plain or gzip, as text. */
function planText(path: string, label: string): string {
  mustBeFile(path, label);
  return readText({ path, label }, 'text in UTF-8 (convert it, for instance with iconv)');
}

function clusterOf({ cluster }: Scenario, folder: string, fromTrace: readonly MachineSpec[] | null): readonly MachineSpec[] {
  if (cluster.machines !== undefined) return machinesOf(cluster.machines);
  if (cluster.file !== undefined) mustBeFile(resolve(folder, cluster.file), cluster.file);
  if (cluster.file !== undefined) return readMachines({ path: resolve(folder, cluster.file), label: cluster.file });
  if (fromTrace === null) throw new InputError('cluster.fromTrace: the workload names no machines; expected cluster.machines or cluster.file');
  return fromTrace;
}

function imagesOf(images: Scenario['images']): ImageProfile {
  if (images === 'none') return { ...DEFAULT_IMAGES, medianBytes: 0 };
  return {
    medianBytes: images.median ?? DEFAULT_IMAGES.medianBytes,
    sigma: images.sigma ?? DEFAULT_IMAGES.sigma,
    machineBytesPerSecond: images.machinePerSecond ?? DEFAULT_IMAGES.machineBytesPerSecond,
    registryBytesPerSecond: images.registryPerSecond ?? DEFAULT_IMAGES.registryBytesPerSecond,
  };
}

const SECOND_US = 1_000_000;
/** Grid points that a chart of the whole window shows without crowding. */
const GRID_POINTS = 500;
const ROUND_SECONDS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];

/** A round step that gives at most about {@link GRID_POINTS} points. */
function defaultGridUs(lengthUs: number): number {
  const wanted = lengthUs / GRID_POINTS / SECOND_US;
  if (wanted <= 1) return Math.max(1, Math.min(SECOND_US, Math.ceil(lengthUs / GRID_POINTS)));
  return (ROUND_SECONDS.find((seconds) => seconds >= wanted) ?? Math.ceil(wanted / 86_400) * 86_400) * SECOND_US;
}

function hashOfColumns(columns: WorkloadColumns): string {
  const { name, shapes, jobSubmitUs, jobShape, jobKey, jobFirstTask, taskJob, taskDurationUs, dependencies, jobNames, jobInitialCount, actions } = columns;
  return hashOfParts([
    name,
    canonicalJson(shapes),
    jobSubmitUs,
    jobShape,
    jobKey,
    jobFirstTask,
    taskJob,
    taskDurationUs,
    dependencies?.first ?? null,
    dependencies?.list ?? null,
    jobNames?.bytes ?? null,
    jobNames?.offsets ?? null,
    ...(jobInitialCount == null ? [] : [jobInitialCount]),
    ...(actions === undefined ? [] : [canonicalJson(actions)]),
  ]);
}

/** The report with files by name only: folders may hold the name of a user. */
function withoutFolders(report: ReadReport): ReadReport {
  const named = (notes: RowNotes): RowNotes => ({ total: notes.total, listed: notes.listed.map((note) => ({ ...note, file: basename(note.file) })) });
  return { ...report, rejected: named(report.rejected), repaired: named(report.repaired), clamped: named(report.clamped) };
}
