import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { ORCHESTRATORS } from '../orchestrators/registry.ts';
import { scenarioJsonSchema } from './json-schema.ts';
import { TINY_SCENARIO } from './testing/tiny-scenario.ts';

const schema = scenarioJsonSchema(ORCHESTRATORS);

describe('the JSON Schema of scenarios', () => {
  const scenarios = join(import.meta.dirname, '../../scenarios');
  const checker = z.fromJSONSchema(withoutConditions(schema) as Parameters<typeof z.fromJSONSchema>[0]);

  it.each([['the tiny scenario', TINY_SCENARIO], ...readdirSync(scenarios).filter((name) => name.endsWith('.yaml')).map((name) => [name, readFileSync(join(scenarios, name), 'utf8')])] as [string, string][])('accepts %s', (_, text) => {
    expect(checker.safeParse(parse(text)).error?.message).toBeUndefined();
  });

  it.each([
    ['an unknown key', 'question:', 'questoin:'],
    ['an unknown orchestrator', '- reference/fifo', '- kubernets'],
    ['an unknown kind of fault', 'kind: crash', 'kind: crush'],
    ['an unknown axis section', 'seeds: 1..2', 'sweep: { matrx: {} }'],
  ])('refuses %s', (_, piece, by) => {
    expect(checker.safeParse(parse(TINY_SCENARIO.replace(piece, by))).success).toBe(false);
  });

  it('knows the options of every orchestrator', () => {
    const text = JSON.stringify(schema);
    for (const { name } of ORCHESTRATORS) expect(text).toContain(`{"if":{"properties":{"use":{"const":"${name}"}}}`);
    expect(text).toContain('"tieBreak"');
  });
});

/** zod reads no if/then back. */
function withoutConditions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutConditions);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== 'allOf').map(([key, child]) => [key, withoutConditions(child)]));
}
