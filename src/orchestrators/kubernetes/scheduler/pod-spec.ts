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
  /** Devices and milli-GPU on each, asked of a GPU-sharing device plugin; `null` = none. */
  readonly gpuShare: { readonly count: number; readonly milli: number } | null;
}

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
