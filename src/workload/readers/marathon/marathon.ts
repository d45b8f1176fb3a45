import { z } from 'zod';
import { DURATION_US } from '../../../engine/quantity-schema.ts';
import { nearest } from '../../../engine/nearest.ts';
import { GPU_MILLI } from '../../../world/machine-inventory.ts';
import { ColumnBuilder } from '../../column-builder.ts';
import { JobSelection } from '../../job-selection.ts';
import { ReportBuilder } from '../../read-report.ts';
import { READ_OPTIONS, type ReadOptions, type TraceFile, type TraceReader } from '../../reader.ts';
import type { Constraint } from '../../shape.ts';
import { TraceInputError } from '../../trace-input-error.ts';
import { APP, APP_FIELDS, type AppDefinition } from './app-schema.ts';
import { absolute, readAppFile, type WrittenApp } from './app-file.ts';

const MEBIBYTE = 1_048_576;
const LABEL = 'seatrial.dev/';
const LABELS = ['duration', 'submit-at', 'failure-share', 'max-instances'] as const;

/** Scenario options of the reader of Marathon apps. */
export interface MarathonReaderOptions extends ReadOptions {
  readonly format: 'marathon';
  readonly apps: string;
}

/** Marathon's own JSON as a workload: every app is a service. */
export const marathonApps: TraceReader<MarathonReaderOptions> = {
  name: 'marathon',
  summary: 'Marathon apps and groups as JSON, or as /v2/apps and /v2/groups answer',
  files: [{ role: 'apps', required: true, summary: 'an app, a group, a list of them, or an answer of the API' }],
  options: z.strictObject({
    format: z.literal('marathon'),
    apps: z.string().min(1).describe('path of a JSON file of apps or groups'),
    ...READ_OPTIONS,
  }) as unknown as z.ZodType<MarathonReaderOptions>,
  read(files, options) {
    const file = files.get('apps')!;
    const report = new ReportBuilder();
    const builder = new ColumnBuilder(options.name ?? 'marathon');
    const selection = new JobSelection(options);
    const dependencies = new Map<string, { readonly on: readonly string[]; readonly line: number }>();
    const lines = new Map<string, number>();
    let lastUs = 0;
    for (const written of readAppFile(file, report)) {
      report.rows++;
      const app = appOf(file, written);
      const id = absolute(app.id, written.group);
      const first = lines.get(id);
      if (first !== undefined) throw new TraceInputError({ file: file.label, line: written.line(['id']), path: 'id', problem: `duplicate id "${id}", first used on line ${first}` });
      lines.set(id, written.line(['id']));
      const on = [...new Set([...app.dependencies.map((dependency) => absolute(dependency, written.group)), ...written.groupDependencies])];
      dependencies.set(id, { on, line: written.line(['dependencies']) });
      const labels = labelsOf(file, written, app);
      const endUs = labels.submitUs + labels.lifetimeUs;
      const inWindow = selection.inWindow(labels.submitUs, endUs);
      if (!inWindow || !selection.sampled(id)) {
        if (inWindow) report.notSampled++;
        else report.outsideWindow++;
        continue;
      }
      const submitUs = Math.max(labels.submitUs, selection.fromUs);
      const shape = builder.shape({
        kind: 'service',
        cpuMilli: Math.round(app.cpus * 1e6) / 1e3,
        memoryBytes: Math.round(app.mem * MEBIBYTE),
        gpuCount: app.gpus,
        gpuMilli: app.gpus === 0 ? 0 : GPU_MILLI,
        image: app.container?.docker?.image ?? app.container?.image ?? '',
        constraints: neutralConstraints(app),
        user: id.split('/').length > 2 ? id.split('/')[1]! : '',
        failureShare: labels.failureShare,
        native: { format: 'marathon', spec: { ...written.value, id, dependencies: on } },
      });
      builder.job(id, submitUs, shape, labels.lifetimeUs === Infinity ? Infinity : endUs - submitUs, Math.max(1, app.instances, labels.maxInstances), written.line([]), [], app.instances);
      report.accepted++;
      lastUs = Math.max(lastUs, labels.submitUs, endUs === Infinity ? 0 : endUs);
    }
    refuseCycles(file, dependencies);
    if (builder.jobCount === 0) throw new TraceInputError({ file: file.label, problem: `holds no usable app (${report.rows} read, ${report.outsideWindow} outside the window, ${report.notSampled} not sampled)` });
    const originUs = selection.windowed ? selection.fromUs : 0;
    builder.shiftBack(originUs);
    const columns = builder.build();
    const initialJobs = selection.windowed ? columns.jobSubmitUs.filter((timeUs) => timeUs === 0).length : 0;
    return { columns, machines: null, report: report.finish(initialJobs, (selection.toUs === Infinity ? lastUs : selection.toUs) - originUs) };
  },
};

function appOf(file: TraceFile, { value, line }: WrittenApp): AppDefinition {
  const misspelt = Object.keys(value).find((key) => !APP_FIELDS.includes(key) && nearest(key, APP_FIELDS) !== undefined);
  if (misspelt !== undefined) throw new TraceInputError({ file: file.label, line: line([misspelt]), path: misspelt, problem: 'an app has no such field', hint: `did you mean "${nearest(misspelt, APP_FIELDS)}"?` });
  const parsed = APP.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new TraceInputError({ file: file.label, line: line(path), ...(path.length > 0 && { path: path.join('.') }), problem: message });
}

interface Labels {
  readonly submitUs: number;
  readonly lifetimeUs: number;
  readonly failureShare: number;
  readonly maxInstances: number;
}

/** What an app does not say of itself: labels of ours. */
function labelsOf(file: TraceFile, { line }: WrittenApp, { labels }: AppDefinition): Labels {
  for (const key of Object.keys(labels)) {
    if (!key.startsWith(LABEL) || (LABELS as readonly string[]).includes(key.slice(LABEL.length))) continue;
    const hint = nearest(key.slice(LABEL.length), LABELS);
    throw new TraceInputError({ file: file.label, line: line(['labels', key]), path: `labels.${key}`, problem: 'there is no such label', ...(hint !== undefined && { hint: `did you mean "${LABEL}${hint}"?` }) });
  }
  const read = <T>(name: (typeof LABELS)[number], schema: z.ZodType<T>, otherwise: T): T => {
    const text = labels[`${LABEL}${name}`];
    if (text === undefined) return otherwise;
    const parsed = schema.safeParse(text);
    if (parsed.success) return parsed.data;
    throw new TraceInputError({ file: file.label, line: line(['labels', `${LABEL}${name}`]), path: `labels.${LABEL}${name}`, problem: parsed.error.issues[0]!.message });
  };
  const number = z.string().regex(/^\d+(\.\d+)?$/, 'expected a number').transform(Number);
  return {
    submitUs: read('submit-at', DURATION_US, 0),
    lifetimeUs: read('duration', DURATION_US, Infinity),
    failureShare: read('failure-share', number.refine((value) => value <= 1, 'expected a share from 0 to 1'), 0),
    maxInstances: read('max-instances', number.refine((value) => Number.isInteger(value) && value <= 1_000_000, 'expected a whole number of at most 1000000'), 0),
  };
}

/** The constraints that are a plain equality of an attribute, which every system understands. */
function neutralConstraints({ constraints }: AppDefinition): Constraint[] {
  return constraints.flatMap(([field, operator, written]): Constraint[] => {
    const value = written === undefined ? '' : String(written);
    if (value === '' || field === 'hostname' || field === '@hostname') return [];
    const attribute = field === '@zone' || field === '@region' ? field.slice(1) : field;
    const literal = /^[\w /:-]*$/.test(value);
    if (operator === 'IS' || operator === 'CLUSTER' || (operator === 'LIKE' && literal)) return [{ attribute, operator: '==', value }];
    return operator === 'UNLIKE' && literal ? [{ attribute, operator: '!=', value }] : [];
  });
}

/** Marathon refuses apps that wait for each other (core/deployment/DeploymentPlan.scala; state/RootGroup.scala). */
function refuseCycles(file: TraceFile, dependencies: ReadonlyMap<string, { readonly on: readonly string[]; readonly line: number }>): void {
  const ids = [...dependencies.keys()];
  const state = new Map<string, 'open' | 'done'>();
  const visit = (id: string, way: readonly string[]): void => {
    if (state.get(id) === 'done') return;
    if (state.get(id) === 'open') throw new TraceInputError({ file: file.label, line: dependencies.get(id)!.line, path: 'dependencies', problem: `apps wait for each other: ${[...way.slice(way.indexOf(id)), id].join(' -> ')}` });
    state.set(id, 'open');
    for (const dependency of dependencies.get(id)!.on) {
      for (const other of ids) if (other !== id && (other === dependency || other.startsWith(`${dependency}/`))) visit(other, [...way, id]);
    }
    state.set(id, 'done');
  };
  for (const id of ids) visit(id, []);
}
