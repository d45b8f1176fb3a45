import { meanInterval } from '../statistics/mean-interval.ts';
import { measureOf } from './measures.ts';
import type { PageTable } from './page-table.ts';
import type { SteadyLevel } from './steady.ts';
import { formatDuration } from './text-format.ts';

/** Levels after the warm-up, for the page. */
export function steadyTable(levels: readonly SteadyLevel[]): PageTable {
  return {
    title: 'Steady state: levels without the warm-up',
    note: 'Warm-up after MSER-5 (White 1997) on the mean over seeds, the latest cut of all orchestrators of a setting. Where a level still moves at the end there is no steady state to speak of, and means over the window depend on its length.',
    columns: ['', 'level', 'warm-up', 'mean after it'],
    rows: levels.map(({ cell, column, warmUpS, steady, means }) => {
      const { mean, halfWidth } = meanInterval(means);
      const { format } = measureOf(column);
      return [cell.name, column, steady ? formatDuration(warmUpS) : 'no steady state seen', steady ? `${format(mean)}${Number.isNaN(halfWidth) ? '' : ` ±\u202F${format(halfWidth)}`}` : ''];
    }),
  };
}
