import type { ModelPlugin } from './experiment/plugins.ts';
import type { ChartDefinition } from './report/charts/chart.ts';

/** What a module given to `--plugin` exports as its default. Every part is optional; each takes the interface that Seatrial's own definitions of that kind have. */
export interface Plugin extends ModelPlugin {
  /** Charts of reports, behind the usual ones. */
  readonly charts?: readonly ChartDefinition[];
}
