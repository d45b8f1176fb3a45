import type { Constraint } from '../../../workload/readers/compose/placement-constraint.ts';

/** A platform that the image exists for; an empty field means any. */
export interface Platform {
  readonly os: string;
  readonly arch: string;
}

/** A port that is published on the node itself (`mode: host`). */
export interface HostPort {
  readonly protocol: string;
  readonly publishedPort: number;
}

/** What the scheduler reads of a task's specification (api/specs.proto, TaskSpec and EndpointSpec). Tasks of one service and spec version share it. */
export interface TaskSpec {
  /** Reservations; limits are not considered. 10^9 = one CPU. */
  readonly nanoCpus: number;
  readonly memoryBytes: number;
  /** Generic resources are reserved by number, whether the nodes name theirs or not. */
  readonly generic: readonly { readonly kind: string; readonly count: number }[];
  readonly constraints: readonly Constraint[];
  /** Empty = any. */
  readonly platforms: readonly Platform[];
  /** 0 = no limit. */
  readonly maxReplicas: number;
  readonly hostPorts: readonly HostPort[];
  /** Descriptors of spread preferences, outermost first; any that is no label is ignored. */
  readonly spread: readonly string[];
  /** '' = the node's default. */
  readonly logDriver: string;
  readonly volumeDrivers: readonly string[];
  readonly networkDrivers: readonly string[];
}

/** Asks for nothing. */
export const EMPTY_TASK_SPEC: TaskSpec = {
  nanoCpus: 0,
  memoryBytes: 0,
  generic: [],
  constraints: [],
  platforms: [],
  maxReplicas: 0,
  hostPorts: [],
  spread: [],
  logDriver: '',
  volumeDrivers: [],
  networkDrivers: [],
};
