import { columnsOf } from '../metrics/columns.ts';
import type { Component } from '../metrics/log.ts';
import type { TimelineColumn } from '../metrics/run-metrics.ts';
import type { WaitPoint } from '../metrics/waits.ts';
import { FURTHER_METRICS, type MetricCollector, type MetricDefinition } from '../metrics/metric-definition.ts';
import { TaskTable } from '../metrics/task-table.ts';
import type { RunInputs } from '../scenario/expand.ts';
import { plainJson } from '../scenario/canonical.ts';
import type { TranslationRule } from '../orchestrators/orchestrator.ts';
import { hasForeignSettings, SEAM_TRANSLATIONS } from '../orchestrators/seam-translations.ts';
import type { RunSpec } from '../scenario/run-spec.ts';
import { type Composition, compose, type Observation } from './compose.ts';
import type { CellValue, RunRecord } from './run-record.ts';
import { sealed } from './sealed.ts';
import { TrailCollector } from './trail.ts';

/** A run whose books do not balance at its end: a bug in a model, never a result. */
export class RunBroken extends Error {
  constructor(problems: readonly string[]) {
    super(`the run broke ${problems.length === 1 ? 'an invariant' : `${problems.length} invariants`}: ${problems.slice(0, MOST_PROBLEMS).join('; ')}${problems.length > MOST_PROBLEMS ? '; ...' : ''}`);
    this.name = 'RunBroken';
  }
}

const MOST_PROBLEMS = 10;

/**
 * Makes one run. A pure function of the spec and the inputs that it names: no file, clock, environment or global generator; `Math.random` and `Date` throw meanwhile.
 * @throws RunBroken if invariants of the orchestrator or the world, or the accounting of tasks, do not hold at the end
 */
export function run(spec: RunSpec, inputs: RunInputs, observation: Observation = {}): RunRecord {
  return sealed(() => {
    let table: TaskTable | null = null;
    const trail = new TrailCollector();
    let further: readonly { readonly columns: MetricDefinition['columns']; readonly collector: MetricCollector }[] = [];
    const composition = compose(spec, inputs, {
      ...observation,
      collectors: (parts) => {
        further = FURTHER_METRICS.map((metric) => ({ columns: metric.columns, collector: metric.create({ ...parts, window: { fromUs: spec.fromUs, toUs: spec.toUs } }) }));
        const others = [...(observation.collectors?.(parts) ?? []), ...further.map(({ collector }) => collector), trail];
        if (observation.tasks !== true) return others;
        table = new TaskTable(parts.workload, parts.inventory);
        return [...others, table];
      },
    });
    const { simulation, world, log, orchestrator, metrics } = composition;
    simulation.run(spec.toUs);
    const result = metrics.finish(simulation.nowUs, log);
    const problems = [...result.problems, ...orchestrator.invariants(), ...world.invariants()];
    if (problems.length > 0) throw new RunBroken(problems);

    const digest = log.digest.toString();
    const summary = new Map<string, CellValue>([
      ...result.summary,
      ['eventCount', simulation.eventCount],
      ['recordCount', log.digest.recordCount],
      ['digest', digest],
      ...further.flatMap(({ columns, collector }) => {
        const values = collector.finish(simulation.nowUs);
        return columns.map(({ name }, i): [string, CellValue] => [name, values[i] ?? null]);
      }),
    ]);
    return {
      spec: plainJson(spec),
      digest,
      checkpoints: log.digest.checkpoints,
      eventCount: simulation.eventCount,
      recordCount: log.digest.recordCount,
      trail: trail.trail(),
      tables: {
        runs: [rowOf('runs.csv', spec, summary)],
        timeline: timelineRows(spec, result.timeline),
        recoveries: result.recoveries.map((row) => rowOf('recoveries.csv', spec, new Map(row))),
        waits: waitRows(spec, result.waits),
        translations: translationsOf(composition).map((row) => rowOf('translations.csv', spec, row)),
        components: log.components.map((component) => rowOf('components.csv', spec, componentRow(component, spec.toUs))),
        elections: [],
      },
      tasks: table === null ? null : Array.from((table as TaskTable).rows(log.reasons), (row) => [spec.id, ...row]),
    };
  });
}

/** What columns say of every row of a run. */
function fixedCells(spec: RunSpec): Map<string, CellValue> {
  return new Map<string, CellValue>([['run', spec.id], ['scenario', spec.scenario], ['cell', spec.cell], ['label', spec.label], ['orchestrator', spec.orchestrator], ['seed', spec.seed]]);
}

/** Hundreds of rows per run: looked up per column, not per cell. */
function timelineRows(spec: RunSpec, series: readonly TimelineColumn[]): CellValue[][] {
  const fixed = fixedCells(spec);
  const columns = columnsOf('timeline.csv').map(({ name }) => series.find(({ column }) => column === name)?.values ?? fixed.get(name) ?? null);
  return Array.from({ length: series[0]?.values.length ?? 0 }, (_, i) => columns.map((column): CellValue => (typeof column === 'object' && column !== null ? (column[i] ?? null) : column)));
}

/** As {@link timelineRows}. */
function waitRows(spec: RunSpec, points: readonly WaitPoint[]): CellValue[][] {
  const fixed = fixedCells(spec);
  const columns = columnsOf('waits.csv').map(({ name }) => ({ name: name as keyof WaitPoint, fixed: fixed.get(name) }));
  return points.map((point) => columns.map((column) => column.fixed ?? point[column.name] ?? null));
}

/** A row in the order of a file's columns: what the run contributes, and the columns that say which run it is. */
function rowOf(file: string, spec: RunSpec, values: ReadonlyMap<string, CellValue>): CellValue[] {
  const fixed = fixedCells(spec);
  // A column `label` of recoveries.csv is the fault's.
  return columnsOf(file).map(({ name }) => values.get(name) ?? fixed.get(name) ?? null);
}

function componentRow(component: Component, toUs: number): Map<string, CellValue> {
  const { name, decisions, commits, conflicts, abandoned, busyUs, jobs, waitUs } = component;
  return new Map<string, CellValue>([
    ['component', name],
    ['decisions', decisions],
    ['commits', commits],
    ['conflicts', conflicts],
    ['conflictFraction', commits === 0 ? null : conflicts / commits],
    ['abandonedJobs', abandoned],
    ['busyS', busyUs / 1e6],
    ['busyShare', busyUs / toUs],
    ['jobs', jobs],
    ['jobWaitMeanS', jobs === 0 ? null : waitUs / jobs / 1e6],
  ]);
}

/** Which rules of the translation table applied, to how much of the workload. */
function translationsOf({ definition, workload, translations, client }: Composition): Map<string, CellValue>[] {
  const tasksOfShape = new Float64Array(workload.shapes.length);
  for (let job = 0; job < workload.jobCount; job++) tasksOfShape[workload.columns.jobShape[job]!]! += workload.size(job);
  const rows = definition.translations.flatMap(({ key, meaning }) => {
    let shapes = 0;
    let tasks = 0;
    let rejectedTasks = 0;
    translations.forEach(({ applied, request }, shape) => {
      if (!applied.includes(key)) return;
      shapes++;
      tasks += tasksOfShape[shape]!;
      if (request === null) rejectedTasks += tasksOfShape[shape]!;
    });
    return shapes === 0 ? [] : [new Map<string, CellValue>([['rule', key], ['meaning', meaning], ['shapes', shapes], ['tasks', tasks], ['rejectedTasks', rejectedTasks]])];
  });
  const { foreignSettings, noScale, noUpdate } = SEAM_TRANSLATIONS;
  const foreign = workload.shapes.flatMap((shape, index) => (hasForeignSettings(shape, definition.nativeFormats) ? [index] : []));
  const row = ({ key, meaning }: TranslationRule, shapes: number, tasks: number) =>
    new Map<string, CellValue>([['rule', key], ['meaning', meaning], ['shapes', shapes], ['tasks', tasks], ['rejectedTasks', 0]]);
  if (foreign.length > 0) rows.push(row(foreignSettings, foreign.length, foreign.reduce((sum, shape) => sum + tasksOfShape[shape]!, 0)));
  for (const [rule, kind] of [[noScale, 'scale'], [noUpdate, 'update']] as const) {
    const { actions, tasks } = client.leftOut[kind];
    if (actions > 0) rows.push(row(rule, 0, tasks));
  }
  return rows;
}
