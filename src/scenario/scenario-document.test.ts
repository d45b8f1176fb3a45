import { expect, it } from 'vitest';
import { ORCHESTRATORS } from '../orchestrators/registry.ts';
import { scenarioJsonSchema } from './json-schema.ts';
import { scenarioDocument } from './scenario-document.ts';

it('docs/scenarios.md says what the schemas say', async () => {
  await expect(scenarioDocument(ORCHESTRATORS)).toMatchFileSnapshot('../../docs/scenarios.md');
});

it('docs/scenario.schema.json says what the schemas say', async () => {
  await expect(`${JSON.stringify(scenarioJsonSchema(ORCHESTRATORS), null, 1)}\n`).toMatchFileSnapshot('../../docs/scenario.schema.json');
});

it('every key of a scenario says what it means', () => {
  const silent = scenarioDocument([])
    .split('\n')
    .filter((line) => /^\| `[^`(]+` \| (?:yes)? \|  \|$/.test(line));
  expect(silent).toEqual([]);
});
