import { isUtf8 } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { InputError } from '../engine/input-error.ts';
import { DATA_CENTRE_LATENCY } from '../engine/network.ts';
import type { FaultPlan } from '../faults/fault-plan.ts';
import { FAULTS } from '../faults/schema.ts';
import { materialise } from '../faults/materialise.ts';
import { type OfferedLoad, offeredLoad, rescale } from '../workload/offered-load.ts';
import { readMachines } from '../workload/readers/seatrial-csv/machines.ts';
import type { ReadReport, RowNotes } from '../workload/read-report.ts';
import { type LoadedWorkload, loadWorkload, traceFiles, type TraceSource } from '../workload/source.ts';
import type { WorkloadColumns } from '../workload/workload.ts';
import { DEFAULT_IMAGES, type ImageProfile } from '../world/images.ts';
import { MachineInventory, type MachineSpec } from '../world/machine-inventory.ts';
import { canonicalJson, hashOf, hashOfParts, plainJson } from './canonical.ts';
import type { LoadedScenario } from './load.ts';
import { machinesOf } from './machines.ts';
import type { RunSpec } from './run-spec.ts';
import type { Scenario } from './schema.ts';
import { settleShares } from './shares.ts';
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
  /** Per seed, in order. */
  readonly seeds: readonly SeedInputs[];
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
 * Reads the inputs of a scenario and lists its runs: orchestrators within seeds, in the order written.
 * @throws InputError if an input cannot be used
 */
export function expand(loaded: LoadedScenario, options: ExpandOptions): Plan {
  const { scenario } = loaded;
  const workloads = new Map<string, WorkloadColumns>();
  const machines = new Map<string, readonly MachineSpec[]>();
  const faults = new Map<string, FaultPlan>();
  const seeds: SeedInputs[] = [];
  // A trace does not depend on the seed: it is read once.
  const trace = 'trace' in scenario.workload.source ? loadWorkload(scenario.workload.source, loaded.folder, 0, isLarge(scenario.workload.source.trace, loaded.folder) ? options.cacheFolder : null) : null;
  const runs: RunSpec[] = [];
  for (const seed of options.seeds ?? scenario.seeds ?? [scenario.seed ?? 1]) {
    const inputs = inputsOf(loaded, seed, trace ?? loadWorkload(scenario.workload.source, loaded.folder, seed, null));
    const workloadHash = hashOfColumns(inputs.columns);
    const machinesHash = hashOf(inputs.machines);
    const faultsHash = hashOf(inputs.faultPlan);
    if (!workloads.has(workloadHash)) workloads.set(workloadHash, inputs.columns);
    if (!machines.has(machinesHash)) machines.set(machinesHash, inputs.machines);
    if (!faults.has(faultsHash)) faults.set(faultsHash, inputs.faultPlan);
    seeds.push({
      seed,
      workload: workloadHash,
      workloadName: inputs.columns.name,
      jobs: inputs.columns.jobSubmitUs.length,
      tasks: inputs.columns.taskDurationUs.length,
      machines: machinesHash,
      machineCount: inputs.machines.length,
      faults: faultsHash,
      faultCount: inputs.faultPlan.length,
      offeredLoad: inputs.offeredLoad,
      arrivalFactor: inputs.arrivalFactor,
      report: inputs.report,
      sources: inputs.sources,
    });
    for (const { label, definition, options: systemOptions } of loaded.cells) {
      if (options.only !== undefined && !options.only.includes(label)) continue;
      const spec: Omit<RunSpec, 'id'> = {
        scenario: scenario.name,
        cell: label,
        orchestrator: definition.name,
        options: systemOptions,
        seed,
        workload: workloadHash,
        machines: machinesHash,
        faults: faultsHash,
        fromUs: scenario.window.from,
        toUs: inputs.toUs,
        gridUs: scenario.timeline.every ?? defaultGridUs(inputs.toUs - scenario.window.from),
        client: scenario.workload.client,
        images: imagesOf(scenario.images),
        latency: { baseUs: scenario.network.base ?? DATA_CENTRE_LATENCY.baseUs, spreadUs: scenario.network.spread ?? DATA_CENTRE_LATENCY.spreadUs },
        explicitTicks: options.explicitTicks ?? false,
        permuteTiesSeed: options.permuteTiesSeed ?? null,
      };
      runs.push({ id: hashOf({ spec, version: codeVersion() }).slice(0, 12), ...spec });
    }
  }
  return { runs, inputs: { workloads, machines, faults }, seeds };
}

/** From here on reading a trace again costs more than keeping its columns in a file. */
const CACHED_FROM_BYTES = 4_194_304;

function isLarge(trace: TraceSource, folder: string): boolean {
  let bytes = 0;
  for (const file of traceFiles(trace).values()) bytes += statSync(resolve(folder, file), { throwIfNoEntry: false })?.size ?? 0;
  return bytes >= CACHED_FROM_BYTES;
}

interface Inputs {
  readonly columns: WorkloadColumns;
  readonly machines: readonly MachineSpec[];
  readonly faultPlan: FaultPlan;
  readonly toUs: number;
  readonly offeredLoad: OfferedLoad;
  readonly arrivalFactor: number | null;
  readonly report: ReadReport;
  readonly sources: SeedInputs['sources'];
}

function inputsOf({ scenario, folder, faults }: LoadedScenario, seed: number, loaded: LoadedWorkload): Inputs {
  const machines = clusterOf(scenario, folder, loaded.machines);
  const inventory = new MachineInventory(machines);
  const { load, loadResource, loadMeasure } = scenario.workload;
  const rescaling = load === undefined ? null : rescale(loaded.columns, inventory, loadResource, load, loaded.report.horizonUs, loadMeasure);
  const columns = rescaling?.columns ?? loaded.columns;
  const toUs = scenario.window.to ?? rescaling?.horizonUs ?? loaded.report.horizonUs;
  if (toUs <= scenario.window.from) throw new InputError(`the window ends at ${toUs / 1e6} s, before it begins at ${scenario.window.from / 1e6} s; expected window.to after window.from`);
  return {
    columns,
    machines,
    faultPlan: materialise(FAULTS.parse(settleShares(faults, scenario.window.from, toUs)), inventory, seed, 0, toUs, (file) => textOf(resolve(folder, file), file)),
    toUs,
    offeredLoad: plainJson(offeredLoad(columns, inventory, toUs)),
    arrivalFactor: rescaling?.factor ?? null,
    report: withoutFolders(loaded.report),
    sources: loaded.sources.map(({ role, label, bytes, sha256 }) => ({ role, file: basename(label), bytes, sha256 })),
  };
}

/** A file that the scenario names, as text. */
function textOf(path: string, label: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new InputError(`${label}: ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? `the file does not exist (looked at ${path})` : (error as Error).message}`);
  }
  if (!isUtf8(bytes)) throw new InputError(`${label}: not UTF-8 text`);
  return bytes.toString('utf8');
}

function clusterOf({ cluster }: Scenario, folder: string, fromTrace: readonly MachineSpec[] | null): readonly MachineSpec[] {
  if (cluster.machines !== undefined) return machinesOf(cluster.machines);
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
  const { name, shapes, jobSubmitUs, jobShape, jobKey, jobFirstTask, taskJob, taskDurationUs, dependencies, jobNames } = columns;
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
  ]);
}

/** The report with files by name only: folders may hold the name of a user. */
function withoutFolders(report: ReadReport): ReadReport {
  const named = (notes: RowNotes): RowNotes => ({ total: notes.total, listed: notes.listed.map((note) => ({ ...note, file: basename(note.file) })) });
  return { ...report, rejected: named(report.rejected), repaired: named(report.repaired), clamped: named(report.clamped) };
}
