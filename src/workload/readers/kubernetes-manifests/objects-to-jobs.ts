import { parseDurationUs, QuantityError } from '../../../engine/quantity.ts';
import type { MachineSpec } from '../../../world/machine-inventory.ts';
import { ColumnBuilder } from '../../column-builder.ts';
import { JobSelection } from '../../job-selection.ts';
import { ReportBuilder } from '../../read-report.ts';
import type { Reading, TraceFile } from '../../reader.ts';
import type { Shape } from '../../shape.ts';
import { TraceInputError } from '../../trace-input-error.ts';
import { actualUse, annotationProblem } from './annotations.ts';
import { CronSchedule } from './cron-schedule.ts';
import type { KubernetesManifestsOptions } from './kubernetes-manifests.ts';
import { NODES_ANNOTATION, type NativeObject } from './native-object.ts';
import { nodeMachine } from './node-machine.ts';
import type { ManifestObject } from './object-file.ts';
import { type CheckedObject, checkObject, type ObjectKind, type PodTemplateManifest, withDefaultRequests } from './object-schema.ts';
import { podShape } from './pod-shape.ts';

/** Run time of a pod that ends by itself, or lifetime of a service: `10min`. */
const DURATION_ANNOTATION = 'seatrial.dev/duration';
/** When the object is created, from time zero: `1h`. */
const SUBMIT_ANNOTATION = 'seatrial.dev/submit-at';
/** Probability that one attempt of a pod fails by itself. */
const FAILURE_ANNOTATION = 'seatrial.dev/failure-share';
/** Built in (scheduling/v1 helpers.go SystemPriorityClasses). */
const SYSTEM_PRIORITIES: ReadonlyMap<string, number> = new Map([
  ['system-cluster-critical', 2_000_000_000],
  ['system-node-critical', 2_000_001_000],
]);
/** Kinds of objects that say something about those that become jobs. */
const RELATED: ReadonlySet<ObjectKind> = new Set(['PodDisruptionBudget', 'HorizontalPodAutoscaler', 'Service', 'ResourceQuota', 'PriorityClass']);
const MINUTE_US = 60_000_000;

type Labels = Readonly<Record<string, string>>;

interface Placed {
  readonly file: string;
  readonly object: CheckedObject;
}

/** One job to be: what the kinds of objects have in common. */
interface Draft {
  readonly placed: Placed;
  readonly object: NativeObject;
  readonly kind: Shape['kind'];
  readonly template: PodTemplateManifest;
  /** Where the template stands in the object. */
  readonly templatePath: readonly string[];
  readonly tasks: number;
  readonly initialCount: number;
  readonly annotations: Labels;
}

/** Gathers the objects of all files, then makes jobs of them: what an object means may stand in another (priority classes, autoscalers, budgets, nodes). */
export class ObjectsToJobs {
  readonly #options: KubernetesManifestsOptions;
  readonly #report = new ReportBuilder();
  readonly #placed: Placed[] = [];
  /** Those that say something about others. */
  readonly #related: Placed[] = [];
  readonly #machines: MachineSpec[] = [];
  readonly #builder: ColumnBuilder;
  readonly #selection: JobSelection;
  /** Kind of the object per name of a job. */
  readonly #names = new Map<string, string>();
  #lastUs = 0;
  #firstFile = '';

  constructor(options: KubernetesManifestsOptions) {
    this.#options = options;
    this.#builder = new ColumnBuilder(options.name ?? 'kubernetes-manifests');
    this.#selection = new JobSelection(options);
  }

  /** @throws TraceInputError on an object that is wrong */
  add(file: TraceFile, objects: readonly ManifestObject[]): void {
    this.#firstFile ||= file.label;
    const nodes = new Map<string, number>();
    for (const source of objects) {
      this.#report.rows++;
      const object = checkObject(file.label, source);
      if (object === null) {
        this.#report.reject(file.label, source.line([]), `${String(source.value.kind)}: not part of the model`);
        continue;
      }
      if (object.kind !== 'Node') {
        (RELATED.has(object.kind) ? this.#related : this.#placed).push({ file: file.label, object });
        continue;
      }
      const machine = this.#located({ file: file.label, object }, ['status'], () => nodeMachine((object as CheckedObject<'Node'>).value));
      const line = source.line(['metadata', 'name']);
      const first = nodes.get(machine.name);
      if (first !== undefined) throw new TraceInputError({ file: file.label, line, path: 'metadata.name', problem: `duplicate node "${machine.name}", first on line ${first}` });
      if (!(machine.cpuMilli > 0) || !(machine.memoryBytes > 0)) {
        this.#report.reject(file.label, line, `Node ${machine.name}: status.allocatable names no cpu or no memory`);
        continue;
      }
      nodes.set(machine.name, line);
      this.#machines.push(machine);
      this.#report.accepted++;
    }
  }

  /** @throws TraceInputError if nothing can run, or an object lacks what only the reader's options can say */
  finish(): Reading {
    const pods: Placed[] = [];
    this.#report.accepted += this.#related.length;
    for (const placed of this.#placed) {
      const { kind } = placed.object;
      if (kind === 'Pod') pods.push(placed);
      else if (kind === 'CronJob') this.#cronJob(placed as Placed & { object: CheckedObject<'CronJob'> });
      else this.#draft(this.#draftOf(placed));
    }
    this.#pods(pods);
    if (this.#builder.jobCount === 0) throw new TraceInputError({ file: this.#firstFile, problem: `holds nothing that runs (${this.#report.rows} objects)`, expected: 'at least one Deployment, Job, Pod or the like' });
    this.#builder.shiftBack(this.#selection.fromUs);
    const columns = this.#builder.build();
    let initialJobs = 0;
    if (this.#selection.windowed) while (initialJobs < columns.jobSubmitUs.length && columns.jobSubmitUs[initialJobs] === 0) initialJobs++;
    const endUs = this.#selection.toUs === Infinity ? this.#lastUs : this.#selection.toUs;
    return { columns, machines: this.#machines.length > 0 ? this.#machines : null, report: this.#report.finish(initialJobs, endUs - this.#selection.fromUs) };
  }

  #draftOf(placed: Placed): Draft {
    const { object } = placed;
    const native = object.value as NativeObject;
    const annotations = object.value.metadata.annotations ?? {};
    if (object.kind === 'Job') {
      const { spec } = (object as CheckedObject<'Job'>).value;
      // A suspended Job has no pods.
      const tasks = spec.suspend === true ? 0 : (spec.completions ?? spec.parallelism ?? 1);
      return { placed, object: native, kind: 'batch', template: spec.template, templatePath: ['spec', 'template'], tasks, initialCount: tasks, annotations };
    }
    if (object.kind === 'DaemonSet') {
      const tasks = this.#options.daemonNodes ?? this.#machines.length;
      if (tasks === 0) {
        const problem = 'a DaemonSet runs on every node, and it is not said how many there are';
        throw new TraceInputError({ file: placed.file, line: object.source.line([]), path: 'kind', problem, hint: 'give the reader daemonNodes: 100, or Node objects' });
      }
      return { placed, object: native, kind: 'service', template: (object as CheckedObject<'DaemonSet'>).value.spec.template, templatePath: ['spec', 'template'], tasks, initialCount: tasks, annotations };
    }
    const { spec } = (object as CheckedObject<'Deployment'>).value;
    const replicas = spec.replicas ?? 1;
    const tasks = Math.max(replicas, this.#mostReplicas(object));
    return { placed, object: native, kind: 'service', template: spec.template, templatePath: ['spec', 'template'], tasks, initialCount: replicas, annotations };
  }

  /** Runs of a CronJob, each a job submitted at its time; what the controller would do about runs that overlap is left to the model. */
  #cronJob(placed: Placed & { object: CheckedObject<'CronJob'> }): void {
    const { object, file } = placed;
    const { spec, metadata } = object.value;
    if (spec.suspend === true) {
      this.#report.reject(file, object.source.line(['spec', 'suspend']), `CronJob ${metadata.name}: is suspended`);
      return;
    }
    if (spec.timeZone && !/^(etc\/)?(utc|gmt)$/i.test(spec.timeZone)) this.#report.repair(file, object.source.line(['spec', 'timeZone']), `CronJob ${metadata.name}: schedule read as UTC instead of ${spec.timeZone}`);
    const schedule = this.#located(placed, ['spec', 'schedule'], () => new CronSchedule(spec.schedule));
    const zeroMinute = minuteOf(this.#options.schedulesFrom);
    const endMinute = zeroMinute + Math.floor((this.#options.schedulesFor - 1) / MINUTE_US);
    const jobSpec = spec.jobTemplate.spec;
    const tasks = jobSpec.completions ?? jobSpec.parallelism ?? 1;
    const annotations = { ...metadata.annotations, ...spec.jobTemplate.metadata?.annotations };
    let runs = 0;
    for (let minute = schedule.next(zeroMinute); minute <= endMinute; minute = schedule.next(minute + 1)) {
      // The controller names a run by its scheduled minute (getJobName in pkg/controller/cronjob/utils.go).
      const draft: Draft = { placed, object: object.value as NativeObject, kind: 'batch', template: jobSpec.template, templatePath: ['spec', 'jobTemplate', 'spec', 'template'], tasks, initialCount: tasks, annotations };
      this.#draft(draft, `${nameOf(object.value.metadata)}-${minute}`, (minute - zeroMinute) * MINUTE_US, runs++ === 0);
    }
    if (runs === 0) this.#report.reject(file, object.source.line(['spec', 'schedule']), `CronJob ${metadata.name}: no run before the end of schedulesFor`);
  }

  /** Pods without an owner are jobs of their own; those of one controller with one spec are one job, like the controller that they come from. */
  #pods(pods: readonly Placed[]): void {
    const groups = new Map<string, Placed[]>();
    for (const placed of pods) {
      const { value, source } = placed.object as CheckedObject<'Pod'>;
      const phase = value.status?.phase;
      if (phase === 'Succeeded' || phase === 'Failed') {
        this.#report.reject(placed.file, source.line([]), `Pod ${nameOf(value.metadata)}: has ended (${phase})`);
        continue;
      }
      const owner = value.metadata.ownerReferences?.find(({ controller }) => controller === true);
      // A node's own pods (static pods) are mirrored, not controlled.
      const key = owner === undefined || owner.kind === 'Node' ? JSON.stringify([nameOf(value.metadata)]) : JSON.stringify([value.metadata.namespace, owner.kind, owner.name, templateOf(value).spec]);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [placed]);
      else group.push(placed);
    }
    for (const group of groups.values()) {
      const placed = group[0]!;
      const { value } = placed.object as CheckedObject<'Pod'>;
      const owner = value.metadata.ownerReferences?.find(({ controller, kind }) => controller === true && kind !== 'Node');
      const template = templateOf(value);
      const nodes = group.map(({ object }) => (object as CheckedObject<'Pod'>).value.spec.nodeName ?? '');
      const annotations: Record<string, string> = { ...value.metadata.annotations };
      if (this.#options.placement === 'recorded' && nodes.some((node) => node !== '')) annotations[NODES_ANNOTATION] = nodes.join(',');
      const { namespace } = value.metadata;
      const ownKind = owner?.kind ?? 'Pod';
      const batch = ownKind === 'Job' || (owner === undefined && annotations[DURATION_ANNOTATION] !== undefined);
      const metadata = { name: owner?.name ?? value.metadata.name, ...(namespace !== undefined && { namespace }), annotations };
      const spec = ownKind === 'Pod' ? template.spec : ownKind === 'Job' ? { completions: group.length, template } : { replicas: group.length, template };
      const object = { kind: ownKind, metadata: ownKind === 'Pod' ? { ...metadata, ...(value.metadata.labels && { labels: value.metadata.labels }) } : metadata, spec } as NativeObject;
      this.#report.accepted += group.length - 1;
      this.#draft({ placed, object, kind: batch ? 'batch' : 'service', template, templatePath: [], tasks: group.length, initialCount: group.length, annotations });
    }
  }

  /** @param counts whether the object is to be counted as used */
  #draft(draft: Draft, name = nameOf(draft.object.metadata), submitUs = this.#durationOf(draft, SUBMIT_ANNOTATION) ?? 0, counts = true): void {
    const { placed, template, templatePath, kind } = draft;
    const { file, object } = placed;
    const line = object.source.line(['metadata', 'name']);
    if (draft.tasks === 0) {
      this.#report.reject(file, line, `${object.kind} ${name}: asks for no pod`);
      return;
    }
    const ownKind = draft.object.kind;
    const taken = this.#names.get(name);
    const jobName = taken === undefined || taken === ownKind ? name : `${ownKind.toLowerCase()}/${name}`;
    if (this.#names.has(jobName)) {
      const first = this.#builder.lineOf(jobName);
      throw new TraceInputError({ file, line, path: 'metadata.name', problem: `duplicate ${ownKind} "${name}"${first >= 0 ? `, first on line ${first}` : ''}` });
    }
    this.#names.set(jobName, ownKind);
    const durationUs = this.#durationOf(draft, DURATION_ANNOTATION) ?? (kind === 'service' ? Infinity : this.#options.jobDuration);
    if (durationUs === undefined) {
      const problem = `${object.kind} ${name}: how long its pods run is not in the object`;
      throw new TraceInputError({ file, line, path: 'metadata.annotations', problem, expected: `the annotation ${DURATION_ANNOTATION}: 10min`, hint: 'or give the reader jobDuration: 10min for all' });
    }
    for (const [key, text] of [...Object.entries(draft.annotations), ...Object.entries(template.metadata?.annotations ?? {})]) {
      const problem = annotationProblem(key, text);
      if (problem !== '') throw this.#annotationError(draft, key, problem);
    }
    const inWindow = this.#selection.inWindow(submitUs, submitUs + durationUs);
    if (!inWindow || !this.#selection.sampled(jobName)) {
      if (inWindow) this.#report.notSampled++;
      else this.#report.outsideWindow++;
      return;
    }
    const failureShare = Number(annotation(draft, FAILURE_ANNOTATION) ?? 0);
    if (!(failureShare >= 0 && failureShare <= 1)) throw this.#annotationError(draft, FAILURE_ANNOTATION, 'is no probability', 'a number from 0 to 1');
    const related = this.#relatedTo(draft);
    const asked = this.#located(placed, [...templatePath, 'spec'], () => podShape(withDefaultRequests(template.spec)));
    const use = actualUse((key) => annotation(draft, key), asked.cpuMilli, asked.memoryBytes);
    const shape = this.#builder.shape({
      kind,
      ...asked,
      ...(use !== undefined && { use }),
      priority: this.#priorityOf(draft),
      user: draft.object.metadata.namespace ?? 'default',
      failureShare,
      native: { format: 'kubernetes', spec: related.length > 0 ? { ...draft.object, related } : draft.object },
    });
    const startUs = Math.max(submitUs, this.#selection.fromUs);
    this.#builder.job(jobName, startUs, shape, durationUs - (startUs - submitUs), draft.tasks, line, [], draft.initialCount);
    this.#lastUs = Math.max(this.#lastUs, submitUs);
    if (counts) this.#report.accepted++;
  }

  #durationOf(draft: Draft, key: string): number | undefined {
    const text = annotation(draft, key);
    if (text === undefined) return undefined;
    try {
      return parseDurationUs(text);
    } catch (error) {
      if (error instanceof QuantityError) throw this.#annotationError(draft, key, error.message);
      throw error;
    }
  }

  #annotationError({ placed, templatePath }: Draft, key: string, problem: string, expected?: string): TraceInputError {
    const own = placed.object.value.metadata.annotations?.[key] !== undefined;
    const path = [...(own ? [] : templatePath), 'metadata', 'annotations', key];
    return new TraceInputError({ file: placed.file, line: placed.object.source.line(path), path: path.join('.'), problem, ...(expected !== undefined && { expected }) });
  }

  /** Priority as the admission plugin Priority resolves it. */
  #priorityOf({ placed, template, templatePath }: Draft): number {
    const { priority, priorityClassName } = template.spec;
    const classes = this.#related.flatMap(({ object }) => (object.kind === 'PriorityClass' ? [(object as CheckedObject<'PriorityClass'>).value] : []));
    if (priorityClassName) {
      const value = SYSTEM_PRIORITIES.get(priorityClassName) ?? classes.find(({ metadata }) => metadata.name === priorityClassName)?.value ?? priority;
      if (value !== undefined && value !== null) return value;
      const path = [...templatePath, 'spec', 'priorityClassName'];
      throw new TraceInputError({ file: placed.file, line: placed.object.source.line(path), path: path.join('.'), problem: `there is no PriorityClass "${priorityClassName}" among the objects`, expected: 'its manifest in the same file, or a system class' });
    }
    return priority ?? classes.find(({ globalDefault }) => globalDefault === true)?.value ?? 0;
  }

  #mostReplicas(target: CheckedObject): number {
    let most = 0;
    for (const { object } of this.#related) if (scales(object, target.kind, target.value.metadata)) most = Math.max(most, (object as CheckedObject<'HorizontalPodAutoscaler'>).value.spec.maxReplicas);
    return most;
  }

  /** Objects of the same namespace that bear on this one, as they are written. */
  #relatedTo({ object, template }: Draft): unknown[] {
    const labels = (object.kind === 'Pod' ? (object.metadata as { labels?: Labels }).labels : template.metadata?.labels) ?? {};
    return this.#related.flatMap(({ object: other }): unknown[] => {
      if (other.kind === 'PriorityClass') return other.value.metadata.name === template.spec.priorityClassName ? [other.value] : [];
      if ((other.value.metadata.namespace ?? 'default') !== (object.metadata.namespace ?? 'default')) return [];
      if (other.kind === 'ResourceQuota') return [other.value];
      if (other.kind === 'HorizontalPodAutoscaler') return scales(other, object.kind, object.metadata) ? [other.value] : [];
      if (other.kind === 'Service') return matches((other as CheckedObject<'Service'>).value.spec.selector ?? null, labels) ? [other.value] : [];
      const { selector } = (other as CheckedObject<'PodDisruptionBudget'>).value.spec;
      return matches(selector?.matchLabels ?? null, labels) ? [other.value] : [];
    });
  }

  #located<T>({ file, object }: Placed, path: readonly string[], read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof RangeError) throw new TraceInputError({ file, line: object.source.line(path), path: path.join('.'), problem: error.message });
      throw error;
    }
  }
}

function annotation({ annotations, template }: Draft, key: string): string | undefined {
  return annotations[key] ?? template.metadata?.annotations?.[key];
}

/** `name`, or `namespace/name` outside of `default`. */
function nameOf({ name, namespace }: { readonly name: string; readonly namespace?: string | undefined }): string {
  return namespace === undefined || namespace === 'default' ? name : `${namespace}/${name}`;
}

function scales(object: CheckedObject, kind: string, target: { readonly name: string; readonly namespace?: string | undefined }): boolean {
  if (object.kind !== 'HorizontalPodAutoscaler') return false;
  const { metadata, spec } = (object as CheckedObject<'HorizontalPodAutoscaler'>).value;
  return spec.scaleTargetRef.kind === kind && spec.scaleTargetRef.name === target.name && (metadata.namespace ?? 'default') === (target.namespace ?? 'default');
}

/** Whether a selector by labels picks a pod; none picks nothing. */
function matches(selector: Labels | null, labels: Labels): boolean {
  if (selector === null) return false;
  const entries = Object.entries(selector);
  return entries.length > 0 && entries.every(([key, value]) => labels[key] === value);
}

/** The pod without what its node and the API server added: what its controller's template would hold. */
function templateOf(pod: CheckedObject<'Pod'>['value']): PodTemplateManifest {
  const { nodeName: _, volumes: __, ...spec } = pod.spec as PodTemplateManifest['spec'] & { volumes?: unknown };
  const { labels, annotations } = pod.metadata;
  const containers = spec.containers.map(({ volumeMounts: ___, ...container }) => container);
  return { metadata: { ...(labels && { labels }), ...(annotations && { annotations }) }, spec: { ...spec, containers } } as PodTemplateManifest;
}

/** Minutes since 1970-01-01 00:00 of `2026-01-01T00:00Z`. */
function minuteOf(text: string): number {
  const [year, month, day, hour, minute] = text.match(/\d+/g)!.map(Number) as [number, number, number, number, number];
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const days = era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468;
  return (days * 24 + hour) * 60 + minute;
}
