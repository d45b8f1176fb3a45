import type { OrchestratorDefinition } from '../orchestrator.ts';
import { KubernetesCluster } from './cluster.ts';
import { readSchedulerConfiguration } from './manifests/scheduler-configuration.ts';
import { KUBERNETES_OPTIONS, type KubernetesOptions } from './kubernetes-options.ts';
import { KUBERNETES_TRANSLATIONS, translateShape } from './translate.ts';

/** Kubernetes with its default scheduler profile, Jobs for batch work and ReplicaSets for services. */
export const kubernetes: OrchestratorDefinition<KubernetesOptions> = {
  name: 'kubernetes',
  models: 'Kubernetes v1.35',
  summary: 'kube-scheduler with queue, sampling, all default filters and scores, preemption and configured profiles; Job, ReplicaSet and node lifecycle controllers; kubelets; all through the API server and its watches',
  capabilities: {
    queues: true,
    gangs: false,
    dependencies: false,
    fractionalCpu: true,
    gpu: true,
    gpuShares: true,
    constraints: true,
    priorities: true,
    finishedTasksHoldResources: false,
    replacesLostServices: true,
    replacesLostBatch: true,
  },
  nativeFormats: ['kubernetes'],
  optionFiles: { config: readSchedulerConfiguration },
  options: KUBERNETES_OPTIONS as unknown as OrchestratorDefinition<KubernetesOptions>['options'],
  translations: KUBERNETES_TRANSLATIONS,
  translate: translateShape,
  create: (context, options) => new KubernetesCluster(context, options),
};
