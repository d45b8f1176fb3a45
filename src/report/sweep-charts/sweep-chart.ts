import type { Chart } from '../charts/chart.ts';
import type { SweepView } from '../sweep-view.ts';

/** A chart of a sweep with the base name of its files. */
export interface NamedChart {
  readonly name: string;
  readonly chart: Chart;
}

/** One kind of chart over all cells of a sweep: none, one, or several pages. */
export interface SweepChartDefinition {
  build(view: SweepView): readonly NamedChart[];
}
