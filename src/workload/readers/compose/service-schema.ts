import { z } from 'zod';
import { DURATION_US } from '../../../engine/quantity-schema.ts';
import { composeBytes, composeDurationUs, composeNumber } from './compose-amounts.ts';

// Field by field after the Compose Specification, 05-services.md and deploy.md. What is checked stays as written: native settings keep the user's own words.
const number = z.unknown().refine((value) => composeNumber(value) !== null, 'expected a number of at least 0').transform((value) => composeNumber(value)!);
const whole = number.refine((value) => Number.isInteger(value), 'expected a whole number');
/** Beyond this a number of tasks is more likely mistyped than meant. */
const MOST_TASKS = 1_000_000;
const tasks = whole.refine((value) => value <= MOST_TASKS, `expected at most ${MOST_TASKS} tasks`);
const bytes = z
  .unknown()
  .refine((value) => composeBytes(value) !== null, 'expected an amount of bytes such as 512M')
  .transform((value) => composeBytes(value)!)
  .refine((value) => value <= Number.MAX_SAFE_INTEGER, 'expected at most 8388608G');
const duration = z.unknown().refine((value) => composeDurationUs(value) !== null, 'expected a duration such as 1m30s');
const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const UPDATE = z
  .looseObject({
    parallelism: whole.optional(),
    delay: duration.optional(),
    failure_action: z.enum(['continue', 'rollback', 'pause']).optional(),
    monitor: duration.optional(),
    max_failure_ratio: number.refine((value) => value <= 1, 'expected a share from 0 to 1').optional(),
    order: z.enum(['stop-first', 'start-first']).optional(),
  })
  .nullish();

/** `key == value` or `key != value` (docker/cli, placement constraints; moby/swarmkit manager/constraint/constraint.go). */
const CONSTRAINT = z.string().regex(/^\s*[a-zA-Z_][a-zA-Z0-9\-_.]+\s*(==|!=)\s*[^\s=!][^=!]*$/, 'expected "key == value" or "key != value", such as "node.labels.zone == a"');

const PORT = z.union([
  z.number(),
  z.string().regex(/^[\d.:[\]a-fA-F-]+(\/(tcp|udp|sctp))?$/, 'expected [[host-ip:]published:]target[/protocol], such as "8080:80"'),
  z.looseObject({
    target: whole,
    published: z.union([z.number(), z.string().regex(/^\d+(-\d+)?$/, 'expected a port or a range of ports')]).optional(),
    protocol: z.enum(['tcp', 'udp', 'sctp']).optional(),
    mode: z.enum(['host', 'ingress']).optional(),
  }),
]);

const DEVICE = z.looseObject({ capabilities: z.array(z.string()), count: z.union([z.literal('all'), whole]).optional(), device_ids: z.array(z.string()).optional() });

const DEPLOY = z.looseObject({
  mode: z.enum(['replicated', 'global', 'replicated-job', 'global-job']).optional(),
  replicas: tasks.optional(),
  placement: z
    .looseObject({ constraints: z.array(CONSTRAINT).nullish(), preferences: z.array(z.looseObject({ spread: z.string() })).nullish(), max_replicas_per_node: whole.optional() })
    .nullish(),
  resources: z
    .looseObject({
      limits: z.looseObject({ cpus: number.optional(), memory: bytes.optional(), pids: whole.optional() }).nullish(),
      reservations: z
        .looseObject({
          cpus: number.optional(),
          memory: bytes.optional(),
          generic_resources: z.array(z.looseObject({ discrete_resource_spec: z.looseObject({ kind: z.string(), value: whole }) })).optional(),
          devices: z.array(DEVICE).optional(),
        })
        .nullish(),
    })
    .nullish(),
  restart_policy: z.looseObject({ condition: z.enum(['none', 'on-failure', 'any']).optional(), delay: duration.optional(), max_attempts: whole.optional(), window: duration.optional() }).nullish(),
  update_config: UPDATE,
  rollback_config: UPDATE,
});

/** What a Compose file does not say of itself. */
const EXTENSION = z.strictObject({
  duration: DURATION_US.optional().describe('work of one task: the service is a one-shot job'),
  lifetime: DURATION_US.optional().describe('the service is taken down this long after its submission'),
  submitAt: DURATION_US.default(0),
  failureShare: z.number().min(0).max(1).default(0),
  maxReplicas: z.int().min(1).max(MOST_TASKS).optional(),
  priority: z.int().default(0),
});
export const EXTENSION_FIELDS: readonly string[] = Object.keys(EXTENSION.shape);

/** The fields of a service that mean something here; all others are kept as they are. */
export const SERVICE = z.looseObject({
  image: text.optional(),
  build: z.unknown().optional(),
  scale: tasks.optional(),
  cpus: number.optional(),
  mem_limit: bytes.optional(),
  mem_reservation: bytes.optional(),
  restart: z.union([z.literal(false), z.string().regex(/^(no|always|unless-stopped|on-failure(:\d+)?)$/, 'expected no, always, unless-stopped, on-failure or on-failure:N')]).optional(),
  depends_on: z
    .union([
      z.array(z.string()),
      z.record(z.string(), z.looseObject({ condition: z.enum(['service_started', 'service_healthy', 'service_completed_successfully']).default('service_started'), restart: z.boolean().optional(), required: z.boolean().default(true) })),
    ])
    .optional(),
  ports: z.array(PORT).optional(),
  profiles: z.array(z.string()).optional(),
  platform: z.string().optional(),
  logging: z.looseObject({ driver: z.string().optional() }).nullish(),
  deploy: DEPLOY.nullish(),
  'x-seatrial': EXTENSION.optional(),
});

export type Service = z.output<typeof SERVICE>;

/** Further fields of services: known, and of no meaning here. For hints about misspelt ones. */
const OTHER_FIELDS = [
  'annotations', 'attach', 'blkio_config', 'cap_add', 'cap_drop', 'cgroup', 'cgroup_parent', 'command', 'configs', 'container_name', 'cpu_count', 'cpu_percent', 'cpu_period', 'cpu_quota', 'cpu_rt_period', 'cpu_rt_runtime',
  'cpu_shares', 'cpuset', 'credential_spec', 'develop', 'device_cgroup_rules', 'devices', 'dns', 'dns_opt', 'dns_search', 'domainname', 'entrypoint', 'env_file', 'environment', 'expose', 'extends', 'external_links', 'extra_hosts',
  'gpus', 'group_add', 'healthcheck', 'hostname', 'init', 'ipc', 'isolation', 'label_file', 'labels', 'links', 'mac_address', 'memswap_limit', 'mem_swappiness', 'models', 'network_mode', 'networks', 'oom_kill_disable',
  'oom_score_adj', 'pid', 'pids_limit', 'post_start', 'pre_stop', 'privileged', 'provider', 'pull_policy', 'read_only', 'runtime', 'secrets', 'security_opt', 'shm_size', 'stdin_open', 'stop_grace_period', 'stop_signal',
  'storage_opt', 'sysctls', 'tmpfs', 'tty', 'ulimits', 'use_api_socket', 'user', 'userns_mode', 'uts', 'volumes', 'volumes_from', 'working_dir',
];
export const SERVICE_FIELDS: readonly string[] = [...Object.keys(SERVICE.shape), ...OTHER_FIELDS];
