import { z } from 'zod';
import { DURATION_US } from '../../../engine/quantity-schema.ts';
import { READ_OPTIONS, type ReadOptions, type TraceReader } from '../../reader.ts';
import { readObjectFile } from './object-file.ts';
import { ObjectsToJobs } from './objects-to-jobs.ts';

/** Scenario options of the reader of Kubernetes objects. */
export interface KubernetesManifestsOptions extends ReadOptions {
  readonly format: 'kubernetes-manifests';
  readonly manifests: string;
  readonly snapshot?: string | undefined;
  readonly jobDuration?: number | undefined;
  readonly daemonNodes?: number | undefined;
  readonly schedulesFrom: string;
  readonly schedulesFor: number;
  readonly placement: 'recorded' | 'scheduler';
}

/** Kubernetes objects as a workload: manifests as they are applied, and a snapshot of a cluster (`kubectl get nodes,pods -A -o json`) with its machines and pods. */
export const kubernetesManifests: TraceReader<KubernetesManifestsOptions> = {
  name: 'kubernetes-manifests',
  summary: 'Kubernetes manifests (YAML or JSON), and a cluster as kubectl get nodes,pods -A -o json prints it',
  files: [
    { role: 'manifests', required: true, summary: 'Deployment, ReplicaSet, ReplicationController, StatefulSet, DaemonSet, Job, CronJob, Pod, Node, PodDisruptionBudget, PriorityClass, HorizontalPodAutoscaler, Service, ResourceQuota; or a snapshot alone' },
    { role: 'snapshot', required: false, summary: 'a List of Nodes and Pods: kubectl get nodes,pods -A -o json' },
  ],
  options: z.strictObject({
    format: z.literal('kubernetes-manifests'),
    manifests: z.string().min(1).describe('path of a file of objects: YAML with any number of documents, or JSON'),
    snapshot: z.string().min(1).optional().describe('path of a snapshot of a cluster; its nodes are the machines, its pods run beside the manifests'),
    jobDuration: DURATION_US.optional().describe('run time of pods of Jobs without the annotation seatrial.dev/duration; default: such a Job is an error'),
    daemonNodes: z.int().min(1).optional().describe('number of nodes, for DaemonSets; default: the Node objects that were read'),
    schedulesFrom: z
      .string()
      .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}Z$/, 'expected a time such as 2026-01-01T00:00Z')
      .default('2026-01-01T00:00Z')
      .describe('what time zero is for the schedules of CronJobs, UTC'),
    schedulesFor: DURATION_US.default(86_400_000_000).describe('runs of CronJobs are submitted up to this time'),
    placement: z.enum(['recorded', 'scheduler']).default('recorded').describe('pods of the snapshot begin on the node that they are on there, or are placed anew'),
    ...READ_OPTIONS,
  }) as unknown as z.ZodType<KubernetesManifestsOptions>,
  read(files, options) {
    const jobs = new ObjectsToJobs(options);
    for (const role of ['manifests', 'snapshot']) {
      const file = files.get(role);
      if (file !== undefined) jobs.add(file, readObjectFile(file));
    }
    return jobs.finish();
  },
};
