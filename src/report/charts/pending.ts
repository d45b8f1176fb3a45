import { formatNumber } from '../text-format.ts';
import type { ChartDefinition } from './chart.ts';
import { timelineChart } from './timeline-chart.ts';

/** Tasks that were submitted and do not run yet. */
export const pending: ChartDefinition = {
  name: 'pending',
  build: (slice) =>
    timelineChart(slice, {
      column: 'pending',
      title: 'Tasks waiting to start over time',
      axisTitle: 'Pending tasks',
      format: (value) => formatNumber(value, value < 10 && !Number.isInteger(value) ? 1 : 0),
      upperEnd: (largest) => Math.max(1, largest * 1.05),
      labelExpression: "replace(format(datum.value, ',.10~r'), regexp(',', 'g'), '\u202F')",
    }),
};
