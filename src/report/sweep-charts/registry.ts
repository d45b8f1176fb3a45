import { differences, effects } from './effects.ts';
import { heatMaps } from './heat-map.ts';
import { pareto } from './pareto.ts';
import { sensitivity } from './sensitivity.ts';
import type { SweepChartDefinition } from './sweep-chart.ts';

/** Every chart of a sweep, in the order of the page. Adding one = its file and a line here. */
export const SWEEP_CHARTS: readonly SweepChartDefinition[] = [effects, differences, pareto, sensitivity, heatMaps];
