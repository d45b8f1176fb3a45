import { z } from 'zod';
import { checkPattern, PatternError } from '../../java-pattern.ts';

const PATH_SEGMENT = '(?:[a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])';
/** Ids of apps and groups (mesosphere/marathon 1.11, docs/docs/rest-api/public/api/v2/types/stringTypes.raml). */
const ID = z.string().regex(new RegExp(`^/?(?:(?:\\.{1,2}|${PATH_SEGMENT}(?:\\.${PATH_SEGMENT})*)(?:/|$))*$`), 'expected a path of lower-case letters, digits, - and . such as /shop/web');
const share = z.number().min(0).max(1);
const seconds = z.number().min(0);
const port = z.int().min(0).max(65_535);

/** What an operator wants of its value, as the API checks it (mesosphere/marathon 1.11, api/v2/validation/AppValidation.scala, complyWithConstraintRules). */
function constraintValueFits([, operator, value]: readonly (string | number | undefined)[], context: z.RefinementCtx): void {
  const complain = (message: string): void => context.addIssue({ code: 'custom', path: [2], message });
  const isNumber = /^[+-]?\d+$/.test(String(value));
  if (operator === 'GROUP_BY' && value !== undefined && value !== '' && !isNumber) complain('GROUP_BY expects a whole number or no value');
  if (operator === 'MAX_PER' && !isNumber) complain('MAX_PER expects a whole number');
  if (operator !== 'LIKE' && operator !== 'UNLIKE') return;
  if (value === undefined) return complain(`${operator} expects a regular expression`);
  try {
    checkPattern(String(value));
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    complain(error.message);
  }
}

const PORT_MAPPINGS = z.array(z.looseObject({ hostPort: port.nullish(), containerPort: port.optional(), servicePort: port.optional() })).nullish();

/** The fields of an app that mean something here, as the API checks them; all others are kept as they are (docs/docs/rest-api/public/api/v2/types/app.raml and the types beside it). */
export const APP = z.looseObject({
  id: ID.refine((id) => id !== '' && id !== '/', 'expected a path such as /shop/web'),
  cpus: z.number().min(0).max(1_000_000).default(1),
  // 2^53 bytes.
  mem: z.number().min(0).max(8_589_934_592).default(128),
  gpus: z.int().min(0).default(0),
  instances: z.int().min(0).max(1_000_000).default(1),
  constraints: z
    .array(z.tuple([z.string().min(1), z.enum(['UNIQUE', 'CLUSTER', 'GROUP_BY', 'LIKE', 'UNLIKE', 'MAX_PER', 'IS', 'IN'])]).rest(z.union([z.string(), z.number()])).refine((entry) => entry.length <= 3, 'expected [field, operator] or [field, operator, value]').superRefine(constraintValueFits))
    .default([]),
  dependencies: z.array(ID).default([]),
  labels: z.record(z.string(), z.string()).default({}),
  backoffSeconds: seconds.optional(),
  backoffFactor: z.number().min(1).optional(),
  maxLaunchDelaySeconds: seconds.optional(),
  upgradeStrategy: z.looseObject({ minimumHealthCapacity: share.optional(), maximumOverCapacity: share.optional() }).optional(),
  healthChecks: z
    .array(
      z.looseObject({
        protocol: z.enum(['HTTP', 'HTTPS', 'TCP', 'COMMAND', 'MESOS_HTTP', 'MESOS_HTTPS', 'MESOS_TCP']).optional(),
        gracePeriodSeconds: seconds.optional(),
        intervalSeconds: seconds.optional(),
        timeoutSeconds: seconds.optional(),
        delaySeconds: seconds.optional(),
        maxConsecutiveFailures: z.int().min(0).optional(),
      }),
    )
    .optional(),
  readinessChecks: z.array(z.looseObject({ intervalSeconds: seconds.optional(), timeoutSeconds: seconds.optional() })).max(1).optional(),
  unreachableStrategy: z.union([z.literal('disabled'), z.looseObject({ inactiveAfterSeconds: seconds.optional(), expungeAfterSeconds: seconds.optional() })]).optional(),
  killSelection: z.enum(['YOUNGEST_FIRST', 'OLDEST_FIRST']).optional(),
  ports: z.array(port).optional(),
  portDefinitions: z.array(z.looseObject({ port: port.optional() })).optional(),
  requirePorts: z.boolean().optional(),
  container: z
    .looseObject({
      docker: z.looseObject({ image: z.string().optional(), portMappings: PORT_MAPPINGS }).optional(),
      image: z.string().optional(),
      portMappings: PORT_MAPPINGS,
    })
    .optional(),
});

export type AppDefinition = z.output<typeof APP>;

/** Further fields of apps: known, and of no meaning here. For hints about misspelt ones. */
const OTHER_FIELDS = [
  'acceptedResourceRoles', 'args', 'check', 'cmd', 'deployments', 'disk', 'env', 'executor', 'executorResources', 'fetch', 'ipAddress', 'lastTaskFailure', 'networkBandwidth', 'networks', 'readinessCheckResults', 'residency',
  'resourceLimits', 'role', 'secrets', 'storeUrls', 'taskKillGracePeriodSeconds', 'tasks', 'tasksHealthy', 'tasksRunning', 'tasksStaged', 'tasksUnhealthy', 'taskStats', 'tty', 'uris', 'user', 'version', 'versionInfo',
];
export const APP_FIELDS: readonly string[] = [...Object.keys(APP.shape), ...OTHER_FIELDS];
