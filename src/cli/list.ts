import { Argument, Command } from 'commander';
import { textTable } from './text-table.ts';
import { addPluginOption, usePlugins } from './use-plugins.ts';
import { UsageError } from './usage-error.ts';

interface Topic {
  readonly name: string;
  readonly summary: string;
  /** Rows with a header. */
  readonly rows: () => Promise<(string | number)[][]>;
}

const TOPICS: readonly Topic[] = [
  {
    name: 'orchestrators',
    summary: 'systems that a scenario can name under `orchestrators`',
    rows: async () => {
      const { ORCHESTRATORS } = await import('../orchestrators/registry.ts');
      return [['name', 'models', 'summary'], ...ORCHESTRATORS.map(({ name, models, summary }) => [name, models === '' ? 'ideal' : models, summary])];
    },
  },
  {
    name: 'readers',
    summary: 'formats of traces, under `workload.source`',
    rows: async () => {
      const { TRACE_READERS } = await import('../workload/readers/registry.ts');
      return [['format', 'files', 'summary'], ...TRACE_READERS.map(({ name, files, summary }) => [name, files.map(({ role, required }) => (required ? role : `[${role}]`)).join(' '), summary])];
    },
  },
  {
    name: 'faults',
    summary: 'what can befall machines, under `faults`',
    rows: async () => {
      const [{ FAULT_KIND_LIST }, { FAULT_SOURCES }] = await Promise.all([import('../faults/kinds/registry.ts'), import('../faults/sources/registry.ts')]);
      return [
        ['', 'name', 'summary'],
        ...FAULT_KIND_LIST.map(({ name, summary }) => ['kind', name, summary]),
        ...FAULT_SOURCES.map(({ name, summary }) => ['source', name, summary]),
      ];
    },
  },
  {
    name: 'columns',
    summary: 'columns of the result files',
    rows: async () => {
      const { OUTPUT_FILES } = await import('../metrics/columns.ts');
      return [['file', 'column', 'unit', 'definition'], ...OUTPUT_FILES.flatMap(({ file, columns }) => columns.map(({ name, unit, definition }) => [file, name, unit, definition]))];
    },
  },
  {
    name: 'suites',
    summary: 'suites of recorded decisions that `conformance` checks',
    rows: async () => {
      const { CONFORMANCE_SUITES } = await import('../orchestrators/conformance-registry.ts');
      return [['suite', 'file', 'complete'], ...CONFORMANCE_SUITES.map(({ name, file, complete }) => [name, file, complete ? 'yes' : 'no'])];
    },
  },
];

/** `seatrial list`. */
export function command(): Command {
  return addPluginOption(new Command('list'))
    .addArgument(new Argument('[topic]', `one of ${TOPICS.map(({ name }) => name).join(', ')}`))
    .option('--json', 'print as JSON')
    .action(execute);
}

async function execute(name: string | undefined, given: { readonly json?: true; readonly plugin: readonly string[] }): Promise<void> {
  await usePlugins(given.plugin);
  const chosen = name === undefined ? TOPICS : TOPICS.filter((topic) => topic.name === name);
  if (chosen.length === 0) {
    const { suggestion } = await import('../engine/nearest.ts');
    throw new UsageError(`there is nothing called "${name}" to list${suggestion(name!, TOPICS.map((topic) => topic.name))}`);
  }
  if (name === undefined && given.json !== true) {
    process.stdout.write(`${textTable(TOPICS.map((topic) => [`seatrial list ${topic.name}`, topic.summary]))}\n`);
    return;
  }
  const listed = await Promise.all(chosen.map(async (topic) => ({ topic, rows: await topic.rows() })));
  if (given.json === true) {
    const data = Object.fromEntries(listed.map(({ topic, rows: [header, ...rows] }) => [topic.name, rows.map((row) => Object.fromEntries(row.map((cell, i) => [header![i], cell])))]));
    process.stdout.write(`${JSON.stringify(name === undefined ? data : data[name], null, 2)}\n`);
  } else process.stdout.write(`${textTable(listed[0]!.rows)}\n`);
}
