import { formatShare } from '../text-format.ts';
import type { ChartDefinition } from './chart.ts';
import { timelineChart, type TimelineChartOptions } from './timeline-chart.ts';

/** A little used cluster is not drawn as a line on the floor. */
const UPPER_ENDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

/** Looks of every chart of a share: zero-based, at most the whole. */
export const SHARE_AXIS: Pick<TimelineChartOptions, 'format' | 'upperEnd' | 'labelExpression'> = {
  format: formatShare,
  upperEnd: (largest) => Math.min(1, UPPER_ENDS.find((end) => end >= largest * 1.02) ?? 1),
  labelExpression: "format(datum.value * 100, '~g') + '\u202F%'",
};

/** Work that counted, as a share of everything that the machines could have done. */
export const utilization: ChartDefinition = {
  name: 'utilization',
  build: (slice) => timelineChart(slice, { ...SHARE_AXIS, column: 'usefulCpuShare', title: 'Useful CPU share of all machines over time', axisTitle: 'Useful CPU (% of all CPU)' }),
};
