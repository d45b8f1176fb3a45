import type { ChartDefinition } from './chart.ts';
import { capacity, gpuCapacity } from './capacity.ts';
import { gpuUtilization } from './gpu-utilization.ts';
import { pending } from './pending.ts';
import { recovery } from './recovery.ts';
import { utilization } from './utilization.ts';
import { waitDistribution } from './wait-distribution.ts';

/** Every chart of a report, in the order of the page. Adding one = its file and a line here. */
export const CHARTS: readonly ChartDefinition[] = [utilization, gpuUtilization, pending, waitDistribution, recovery, capacity, gpuCapacity];
