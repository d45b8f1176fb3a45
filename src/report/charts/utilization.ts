import { formatShare } from '../text-format.ts';
import type { ChartDefinition } from './chart.ts';
import { timelineChart, type TimelineChartOptions } from './timeline-chart.ts';

/** Looks of every chart of a share: zero-based, at most the whole. */
export const SHARE_AXIS: Pick<TimelineChartOptions, 'format' | 'upperEnd' | 'labelExpression'> = {
  format: formatShare,
  upperEnd: (largest) => Math.min(1, Math.max(0.1, Math.ceil(largest * 10.2) / 10)),
  labelExpression: "format(datum.value * 100, '~g') + '\u2009%'",
};

/** Work that counted, as a share of everything that the machines could have done. */
export const utilization: ChartDefinition = {
  name: 'utilization',
  build: (slice) => timelineChart(slice, { ...SHARE_AXIS, column: 'usefulCpuShare', title: 'Useful CPU share of all machines over time', axisTitle: 'Useful CPU (% of all CPU)' }),
};
