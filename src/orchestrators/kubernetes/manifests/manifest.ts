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

export interface ResourcesManifest {
  readonly requests?: Readonly<Record<string, string | number>>;
}

export interface ContainerManifest {
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
  readonly metadata?: { readonly name?: string; readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: {
    readonly nodeName?: string;
    readonly priority?: number;
    readonly containers?: readonly ContainerManifest[];
    readonly initContainers?: readonly ContainerManifest[];
    readonly overhead?: Readonly<Record<string, string | number>>;
    readonly resources?: ResourcesManifest;
    readonly nodeSelector?: Readonly<Record<string, string>>;
    readonly tolerations?: readonly TolerationManifest[];
    readonly affinity?: { readonly nodeAffinity?: NodeAffinityManifest };
  };
}

export interface NodeManifest {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: { readonly unschedulable?: boolean; readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[] };
  readonly status?: { readonly allocatable?: Readonly<Record<string, string | number>> };
}
