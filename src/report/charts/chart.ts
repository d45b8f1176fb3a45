import type { Slice } from '../slices.ts';

/** A Vega-Lite specification; opens in any Vega editor as it is. */
export type VegaLiteSpec = Readonly<Record<string, unknown>>;

/** A chart, ready to be rendered. */
export interface Chart {
  readonly spec: VegaLiteSpec;
  /** What is shown, as a statement. */
  readonly title: string;
  /** What one would say to somebody who cannot see it: what is drawn and the main numbers. */
  readonly description: string;
  /** The numbers behind the chart, short enough to read. */
  readonly table: ChartTable;
}

export interface ChartTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** One kind of chart. */
export interface ChartDefinition {
  /** Name of its files: `charts/<name>.svg`. */
  readonly name: string;
  /** Undefined when the results have nothing for it to show. */
  build(slice: Slice): Chart | undefined;
}
