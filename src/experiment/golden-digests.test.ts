import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { ORCHESTRATORS } from '../orchestrators/registry.ts';
import { expand } from '../scenario/expand.ts';
import { loadScenario } from '../scenario/load.ts';
import { run } from './run.ts';

/** Committed scenarios that need nothing from elsewhere. */
const SCENARIOS = ['three-way.yaml'] as const;

// A digest changes when what happens changes: regenerate with `vitest run src/experiment/golden-digests.test.ts -u`, and say in the changelog why.
it('runs of the committed scenarios are bit for bit what they were', { timeout: 120_000 }, async () => {
  const lines = ['scenario,cell,seed,records,digest'];
  for (const name of SCENARIOS) {
    const loaded = loadScenario(fileURLToPath(new URL(`../../scenarios/${name}`, import.meta.url)), { orchestrators: ORCHESTRATORS });
    const plan = expand(loaded, { cacheFolder: null });
    for (const spec of plan.runs) {
      const { recordCount, digest } = run(spec, plan.inputs);
      lines.push([name, spec.cell, spec.seed, recordCount, digest].join(','));
    }
  }
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('../../scenarios/golden-digests.csv');
});
