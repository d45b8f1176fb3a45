import { z } from 'zod';
import { nearest } from '../../../engine/nearest.ts';
import type { ManifestObject } from './object-file.ts';
import { podAmounts } from './pod-amounts.ts';
import { parseQuantity } from './quantity.ts';
import { TraceInputError } from '../../trace-input-error.ts';
import { unknownField } from './unknown-field.ts';

const QUANTITY = z.union([z.string(), z.number()]).superRefine((value, context) => {
  try {
    parseQuantity(value, 1);
  } catch {
    context.addIssue({ code: 'custom', message: `"${value}" is not a Kubernetes quantity; expected a number with an optional suffix, such as 500m, 2, 1.5Gi or 100M` });
    return;
  }
  // As the API server validates resources (pkg/apis/core/validation, ValidateResourceQuantityValue: nonnegative).
  if (String(value).startsWith('-')) context.addIssue({ code: 'custom', message: `"${value}" is negative; expected 0 or more` });
});
const QUANTITIES = z.record(z.string(), QUANTITY);
const LABELS = z.record(z.string(), z.string());
const COUNT = z.int().min(0).max(10_000_000);
const SECONDS = z.number().min(0).max(1e9);
const RESOURCES = z.looseObject({ requests: QUANTITIES.nullish(), limits: QUANTITIES.nullish() });

const METADATA = z.looseObject({
  name: z.string().min(1).max(253),
  namespace: z.string().max(63).optional(),
  labels: LABELS.nullish(),
  annotations: LABELS.nullish(),
  ownerReferences: z.array(z.looseObject({ kind: z.string(), name: z.string(), controller: z.boolean().optional() })).nullish(),
});

const PROBE = z.looseObject({ initialDelaySeconds: COUNT.nullish(), periodSeconds: COUNT.nullish(), successThreshold: COUNT.nullish(), failureThreshold: COUNT.nullish() });
const COUNT_OR_SHARE = z.union([COUNT, z.string().regex(/^\d+%$/, 'expected a number of pods or a share such as 25%')], 'expected a number of pods or a share such as 25%');

const CONTAINER = z.looseObject({
  name: z.string().optional(),
  image: z.string().optional(),
  ports: z.array(z.looseObject({ hostPort: z.int().min(0).max(65_535).optional(), hostIP: z.string().optional(), protocol: z.string().optional() })).optional(),
  resources: RESOURCES.nullish(),
  restartPolicy: z.string().optional(),
  startupProbe: PROBE.nullish(),
  readinessProbe: PROBE.nullish(),
  livenessProbe: PROBE.nullish(),
});

const expression = <Operators extends readonly [string, ...string[]]>(operators: Operators) => z.looseObject({ key: z.string(), operator: z.enum(operators), values: z.array(z.string()).nullish() });
const SELECTOR = z.looseObject({ matchLabels: LABELS.nullish(), matchExpressions: z.array(expression(['In', 'NotIn', 'Exists', 'DoesNotExist'])).nullish() });
const NODE_EXPRESSION = expression(['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt']);

// Required and allowed values as pkg/apis/core/validation/validation.go has them, v1.35.
const WEIGHT = z.int().min(1).max(100);
const NODE_TERM = z.looseObject({ matchExpressions: z.array(NODE_EXPRESSION).optional(), matchFields: z.array(NODE_EXPRESSION).optional() });
const POD_TERM = z.looseObject({
  topologyKey: z.string().min(1),
  labelSelector: SELECTOR.optional(),
  namespaces: z.array(z.string()).optional(),
  namespaceSelector: SELECTOR.optional(),
  matchLabelKeys: z.array(z.string()).optional(),
  mismatchLabelKeys: z.array(z.string()).optional(),
});
const POD_AFFINITY = z.looseObject({
  requiredDuringSchedulingIgnoredDuringExecution: z.array(POD_TERM).optional(),
  preferredDuringSchedulingIgnoredDuringExecution: z.array(z.looseObject({ weight: WEIGHT, podAffinityTerm: POD_TERM })).optional(),
});

const POD_SPEC = z.looseObject({
  containers: z.array(CONTAINER).min(1),
  initContainers: z.array(CONTAINER).nullish(),
  overhead: QUANTITIES.nullish(),
  resources: RESOURCES.nullish(),
  nodeName: z.string().nullish(),
  nodeSelector: LABELS.nullish(),
  priority: z.int().nullish(),
  priorityClassName: z.string().nullish(),
  affinity: z
    .looseObject({
      nodeAffinity: z
        .looseObject({
          requiredDuringSchedulingIgnoredDuringExecution: z.looseObject({ nodeSelectorTerms: z.array(NODE_TERM).optional() }).optional(),
          preferredDuringSchedulingIgnoredDuringExecution: z.array(z.looseObject({ weight: WEIGHT, preference: NODE_TERM })).optional(),
        })
        .optional(),
      podAffinity: POD_AFFINITY.optional(),
      podAntiAffinity: POD_AFFINITY.optional(),
    })
    .optional(),
  tolerations: z
    .array(z.looseObject({ key: z.string().optional(), operator: z.enum(['', 'Exists', 'Equal', 'Lt', 'Gt']).optional(), value: z.string().optional(), effect: z.enum(['', 'NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(), tolerationSeconds: z.number().optional() }))
    .optional(),
  topologySpreadConstraints: z
    .array(
      z.looseObject({
        maxSkew: z.int().min(1),
        topologyKey: z.string().min(1),
        whenUnsatisfiable: z.enum(['DoNotSchedule', 'ScheduleAnyway']),
        labelSelector: SELECTOR.optional(),
        minDomains: z.int().min(1).optional(),
        nodeAffinityPolicy: z.enum(['Honor', 'Ignore']).optional(),
        nodeTaintsPolicy: z.enum(['Honor', 'Ignore']).optional(),
        matchLabelKeys: z.array(z.string()).optional(),
      }),
    )
    .optional(),
  preemptionPolicy: z.enum(['Never', 'PreemptLowerPriority']).optional(),
  schedulerName: z.string().optional(),
  schedulingGates: z.array(z.looseObject({ name: z.string() })).optional(),
  terminationGracePeriodSeconds: SECONDS.optional(),
});

const TEMPLATE = z.looseObject({ metadata: z.looseObject({ labels: LABELS.nullish(), annotations: LABELS.nullish() }).nullish(), spec: POD_SPEC });

/** As the API server validates (pkg/apis/apps/validation, ValidateDeploymentSpec and its like): the selector must match the template's labels. */
function selectorMatches({ selector, template }: { readonly selector?: unknown; readonly template: z.output<typeof TEMPLATE> }, context: z.RefinementCtx): void {
  const { matchLabels } = SELECTOR.safeParse(selector).data ?? {};
  const labels = new Map(Object.entries(template.metadata?.labels ?? {}));
  for (const [key, value] of Object.entries(matchLabels ?? {})) {
    if (labels.get(key) !== value) context.addIssue({ code: 'custom', path: ['selector', 'matchLabels', key], message: 'the selector does not match the labels of the template' });
  }
}

const REPLICATED = z.looseObject({
  replicas: COUNT.nullish(),
  selector: z.unknown().optional(),
  template: TEMPLATE,
  minReadySeconds: SECONDS.nullish(),
  progressDeadlineSeconds: SECONDS.nullish(),
  strategy: z.looseObject({ type: z.enum(['RollingUpdate', 'Recreate']).optional(), rollingUpdate: z.looseObject({ maxSurge: COUNT_OR_SHARE.nullish(), maxUnavailable: COUNT_OR_SHARE.nullish() }).nullish() }).nullish(),
  podManagementPolicy: z.enum(['OrderedReady', 'Parallel']).optional(),
  updateStrategy: z.looseObject({ type: z.enum(['RollingUpdate', 'OnDelete']).optional(), rollingUpdate: z.looseObject({ partition: COUNT.nullish() }).nullish() }).nullish(),
}).superRefine(selectorMatches);

/** pkg/apis/autoscaling/validation/validation.go, v1.35. */
const SCALING = z.looseObject({
  stabilizationWindowSeconds: z.int().min(0).max(3600).optional(),
  selectPolicy: z.enum(['Max', 'Min', 'Disabled']).optional(),
  policies: z.array(z.looseObject({ type: z.enum(['Pods', 'Percent']), value: z.int().min(1), periodSeconds: z.int().min(1).max(1800) })).optional(),
  tolerance: QUANTITY.optional(),
});

const JOB_SPEC = z.looseObject({ parallelism: COUNT.nullish(), completions: COUNT.nullish(), backoffLimit: COUNT.nullish(), activeDeadlineSeconds: SECONDS.nullish(), suspend: z.boolean().nullish(), template: TEMPLATE });

const object = <Spec extends z.ZodType>(spec: Spec) => z.looseObject({ kind: z.string(), metadata: METADATA, spec });

/** Schemas by kind: what the reader and the model look at; all else is kept as it is. */
export const OBJECT_SCHEMAS = {
  Deployment: object(REPLICATED),
  ReplicaSet: object(REPLICATED),
  ReplicationController: object(REPLICATED),
  StatefulSet: object(REPLICATED),
  DaemonSet: object(
    z
      .looseObject({ selector: z.unknown().optional(), template: TEMPLATE, updateStrategy: z.looseObject({ rollingUpdate: z.looseObject({ maxUnavailable: COUNT_OR_SHARE.nullish() }).nullish() }).nullish() })
      .superRefine(selectorMatches),
  ),
  Job: object(JOB_SPEC),
  CronJob: object(
    z.looseObject({
      schedule: z.string(),
      timeZone: z.string().nullish(),
      concurrencyPolicy: z.enum(['Allow', 'Forbid', 'Replace']).nullish(),
      startingDeadlineSeconds: SECONDS.nullish(),
      suspend: z.boolean().nullish(),
      jobTemplate: z.looseObject({ metadata: z.looseObject({ annotations: LABELS.nullish() }).nullish(), spec: JOB_SPEC }),
    }),
  ),
  Pod: z.looseObject({ kind: z.string(), metadata: METADATA, spec: POD_SPEC, status: z.looseObject({ phase: z.string().optional() }).nullish() }),
  Node: z.looseObject({
    kind: z.string(),
    metadata: METADATA,
    spec: z.looseObject({ unschedulable: z.boolean().nullish(), taints: z.array(z.looseObject({ key: z.string(), value: z.string().nullish(), effect: z.string() })).nullish() }).nullish(),
    status: z.looseObject({ allocatable: QUANTITIES.nullish(), capacity: QUANTITIES.nullish() }),
  }),
  PodDisruptionBudget: object(z.looseObject({ selector: SELECTOR.nullish(), minAvailable: COUNT_OR_SHARE.nullish(), maxUnavailable: COUNT_OR_SHARE.nullish() })),
  HorizontalPodAutoscaler: object(
    z
      .looseObject({
        scaleTargetRef: z.looseObject({ kind: z.string(), name: z.string() }),
        minReplicas: COUNT.nullish(),
        maxReplicas: z.int().min(1).max(1_000_000),
        targetCPUUtilizationPercentage: z.int().min(1).optional(),
        metrics: z
          .array(z.looseObject({ type: z.string(), resource: z.looseObject({ name: z.string(), target: z.looseObject({ averageUtilization: z.int().min(1).optional(), averageValue: QUANTITY.optional() }) }).optional() }))
          .optional(),
        behavior: z.looseObject({ scaleUp: SCALING.optional(), scaleDown: SCALING.optional() }).optional(),
      })
      .refine(({ minReplicas, maxReplicas }) => maxReplicas >= (minReplicas ?? 1), { path: ['maxReplicas'], message: 'expected at least minReplicas' }),
  ),
  Service: object(z.looseObject({ selector: LABELS.nullish() })),
  ResourceQuota: object(z.looseObject({ hard: QUANTITIES.nullish() })),
  PriorityClass: z.looseObject({ kind: z.string(), metadata: METADATA, value: z.int(), globalDefault: z.boolean().nullish(), preemptionPolicy: z.string().nullish() }),
} as const;

export type ObjectKind = keyof typeof OBJECT_SCHEMAS;
export type ObjectOf<Kind extends ObjectKind> = z.output<(typeof OBJECT_SCHEMAS)[Kind]>;
export type PodSpecManifest = z.output<typeof POD_SPEC>;
export type PodTemplateManifest = z.output<typeof TEMPLATE>;

/** A checked object of a known kind. */
export interface CheckedObject<Kind extends ObjectKind = ObjectKind> {
  readonly kind: Kind;
  readonly value: ObjectOf<Kind>;
  readonly source: ManifestObject;
}

/**
 * Checks an object; `null` = its kind is not one that the model knows.
 * @throws TraceInputError naming file, line and path of the first mistake; also for a kind that looks like a known one misspelt
 */
export function checkObject(file: string, source: ManifestObject): CheckedObject | null {
  const { kind } = source.value;
  if (typeof kind !== 'string') throw new TraceInputError({ file, line: source.line([]), path: 'kind', problem: 'is missing', expected: `one of ${Object.keys(OBJECT_SCHEMAS).join(', ')}, or another kind of object` });
  if (!Object.hasOwn(OBJECT_SCHEMAS, kind)) {
    const close = nearest(kind, Object.keys(OBJECT_SCHEMAS));
    if (close !== undefined && sameLetters(kind, close)) throw new TraceInputError({ file, line: source.line(['kind']), path: 'kind', problem: `there is no kind "${kind}"`, hint: `did you mean "${close}"?` });
    return null;
  }
  if (!dropNulls(source.value, 0)) throw new TraceInputError({ file, line: source.line([]), path: kind, problem: 'is nested too deeply' });
  // What an API server has stored was validated there, perhaps by a later version.
  const stored = typeof (source.value.metadata as { readonly uid?: unknown } | undefined)?.uid === 'string';
  const unknown = stored || kind === 'Node' ? null : unknownField(kind, source.value);
  if (unknown !== null) {
    const { path, field, valid } = unknown;
    const close = nearest(field, valid);
    throw new TraceInputError({ file, line: source.line(path), path: path.join('.'), problem: 'there is no such field', ...(close === undefined ? { expected: `one of ${valid.join(', ')}` } : { hint: `did you mean "${close}"?` }) });
  }
  const checked = OBJECT_SCHEMAS[kind as ObjectKind].safeParse(source.value);
  if (!checked.success) {
    const issue = checked.error.issues[0]!;
    throw new TraceInputError({ file, line: source.line(issue.path), path: issue.path.map(String).join('.'), problem: issue.message });
  }
  return { kind: kind as ObjectKind, value: checked.data as never, source };
}

/** Deeper than any object of the API. */
const MOST_DEPTH = 100;

/** Removes fields that are null, in place: to the API's decoder they are not there. @returns false if the object is nested too deeply for that */
function dropNulls(value: object, depth: number): boolean {
  if (depth > MOST_DEPTH) return false;
  for (const [key, field] of Object.entries(value)) {
    if (field === null && !Array.isArray(value)) Reflect.deleteProperty(value, key);
    else if (typeof field === 'object' && field !== null && !dropNulls(field as object, depth + 1)) return false;
  }
  return true;
}

/** A pod's spec with what the API server fills in where a limit is given and no request: the request is the limit (core/v1 defaults.go SetDefaults_Pod, v1.35). */
export function withDefaultRequests<Spec extends PodSpecManifest>(spec: Spec): Spec {
  const filled = <Part extends { resources?: z.output<typeof RESOURCES> | null | undefined }>(part: Part): Part =>
    !part.resources?.limits ? part : { ...part, resources: { ...part.resources, requests: { ...part.resources.limits, ...part.resources.requests } } };
  return { ...spec, containers: spec.containers.map(filled), ...(spec.initContainers && { initContainers: spec.initContainers.map(filled) }) };
}

/** Requests of a pod as the API server stores them, per resource name, exact. */
export function requestsOf(spec: PodSpecManifest): Map<string, number> {
  return podAmounts(withDefaultRequests(spec) as Parameters<typeof podAmounts>[0], false, true);
}

/** Whether two words differ by no more than two letters: `Deploymnet`, not `NetworkPolicy`. */
function sameLetters(word: string, other: string): boolean {
  const letters = (text: string) => [...text.toLowerCase()].sort().join('');
  return Math.abs(word.length - other.length) <= 1 && (letters(word) === letters(other) || word.slice(0, 4) === other.slice(0, 4));
}
