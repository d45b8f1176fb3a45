import { z } from 'zod';
import { FAULTS } from '../faults/schema.ts';
import type { OrchestratorDefinition } from '../orchestrators/orchestrator.ts';
import { SCENARIO } from './schema.ts';

type Json = Record<string, unknown>;

/**
 * The JSON Schema of scenarios, for editors: from the very schemas that scenarios are checked with, options of each orchestrator included. It is somewhat wider than the check itself:
 * what carries a unit may be any value, and conditions between keys are left to `seatrial validate`.
 */
export function scenarioJsonSchema(orchestrators: readonly OrchestratorDefinition[]): Json {
  const schema = jsonOf(SCENARIO);
  const properties = schema['properties'] as Record<string, Json>;
  properties['faults'] = { ...jsonOf(FAULTS), description: properties['faults']?.['description'] };
  delete properties['faults']['$schema'];
  const names = orchestrators.map(({ name }) => name);
  properties['orchestrators'] = {
    ...properties['orchestrators'],
    items: {
      anyOf: [
        { type: 'string', enum: names },
        {
          type: 'object',
          properties: {
            use: { type: 'string', enum: names, description: 'name of an orchestrator' },
            label: { type: 'string', description: 'name of this cell in results; default: the name of the orchestrator' },
            options: { type: 'object', description: 'options of the orchestrator' },
          },
          required: ['use'],
          additionalProperties: false,
          allOf: orchestrators.map(({ name, options, summary }) => ({
            if: { properties: { use: { const: name } } },
            // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
            then: { properties: { options: { ...withoutSchema(loosened(jsonOf(options))), description: summary } } },
          })),
        },
      ],
    },
  };
  return { ...schema, title: 'Seatrial scenario', $id: 'https://seatrial.dev/scenario.schema.json' };
}

function jsonOf(schema: z.ZodType): Json {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as Json;
}

function withoutSchema(schema: Json): Json {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== '$schema'));
}

/** Options named after a unit take texts with a unit, too. */
function loosened(schema: unknown, key = ''): Json {
  if (Array.isArray(schema)) return schema.map((element) => loosened(element)) as unknown as Json;
  if (schema === null || typeof schema !== 'object') return schema as Json;
  const { type } = schema as { type?: unknown };
  const takesUnit = /(?:Us|Bytes|CpuMilli)$|^cpuMilli$/.test(key) && (type === 'integer' || type === 'number');
  const entries = Object.entries(schema).map(([name, child]): [string, unknown] => {
    if (name === 'properties') return [name, Object.fromEntries(Object.entries(child as Json).map(([property, inner]) => [property, loosened(inner, property)]))];
    return [name, typeof child === 'object' && name !== 'default' && name !== 'enum' ? loosened(child) : child];
  });
  const result = Object.fromEntries(entries);
  return takesUnit ? { ...result, type: [type, 'string'] } : result;
}
