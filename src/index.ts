/**
 * Seatrial as a library: everything that the command line does, with types. docs/library.md has an example that is executed by a test.
 *
 * What is heavy (charts) is loaded when it is called, so that a plugin which imports from here stays light in every worker.
 */

// Scenarios and plans.
export { type LoadedScenario, loadScenario, checkScenario, type AxisColumn } from './scenario/load.ts';
export { parseOverride } from './scenario/override.ts';
export { parseYaml } from './scenario/yaml-document.ts';
export { ScenarioError, type Problem } from './scenario/problem.ts';
export { expand, type Plan, type RunInputs } from './scenario/expand.ts';
export type { RunSpec } from './scenario/run-spec.ts';
export { codeVersion } from './scenario/version.ts';
export { ORCHESTRATORS } from './orchestrators/registry.ts';

// Runs, sweeps, shards.
export { run, RunBroken } from './experiment/run.ts';
export type { RunRecord, RunFailure, RunTiming, CellValue } from './experiment/run-record.ts';
export { runTwice, Diverged } from './experiment/divergence.ts';
export { conduct, type ExperimentOptions, type Outcome, type Progress } from './experiment/experiment.ts';
export { outlookOf, type Outlook } from './experiment/outlook.ts';
export { mergeFolders, type MergeOutcome } from './experiment/merge-folders.ts';
export { readManifest, reproduce, type Reproduction } from './experiment/reproduce.ts';
export { explainTask, type TaskStory } from './experiment/explanation.ts';
export { perfettoOf } from './experiment/perfetto-of.ts';
export { loadPlugins } from './experiment/plugins.ts';
export { Store } from './experiment/store.ts';
export type { StoredRun } from './experiment/stored-run.ts';
export type { Manifest } from './experiment/manifest.ts';
export type { PlanFile } from './experiment/plan-file.ts';
export { bundledCases, checkCases, type ConformanceOutcome, readCases } from './experiment/conformance-run.ts';
export { CONFORMANCE_SUITES } from './orchestrators/conformance-registry.ts';
export { writeSeatrialCsv } from './workload/write-seatrial-csv.ts';

/** Draws charts and report.html from a result folder. @returns the files written, relative to it */
export async function report(folder: string): Promise<readonly string[]> {
  const { report: draw } = await import('./report/report.ts');
  return (await draw(folder)).files;
}

// Result files.
export { columnsOf, OUTPUT_FILES, type Column } from './metrics/columns.ts';

// What plugins are made of.
export type { Plugin } from './plugin.ts';
export type { Explanation, Orchestrator, OrchestratorContext, OrchestratorDefinition, Translation } from './orchestrators/orchestrator.ts';
export type { OutOfTreePlugin as SchedulerPlugin } from './orchestrators/kubernetes/scheduler/out-of-tree.ts';
export type { LifecyclePlugin, PermitAnswer, QueuedPod } from './orchestrators/kubernetes/scheduler/lifecycle-plugin.ts';
export type { FilterPlugin, ScorePlugin } from './orchestrators/kubernetes/scheduler/plugin.ts';
export type { Shape } from './workload/shape.ts';
export { Workload } from './workload/workload.ts';
export { buildWorkload, type JobSpec } from './workload/workload-builder.ts';
export { READ_OPTIONS, type ReadOptions, type TraceReader } from './workload/reader.ts';
export { ReportBuilder } from './workload/read-report.ts';
export type { Fault, FaultPlan } from './faults/fault-plan.ts';
export type { FaultKindDefinition } from './faults/kinds/fault-kind.ts';
export type { FaultSource } from './faults/sources/fault-source.ts';
export type { MetricCollector, MetricDefinition } from './metrics/metric-definition.ts';
export { Counter, RAN, RecordKind, TaskOutcome, type Collector } from './metrics/log.ts';
export { ExitOutcome } from './world/exit-outcome.ts';
export { MachineInventory, type MachineSpec } from './world/machine-inventory.ts';
export type { Chart, ChartDefinition } from './report/charts/chart.ts';
export { InputError } from './engine/input-error.ts';
export { BYTES, CPU_MILLI, DURATION_US } from './engine/quantity-schema.ts';
export { parseBytes, parseCpuMilli, parseDurationUs } from './engine/quantity.ts';
export { z } from 'zod';
