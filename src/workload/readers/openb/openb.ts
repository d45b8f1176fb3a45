import { z } from 'zod';
import { READ_OPTIONS, type TraceReader } from '../../reader.ts';
import { ReportBuilder } from '../../read-report.ts';
import { readNodes } from './nodes.ts';
import { type OpenbPodOptions, readPods } from './pods.ts';

/** Scenario options of the OpenB reader. */
export interface OpenbOptions extends OpenbPodOptions {
  readonly format: 'openb';
  readonly pods: string;
  readonly nodes?: string | undefined;
}

/**
 * Alibaba's GPU cluster trace of 2023 ("OpenB"): a list of nodes and a list of pods, as published in alibaba/clusterdata cluster-trace-gpu-v2023/csv and
 * hkust-adsl/kubernetes-scheduler-simulator data/csv.
 */
export const openb: TraceReader<OpenbOptions> = {
  name: 'openb',
  summary: 'Alibaba GPU cluster trace 2023 (OpenB): pod list and node list, plain or gzip',
  files: [
    { role: 'pods', required: true, summary: 'openb_pod_list_*.csv: name, cpu_milli, memory_mib, num_gpu, gpu_milli, gpu_spec, qos, creation_time, deletion_time, scheduled_time (the last five may all be missing, with `together`)' },
    { role: 'nodes', required: false, summary: 'openb_node_list_*.csv: sn, cpu_milli, memory_mib, gpu, model' },
  ],
  options: z.strictObject({
    format: z.literal('openb'),
    pods: z.string().min(1).describe('path of a pod list'),
    nodes: z.string().min(1).optional().describe('path of a node list; default: the scenario describes the machines'),
    only: z.enum(['all', 'gpu']).default('all').describe('gpu = leave out pods that ask for no GPU'),
    together: z.boolean().default(false).describe('submit all pods at time zero: what a scheduler makes of the whole list at once; the only way to read the lists without times (multigpu), whose pods then never end'),
    ...READ_OPTIONS,
  }),
  read(files, options) {
    const report = new ReportBuilder();
    const nodes = files.get('nodes');
    const machines = nodes === undefined ? null : readNodes(nodes, report);
    const { columns, initialJobs, horizonUs } = readPods(files.get('pods')!, options, report);
    return { columns, machines, report: report.finish(initialJobs, horizonUs) };
  },
};
