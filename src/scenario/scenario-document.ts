import type { z } from 'zod';
import type { OrchestratorDefinition } from '../orchestrators/orchestrator.ts';
import { SCENARIO } from './schema.ts';
import type { SchemaDefinition } from './schema-definition.ts';

interface Row {
  readonly path: string;
  readonly needed: boolean;
  readonly text: string;
}

/** `docs/scenarios.md`: every key of a scenario and every option of an orchestrator, from the schemas themselves. */
export function scenarioDocument(orchestrators: readonly OrchestratorDefinition[]): string {
  return `# Scenarios

A scenario is a YAML file: one question, a workload, machines, orchestrators, and what breaks. This page is made from the schemas by a test
(\`vitest run src/scenario/scenario-document.test.ts -u\` writes it anew).

- Durations carry their unit: \`500ms\`, \`10s\`, \`5min\`, \`1h\`, \`2d\`, \`1h30min\`. Amounts of bytes too: \`512MiB\`, \`64GiB\`, \`16GB\`. Cores are \`32\`, \`0.5\` or \`500m\`.
- \`parameters\` are texts for \`\${name}\` anywhere in the file; without a default they must be given with \`--param name=value\`. Paths are relative to the scenario file.
- Defaults are shown as they are kept: microseconds, bytes, milli-cores.
- \`faults[](scripted).at\` is the key \`at\` of an entry with \`source: scripted\`; likewise the word in brackets is the \`kind\` of a distribution or framework, the \`law\` of a lifetime, the \`format\` of a trace and the \`generator\` of synthetic work.
- \`--set path=value\` overrides any value: \`--set workload.load=0.9\`, \`--set orchestrators.kubernetes.options.tieBreak=first\` (elements of lists by number, label or name).
- Times of faults (\`at\`, \`every\`, \`duration\`) may be shares of the window: \`at: 80%\`.
- \`sweep\` varies values, and \`seatrial sweep\` makes a run of every combination; \`--set workload.load=0.5,0.9\` and \`--set 'workload.load=0.5..0.9 step 0.1'\` do so from the command
  line, and take the place of an axis of the scenario. Any key may be an axis, orchestrators and their options too; a range has both its ends.
- Editors: \`# yaml-language-server: $schema=../docs/scenario.schema.json\` as the first line of a scenario completes and checks keys ([scenario.schema.json](scenario.schema.json)).
- \`expect\` holds comparisons with columns of \`runs.csv\` that every run must meet, or every run of which something else holds: \`attemptsHit: ">= 100 where offeredLoadGpu > 0.5"\`. One that is not met ends the command with exit code 3.

## Keys

${table(rowsOf(SCENARIO, '', true))}

## Options of orchestrators

\`options\` of an entry of \`orchestrators\`. Names that end in \`Us\`, \`Bytes\` or \`CpuMilli\` take plain numbers in that unit or texts with a unit.

${orchestrators.map(({ name, models, summary, options }) => `### ${name}\n\n${models === '' ? '' : `Models ${models}: `}${summary}.\n\n${table(rowsOf(options, '', true))}`).join('\n\n')}
`;
}

function table(rows: readonly Row[]): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  return `| key | needed | meaning |\n|---|---|---|\n${rows.filter(({ path, text }) => path !== '' && !(path.endsWith('[]') && text === '')).map(({ path, needed, text }) => `| \`${path}\` | ${needed ? 'yes' : ''} | ${cell(text)} |`).join('\n')}`;
}

/** A row for the schema itself, then rows for what is inside it. */
function rowsOf(schema: z.ZodType, path: string, needed: boolean, heard = '', value = ''): Row[] {
  const definition = definitionOf(schema);
  const description = (schema as { description?: string }).description ?? heard;
  const { type, innerType, in: input, out, element, valueType, shape, options, discriminator, entries, values } = definition;
  switch (type) {
    case 'optional':
    case 'nullable':
    case 'readonly':
    case 'nonoptional':
      return rowsOf(innerType!, path, false, description, value);
    case 'default':
    case 'prefault':
      return rowsOf(innerType!, path, false, description, shown(definition.defaultValue));
    case 'pipe':
      return rowsOf(definitionOf(input!).type === 'transform' ? out! : input!, path, needed, description, value);
    case 'lazy':
      return rowsOf(definition.getter!(), path, needed, description, value);
    case 'object':
      return [row(path, needed, description, value), ...Object.entries(shape!).flatMap(([key, child]) => rowsOf(child, path === '' ? key : `${path}.${key}`, isNeeded(child)))];
    case 'array':
      return isStructured(element!) ? [row(path, needed, description, value), ...rowsOf(element!, `${path}[]`, false)] : [row(path, needed, description, value)];
    case 'record':
      return [row(path, needed, description, value), ...(isStructured(valueType!) ? rowsOf(valueType!, `${path}.*`, false) : [])];
    case 'union': {
      const structured = options!.filter((option) => isStructured(option));
      if (discriminator === undefined) return [row(path, needed, description, value), ...structured.flatMap((option) => rowsOf(option, path, false).slice(1))];
      return [row(path, needed, description, value), ...structured.flatMap((option) => variant(option, path, discriminator))];
    }
    case 'enum':
      return [row(path, needed, description, value, Object.values(entries!).join(', '))];
    case 'literal':
      return [row(path, needed, description, value, values!.map(shown).join(', '))];
    default:
      return [row(path, needed, description, value)];
  }
}

/** Keys of one branch of a discriminated union, each with the choice that it belongs to. */
function variant(option: z.ZodType, path: string, discriminator: string): Row[] {
  const inner = objectOf(option);
  const choice = shown(definitionOf(definitionOf(inner).shape![discriminator]!).values?.[0]);
  return rowsOf(inner, path, false)
    .slice(1)
    .filter((entry) => entry.path !== `${path}.${discriminator}`)
    .map((entry) => ({ ...entry, path: entry.path.replace(path, `${path}(${choice})`) }));
}

function row(path: string, needed: boolean, description: string, value: string, choices = ''): Row {
  const parts = [description, choices === '' ? '' : `one of ${choices}`, value === '' || value.startsWith('{') ? '' : `default ${value}`].filter((part) => part !== '');
  return { path, needed, text: parts.join('; ') };
}

function objectOf(schema: z.ZodType): z.ZodType {
  const { type, innerType, in: input, out, getter } = definitionOf(schema);
  if (type === 'object') return schema;
  if (type === 'lazy') return objectOf(getter!());
  if (type === 'pipe') return objectOf(definitionOf(input!).type === 'transform' ? out! : input!);
  return objectOf(innerType!);
}

function isStructured(schema: z.ZodType): boolean {
  const { type, innerType, in: input, out, options, element, getter } = definitionOf(schema);
  if (type === 'object') return true;
  if (type === 'lazy') return isStructured(getter!());
  if (type === 'union') return options!.some(isStructured);
  if (type === 'array') return isStructured(element!);
  if (type === 'pipe') return isStructured(definitionOf(input!).type === 'transform' ? out! : input!);
  return innerType !== undefined && isStructured(innerType);
}

function isNeeded(schema: z.ZodType): boolean {
  const { type } = definitionOf(schema);
  return type !== 'optional' && type !== 'default' && type !== 'prefault';
}

function shown(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
}

function definitionOf(schema: z.ZodType): SchemaDefinition {
  return (schema as unknown as { _zod: { def: SchemaDefinition } })._zod.def;
}
