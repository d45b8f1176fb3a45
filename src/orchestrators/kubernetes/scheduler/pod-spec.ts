/** A taint on a node (core/v1 Taint). */
export interface Taint {
  readonly key: string;
  readonly value: string;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

/** A toleration of a pod (core/v1 Toleration); '' = absent. */
export interface Toleration {
  readonly key: string;
  readonly operator: 'Exists' | 'Equal' | '';
  readonly value: string;
  readonly effect: string;
}

/** One requirement of a node selector term. */
export interface SelectorRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';
  readonly values: readonly string[];
}

/** Requirements that must all hold; a term without any matches nothing. */
export interface NodeSelectorTerm {
  readonly matchExpressions: readonly SelectorRequirement[];
  readonly matchFields: readonly SelectorRequirement[];
}

export interface PreferredTerm {
  readonly weight: number;
  readonly preference: NodeSelectorTerm;
}

/** Node affinity of a pod or of a plugin's arguments; `required: null` = no such field. */
export interface NodeAffinityTerms {
  readonly required: readonly NodeSelectorTerm[] | null;
  readonly preferred: readonly PreferredTerm[];
}

/** Label selector (meta/v1): all requirements must hold; without any it matches everything. Where `null` stands for one, nothing matches. */
export type LabelSelector = readonly SelectorRequirement[];

/** A term of pod affinity or anti-affinity, with the namespaces that it means by default written out. */
export interface PodAffinityTerm {
  readonly topologyKey: string;
  readonly selector: LabelSelector | null;
  readonly namespaces: readonly string[];
  readonly namespaceSelector: LabelSelector | null;
}

export interface PodAffinityTerms {
  readonly required: readonly PodAffinityTerm[];
  readonly preferred: readonly { readonly weight: number; readonly term: PodAffinityTerm }[];
}

export const NO_POD_AFFINITY: PodAffinityTerms = { required: [], preferred: [] };

/** A topology spread constraint; `matchLabelKeys` are merged into the selector. */
export interface SpreadConstraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  /** `whenUnsatisfiable: DoNotSchedule` (true) or `ScheduleAnyway`. */
  readonly hard: boolean;
  readonly selector: LabelSelector | null;
  readonly minDomains: number;
  /** nodeAffinityPolicy and nodeTaintsPolicy are `Honor`. */
  readonly honorAffinity: boolean;
  readonly honorTaints: boolean;
}

/** A port of the node that a container takes; ip '0.0.0.0' = any. */
export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

/** Amounts of the resources that a pod asks for, in whole milli-CPU and bytes. */
export interface ResourceRequest {
  readonly cpuMilli: number;
  readonly memoryBytes: number;
  readonly ephemeralBytes: number;
  /** Extended and other scalar resources: id (see {@link ResourceNames}) and amount, in step. */
  readonly scalarIds: readonly number[];
  readonly scalarAmounts: readonly number[];
}

/** What the scheduler's plugins read of a pod. Pods of one template share it. */
export interface PodSpec {
  /** Effective request (component-helpers/resource/helpers.go, v1.35.4). */
  readonly request: ResourceRequest;
  /** Request with 100 m and 200 MiB in place of what a container does not mention (pkg/scheduler/util/pod_resources.go, v1.35.4). */
  readonly nonZeroCpuMilli: number;
  readonly nonZeroMemoryBytes: number;
  /** What the NodeResourcesFit scorer takes for the incoming pod: as above, but without pod-level resources (quirk of v1.35.4). */
  readonly scored: ResourceRequest;
  /** `spec.nodeName`; '' = none. */
  readonly nodeName: string;
  readonly tolerations: readonly Toleration[];
  readonly nodeSelector: readonly (readonly [string, string])[];
  readonly affinity: NodeAffinityTerms | null;
  readonly priority: number;
  readonly namespace: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly podAffinity: PodAffinityTerms;
  readonly podAntiAffinity: PodAffinityTerms;
  readonly spread: readonly SpreadConstraint[];
  /**
   * Selector of the cluster's default spread constraints: that of the Services and of the owner (ReplicaSet, StatefulSet) of the pod; `replicas` = the pods of
   * the same owner, `null` = none.
   */
  readonly defaultSpread: LabelSelector | 'replicas' | null;
  readonly hostPorts: readonly HostPort[];
  /** Image per container, init containers included, with its tag; '' = none named. */
  readonly images: readonly string[];
  /** `preemptionPolicy` is not `Never`. */
  readonly preempts: boolean;
  /** `spec.schedulingGates`: the pod waits outside activeQ while there are any. */
  readonly schedulingGates: readonly string[];
  readonly schedulerName: string;
  /** Coscheduling: name and least size of the pod's group; `null` = none. */
  readonly podGroup: { readonly name: string; readonly minMember: number } | null;
  /** Devices and milli-GPU on each, asked of a GPU-sharing device plugin; `null` = none. */
  readonly gpuShare: { readonly count: number; readonly milli: number } | null;
}

/** What a pod has that says nothing of where it wants to be. */
export const PLAIN_POD = {
  namespace: 'default',
  labels: new Map<string, string>() as ReadonlyMap<string, string>,
  podAffinity: NO_POD_AFFINITY,
  podAntiAffinity: NO_POD_AFFINITY,
  spread: [],
  defaultSpread: null,
  hostPorts: [],
  images: [],
  preempts: true,
  schedulingGates: [],
  schedulerName: 'default-scheduler',
  podGroup: null,
} as const;

/** Names of scalar resources by id; shared by the pods and the nodes of one cluster. */
export class ResourceNames {
  readonly names: string[] = [];
  readonly #ids = new Map<string, number>();

  id(name: string): number {
    let id = this.#ids.get(name);
    if (id === undefined) {
      id = this.names.push(name) - 1;
      this.#ids.set(name, id);
    }
    return id;
  }
}
