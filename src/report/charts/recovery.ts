import { recoveriesOf } from '../recoveries.ts';
import type { Chart, ChartDefinition } from './chart.ts';
import { recoveryMedians } from './recovery-medians.ts';
import { recoveryPanels } from './recovery-panels.ts';

/** More failures than this are shown as medians: rows would be thinner than their labels. */
const ROW_LIMIT = 30;
/** More panels than this side by side would be too narrow to read times from. */
const PANEL_LIMIT = 4;

/** What happened after each failure: noticed, replacement decided, placed, running again. */
export const recovery: ChartDefinition = {
  name: 'recovery',
  build(slice): Chart | undefined {
    const found = recoveriesOf(slice);
    if (found.all.length === 0) return undefined;
    const rows = new Set(found.all.map((one) => `${one.seed}/${one.fault}`)).size;
    return rows <= ROW_LIMIT && found.series.length <= PANEL_LIMIT ? recoveryPanels(found) : recoveryMedians(found);
  },
};
