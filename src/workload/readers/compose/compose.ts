import { z } from 'zod';
import { nearest } from '../../../engine/nearest.ts';
import { GPU_MILLI, MachineInventory } from '../../../world/machine-inventory.ts';
import { ColumnBuilder } from '../../column-builder.ts';
import { JobSelection } from '../../job-selection.ts';
import { ReportBuilder } from '../../read-report.ts';
import { READ_OPTIONS, type ReadOptions, type TraceFile, type TraceReader } from '../../reader.ts';
import type { Constraint } from '../../shape.ts';
import { TraceInputError } from '../../trace-input-error.ts';
import { readComposeFile, type WrittenService } from './compose-file.ts';
import { ConstraintError, type ConstraintSubject, nodeMatches, parseConstraint } from './placement-constraint.ts';
import { EXTENSION_FIELDS, SERVICE, SERVICE_FIELDS, type Service } from './service-schema.ts';
import { swarmNodes } from './swarm-nodes.ts';

/** Scenario options of the reader of Compose files. */
export interface ComposeReaderOptions extends ReadOptions {
  readonly format: 'compose';
  readonly file: string;
  readonly profiles: readonly string[];
  readonly variables: Readonly<Record<string, string | number>>;
  readonly globalNodes?: number | undefined;
}

/** Compose files as a workload: every service is one job. */
export const composeFiles: TraceReader<ComposeReaderOptions> = {
  name: 'compose',
  summary: 'services of a Compose file, deploy section included',
  files: [{ role: 'file', required: true, summary: 'compose.yaml' }],
  options: z.strictObject({
    format: z.literal('compose'),
    file: z.string().min(1).describe('path of a Compose file'),
    profiles: z.array(z.string()).default([]).describe('profiles that are active; services that are only in others are left out'),
    variables: z.record(z.string(), z.union([z.string(), z.number()])).default({}).describe('values of variables of the file; never taken from the environment'),
    globalNodes: z.int().min(1).max(1_000_000).optional().describe('number of nodes that a service of mode global runs on; default: the machines of the cluster that meet its constraints'),
    ...READ_OPTIONS,
  }) as unknown as z.ZodType<ComposeReaderOptions>,
  heedsMachines: true,
  read(files, options, machines = null) {
    const nodes = machines === null ? null : swarmNodes(new MachineInventory(machines));
    const file = files.get('file')!;
    const report = new ReportBuilder();
    const builder = new ColumnBuilder(options.name ?? 'compose');
    const selection = new JobSelection(options);
    const { project, services } = readComposeFile(file, new Map(Object.entries(options.variables).map(([name, value]) => [name, String(value)])));
    const leftOut = new Set<string>();
    const waits = new Map<string, Wait[]>();
    let lastUs = 0;
    for (const written of services) {
      report.rows++;
      const service = serviceOf(file, written);
      const fail = failing(file, written);
      waits.set(written.name, waitsOf(service, written, services, fail));
      if (service.profiles !== undefined && service.profiles.length > 0 && !service.profiles.some((profile) => options.profiles.includes(profile))) {
        leftOut.add(written.name);
        report.reject(file.label, written.line([]), `service "${written.name}" is only in profiles that are not active: ${service.profiles.join(', ')}`);
        continue;
      }
      const extension = service['x-seatrial'];
      const submittedUs = extension?.submitAt ?? 0;
      const kind = kindOf(service, fail);
      const durationUs = (kind === 'batch' ? extension?.duration : extension?.lifetime) ?? Infinity;
      const endUs = submittedUs + durationUs;
      const inWindow = selection.inWindow(submittedUs, endUs);
      if (!inWindow || !selection.sampled(written.name)) {
        leftOut.add(written.name);
        if (inWindow) report.notSampled++;
        else report.outsideWindow++;
        continue;
      }
      const submitUs = Math.max(submittedUs, selection.fromUs);
      const replicas = replicasOf(service, options, nodes, fail);
      const shape = builder.shape({ kind, ...requestsOf(service, fail), image: service.image ?? (service.build === undefined ? '' : `${project}-${written.name}`), constraints: neutralConstraints(service), priority: extension?.priority ?? 0, user: project, failureShare: extension?.failureShare ?? 0, native: { format: 'compose', spec: written.value } });
      const after = waits.get(written.name)!.filter(({ completed }) => completed).map(({ name }) => name);
      builder.job(written.name, submitUs, shape, kind === 'service' && durationUs !== Infinity ? endUs - submitUs : durationUs, Math.max(1, replicas, extension?.maxReplicas ?? 0), written.line([]), after, replicas);
      report.accepted++;
      lastUs = Math.max(lastUs, submittedUs, endUs === Infinity ? 0 : endUs);
    }
    refuseCycles(file, services, waits);
    if (builder.jobCount === 0) throw new TraceInputError({ file: file.label, problem: `holds no usable service (${report.rows} read, ${leftOut.size} left out)` });
    const originUs = selection.windowed ? selection.fromUs : 0;
    builder.shiftBack(originUs);
    const columns = builder.build(leftOut);
    const initialJobs = selection.windowed ? columns.jobSubmitUs.filter((timeUs) => timeUs === 0).length : 0;
    return { columns, machines: null, report: report.finish(initialJobs, (selection.toUs === Infinity ? lastUs : selection.toUs) - originUs) };
  },
};

type Failing = (path: readonly PropertyKey[], problem: string, more?: { readonly expected?: string; readonly hint?: string }) => TraceInputError;

function failing(file: TraceFile, { name, line }: WrittenService): Failing {
  return (path, problem, more = {}) => new TraceInputError({ file: file.label, line: line(path), path: ['services', name, ...path].join('.'), problem, ...more });
}

function serviceOf(file: TraceFile, written: WrittenService): Service {
  const fail = failing(file, written);
  const unknown = (fields: readonly string[], known: readonly string[], path: readonly string[], problem: string): void => {
    const wrong = fields.find((field) => !field.startsWith('x-') && !known.includes(field));
    if (wrong === undefined) return;
    const hint = nearest(wrong, known);
    throw fail([...path, wrong], problem, hint === undefined ? {} : { hint: `did you mean "${hint}"?` });
  };
  unknown(Object.keys(written.value), SERVICE_FIELDS, [], 'a service has no such field');
  if (written.value['extends'] !== undefined) throw fail(['extends'], 'extending other services is not supported', { hint: 'docker compose config prints the file with everything put in' });
  const extension = written.value['x-seatrial'];
  if (typeof extension === 'object' && extension !== null) unknown(Object.keys(extension), EXTENSION_FIELDS, ['x-seatrial'], 'there is no such field');
  const parsed = SERVICE.safeParse(written.value);
  if (parsed.success) return parsed.data;
  const { path, message } = deepest(parsed.error.issues[0]!);
  throw fail(path, message);
}

/** Of the alternatives of a union that none fits, the one that came furthest. */
function deepest(issue: z.core.$ZodIssue): { readonly path: readonly PropertyKey[]; readonly message: string } {
  if (issue.code !== 'invalid_union') return issue;
  const nested = issue.errors.flatMap((issues) => (issues[0] === undefined ? [] : [deepest(issues[0])]));
  const furthest = nested.reduce<{ readonly path: readonly PropertyKey[]; readonly message: string } | undefined>((best, next) => (best === undefined || next.path.length > best.path.length ? next : best), undefined);
  const told = furthest ?? issue;
  return furthest !== undefined && furthest.path.length > 0 ? { path: [...issue.path, ...told.path], message: told.message } : { path: issue.path, message: nested.find(({ message }) => message.startsWith('expected'))?.message ?? issue.message };
}

function kindOf(service: Service, fail: Failing): 'batch' | 'service' {
  const extension = service['x-seatrial'];
  const mode = service.deploy?.mode;
  if (extension?.duration !== undefined) {
    if (extension.lifetime !== undefined) throw fail(['x-seatrial', 'lifetime'], 'work that ends has no lifetime', { expected: 'duration or lifetime' });
    return 'batch';
  }
  if (mode === 'replicated-job' || mode === 'global-job') throw fail(['deploy', 'mode'], `how long a ${mode} works is not said`, { hint: 'x-seatrial: { duration: 10min }' });
  return 'service';
}

function replicasOf(service: Service, { globalNodes }: ComposeReaderOptions, nodes: readonly ConstraintSubject[] | null, fail: Failing): number {
  const { deploy } = service;
  const ends = service['x-seatrial']?.duration !== undefined;
  if (deploy?.mode === 'global' || deploy?.mode === 'global-job') {
    if (globalNodes !== undefined) return globalNodes;
    if (nodes === null) throw fail(['deploy', 'mode'], 'a global service runs on every node, and it is not said how many there are', { hint: 'give the reader globalNodes: 100' });
    const count = eligible(nodes, deploy.placement?.constraints ?? []);
    if (count === 0 && ends) throw fail(['deploy', 'placement', 'constraints'], 'no machine of the cluster meets the constraints of this global job');
    return count;
  }
  const replicas = deploy?.replicas ?? service.scale ?? 1;
  if (replicas === 0 && ends) throw fail(['deploy', 'replicas'], 'a job of no task');
  return replicas;
}

/** Nodes that meet the constraints; with one that swarm mode refuses the service never runs, on however many nodes. */
function eligible(nodes: readonly ConstraintSubject[], texts: readonly string[]): number {
  try {
    const constraints = texts.map((text) => parseConstraint(text));
    return nodes.filter((node) => nodeMatches(constraints, node)).length;
  } catch (error) {
    if (error instanceof ConstraintError) return nodes.length;
    throw error;
  }
}

/** Reservations; where there are none, limits: what the service may come to use. */
function requestsOf(service: Service, fail: Failing): { readonly cpuMilli: number; readonly memoryBytes: number; readonly gpuCount: number; readonly gpuMilli: number } {
  const { reservations, limits } = service.deploy?.resources ?? {};
  let gpuCount = 0;
  reservations?.devices?.forEach(({ capabilities, count, device_ids: ids }, i) => {
    if (!capabilities.includes('gpu')) return;
    if (typeof count !== 'number' && ids === undefined) throw fail(['deploy', 'resources', 'reservations', 'devices', i], 'how many GPUs is not said', { expected: 'count: a number' });
    gpuCount += typeof count === 'number' ? count : ids!.length;
  });
  return {
    cpuMilli: Math.round((reservations?.cpus ?? limits?.cpus ?? service.cpus ?? 0) * 1e6) / 1e3,
    memoryBytes: reservations?.memory ?? service.mem_reservation ?? limits?.memory ?? service.mem_limit ?? 0,
    gpuCount,
    gpuMilli: gpuCount === 0 ? 0 : GPU_MILLI,
  };
}

/** Constraints on labels, which every system understands; all others are swarm mode's own. */
function neutralConstraints({ deploy }: Service): Constraint[] {
  return (deploy?.placement?.constraints ?? []).flatMap((text): Constraint[] => {
    const match = /^\s*(?:node|engine)\.labels\.([^\s=!]+)\s*(==|!=)\s*(.*?)\s*$/.exec(text);
    return match === null ? [] : [{ attribute: match[1]!, operator: match[2] as Constraint['operator'], value: match[3]! }];
  });
}

interface Wait {
  readonly name: string;
  readonly path: readonly PropertyKey[];
  /** Waits for its end, not its start. */
  readonly completed: boolean;
}

function waitsOf(service: Service, { name }: WrittenService, services: readonly WrittenService[], fail: Failing): Wait[] {
  const { depends_on: dependsOn } = service;
  const waits: Wait[] = Array.isArray(dependsOn)
    ? dependsOn.map((other, i) => ({ name: other, path: ['depends_on', i], completed: false }))
    : Object.entries(dependsOn ?? {}).map(([other, { condition }]) => ({ name: other, path: ['depends_on', other], completed: condition === 'service_completed_successfully' }));
  const names = services.map((other) => other.name);
  for (const { name: other, path } of waits) {
    if (names.includes(other)) continue;
    const required = Array.isArray(dependsOn) || dependsOn![other]!.required;
    if (!required) continue;
    const hint = nearest(other, names.filter((candidate) => candidate !== name));
    throw fail(path, `service "${name}" depends on "${other}", which does not exist`, hint === undefined ? {} : { hint: `did you mean "${hint}"?` });
  }
  return waits.filter(({ name: other }) => names.includes(other));
}

/** Services that wait for each other are refused (compose-spec/compose-go, graph/cycle.go). */
function refuseCycles(file: TraceFile, services: readonly WrittenService[], waits: ReadonlyMap<string, readonly Wait[]>): void {
  const done = new Set<string>();
  const visit = (name: string, way: readonly string[]): void => {
    if (done.has(name)) return;
    if (way.includes(name)) {
      const written = services.find((service) => service.name === name)!;
      throw failing(file, written)(['depends_on'], `services wait for each other: ${[...way.slice(way.indexOf(name)), name].join(' -> ')}`);
    }
    for (const wait of waits.get(name) ?? []) visit(wait.name, [...way, name]);
    done.add(name);
  };
  for (const { name } of services) visit(name, []);
}
