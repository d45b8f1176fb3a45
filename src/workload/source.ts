import { resolve } from 'node:path';
import { z } from 'zod';
import type { MachineSpec } from '../world/machine-inventory.ts';
import { cachedReading, type CacheOutcome, hashSource, type SourceFile } from './column-cache.ts';
import type { Reading, ReadOptions, TraceFile, TraceReader } from './reader.ts';
import { TRACE_READERS } from './readers/registry.ts';
import { ReportBuilder } from './read-report.ts';
import { GENERATORS } from './synthetic/registry.ts';

/** Options of a trace after validation: `format`, one path per file role, and what the reader takes. */
export interface TraceSource extends ReadOptions {
  readonly format: string;
}

/** Where a workload comes from, after validation. */
export type WorkloadSource = { readonly trace: TraceSource } | { readonly synthetic: { readonly generator: string } };

const FORMS = z.strictObject({
  // Looked up when it is first needed: plugins may have brought further formats.
  trace: z.lazy((): z.ZodType<TraceSource> => z.discriminatedUnion('format', TRACE_READERS.map((reader) => reader.options) as unknown as [z.ZodObject, ...z.ZodObject[]]) as unknown as z.ZodType<TraceSource>)
    .optional()
    .describe('a recorded workload'),
  synthetic: (z.discriminatedUnion('generator', GENERATORS.map((generator) => generator.options) as unknown as [z.ZodObject, ...z.ZodObject[]]) as unknown as z.ZodType<{ generator: string }>)
    .optional()
    .describe('a generated workload'),
});

/** Schema of the source of a workload in a scenario: `trace:` with a `format`, or `synthetic:` with a `generator`. */
export const WORKLOAD_SOURCE: z.ZodType<WorkloadSource> = FORMS.refine(({ trace, synthetic }) => (trace === undefined) !== (synthetic === undefined), {
  message: 'expected exactly one of trace and synthetic',
}) as unknown as z.ZodType<WorkloadSource>;

/** A workload, where it came from, and what was left out on the way. */
export interface LoadedWorkload extends Reading {
  /** Files that were read, with hashes; none for a generated workload. */
  readonly sources: readonly SourceFile[];
  readonly cache: CacheOutcome;
}

/**
 * Loads or generates a workload.
 * @param baseFolder what relative paths are relative to
 * @param seed of the keyed draws of a generator; a trace does not depend on it
 * @param cacheFolder for binary columns of traces; `null` = no cache
 * @param machines of the cluster, for what {@link heedsMachines}; `null` = they come from the trace, or nobody knows
 * @throws InputError if a file is missing or unusable
 */
export function loadWorkload(source: WorkloadSource, baseFolder: string, seed: number | string, cacheFolder: string | null, machines: readonly MachineSpec[] | null = null): LoadedWorkload {
  return 'trace' in source && source.trace !== undefined
    ? loadTrace(source.trace, baseFolder, cacheFolder, machines)
    : generated((source as { synthetic: { generator: string } }).synthetic, seed);
}

/** Whether a workload depends on the machines that there are. */
export function heedsMachines(source: WorkloadSource): boolean {
  return 'trace' in source && source.trace !== undefined && readerOf(source.trace).heedsMachines === true;
}

/** Paths of a trace's files as the scenario names them, by role. */
export function traceFiles(trace: TraceSource): ReadonlyMap<string, string> {
  const given = new Map(Object.entries(trace) as [string, unknown][]);
  return new Map(readerOf(trace).files.flatMap(({ role }) => (typeof given.get(role) === 'string' ? [[role, given.get(role) as string] as const] : [])));
}

function loadTrace(trace: TraceSource, baseFolder: string, cacheFolder: string | null, machines: readonly MachineSpec[] | null): LoadedWorkload {
  const reader = readerOf(trace);
  const files = new Map<string, TraceFile>();
  for (const [role, label] of traceFiles(trace)) files.set(role, { path: resolve(baseFolder, label), label });
  const sources = [...files].map(([role, file]) => hashSource(role, file));
  const read = (): Reading => reader.read(files, trace, machines);
  if (cacheFolder === null || reader.heedsMachines === true) return { ...read(), sources, cache: { state: 'off', reason: '' } };
  return { ...cachedReading(cacheFolder, reader.name, trace, sources, read), sources };
}

function readerOf(trace: TraceSource): TraceReader {
  const reader = TRACE_READERS.find(({ name }) => name === trace.format);
  if (reader === undefined) throw new Error(`no trace format "${trace.format}"`);
  return reader;
}

function generated(synthetic: { readonly generator: string }, seed: number | string): LoadedWorkload {
  const generator = GENERATORS.find(({ name }) => name === synthetic.generator);
  if (generator === undefined) throw new Error(`no generator "${synthetic.generator}"`);
  const { columns, horizonUs, initialJobs } = generator.generate(synthetic, seed);
  const report = new ReportBuilder();
  report.rows = columns.jobSubmitUs.length;
  report.accepted = report.rows;
  return { columns, machines: null, report: report.finish(initialJobs, horizonUs), sources: [], cache: { state: 'off', reason: '' } };
}
