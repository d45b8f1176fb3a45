/* Kubernetes API objects as they come out of JSON: only what the model reads. */

export interface RequirementManifest {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

export interface NodeSelectorTermManifest {
  readonly matchExpressions?: readonly RequirementManifest[];
  readonly matchFields?: readonly RequirementManifest[];
}

export interface NodeAffinityManifest {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: { readonly nodeSelectorTerms?: readonly NodeSelectorTermManifest[] | null };
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly { readonly weight?: number; readonly preference?: NodeSelectorTermManifest }[];
}

export interface LabelSelectorManifest {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly RequirementManifest[];
}

export interface PodAffinityTermManifest {
  readonly labelSelector?: LabelSelectorManifest | null;
  readonly topologyKey?: string;
  readonly namespaces?: readonly string[];
  readonly namespaceSelector?: LabelSelectorManifest | null;
  readonly matchLabelKeys?: readonly string[];
  readonly mismatchLabelKeys?: readonly string[];
}

export interface PodAffinityManifest {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly PodAffinityTermManifest[];
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly { readonly weight?: number; readonly podAffinityTerm?: PodAffinityTermManifest }[];
}

export interface SpreadConstraintManifest {
  readonly maxSkew?: number;
  readonly topologyKey?: string;
  readonly whenUnsatisfiable?: string;
  readonly labelSelector?: LabelSelectorManifest | null;
  readonly minDomains?: number;
  readonly nodeAffinityPolicy?: string;
  readonly nodeTaintsPolicy?: string;
  readonly matchLabelKeys?: readonly string[];
}

export interface ResourcesManifest {
  readonly requests?: Readonly<Record<string, string | number>>;
}

export interface ContainerManifest {
  readonly image?: string;
  readonly ports?: readonly { readonly hostPort?: number; readonly hostIP?: string; readonly protocol?: string }[];
  readonly resources?: ResourcesManifest;
  readonly restartPolicy?: string;
}

export interface TolerationManifest {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
}

export interface PodManifest {
  readonly metadata?: { readonly name?: string; readonly namespace?: string; readonly labels?: Readonly<Record<string, string>>; readonly deletionTimestamp?: string };
  readonly spec?: {
    readonly nodeName?: string;
    readonly priority?: number;
    readonly containers?: readonly ContainerManifest[];
    readonly initContainers?: readonly ContainerManifest[];
    readonly overhead?: Readonly<Record<string, string | number>>;
    readonly resources?: ResourcesManifest;
    readonly nodeSelector?: Readonly<Record<string, string>>;
    readonly tolerations?: readonly TolerationManifest[];
    readonly affinity?: { readonly nodeAffinity?: NodeAffinityManifest; readonly podAffinity?: PodAffinityManifest; readonly podAntiAffinity?: PodAffinityManifest };
    readonly topologySpreadConstraints?: readonly SpreadConstraintManifest[];
    readonly preemptionPolicy?: string;
    readonly schedulerName?: string;
    readonly schedulingGates?: readonly { readonly name: string }[];
  };
  readonly status?: { readonly startTime?: string };
}

export interface NamespaceManifest {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
}

export interface ServiceManifest {
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly spec?: { readonly selector?: Readonly<Record<string, string>> };
}

export interface DisruptionBudgetManifest {
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly spec?: { readonly selector?: LabelSelectorManifest | null };
  readonly status?: { readonly disruptionsAllowed?: number; readonly disruptedPods?: Readonly<Record<string, unknown>> };
}

export interface NodeManifest {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: { readonly unschedulable?: boolean; readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[] };
  readonly status?: {
    readonly allocatable?: Readonly<Record<string, string | number>>;
    readonly images?: readonly { readonly names?: readonly string[]; readonly sizeBytes?: number }[];
  };
}
