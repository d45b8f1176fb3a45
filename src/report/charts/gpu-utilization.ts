import type { ChartDefinition } from './chart.ts';
import { timelineChart } from './timeline-chart.ts';
import { SHARE_AXIS } from './utilization.ts';

/** As utilization, for GPUs; left out for clusters without. */
export const gpuUtilization: ChartDefinition = {
  name: 'gpu-utilization',
  build: (slice) => timelineChart(slice, { ...SHARE_AXIS, column: 'usefulGpuShare', title: 'Useful GPU share of all machines over time', axisTitle: 'Useful GPU (% of all GPUs)' }),
};
