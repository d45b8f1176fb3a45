import { OUTPUT_FILES, type Column } from './columns.ts';

/** The documentation of all result files, as Markdown; `docs/outputs.md` is its committed copy. */
export function outputsDocument(): string {
  const parts = [HEAD];
  for (const { file, rows, columns } of OUTPUT_FILES) {
    parts.push(`## ${file}\n\nOne row per ${rows}.\n\n| column | unit | decimals | definition |\n|---|---|---|---|\n${columns.map(line).join('\n')}\n`);
  }
  return parts.join('\n');
}

function line({ name, unit, decimals, definition }: Column): string {
  return `| \`${name}\` | ${cell(unit)} | ${decimals ?? ''} | ${cell(definition)} |`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

const HEAD = `# Result files

Generated from \`src/metrics/columns.ts\`; a test compares the two. To write it anew: \`npx vitest run src/metrics/columns.test.ts -u\`.

Comma-separated values in UTF-8 with a header line. Numbers are plain decimals, trailing zeros cut; an empty cell is a value that is not defined. Shares are between
0 and 1, times are seconds of simulated time, exact to the microsecond. Everything is measured over one fixed window that all orchestrators share. What the words mean
is in [vocabulary.md](vocabulary.md); what the figures leave out is in [fidelity/metrics.md](fidelity/metrics.md). What a sweep
varies adds a column each to \`runs.csv\`, after \`seed\`, named by the path that the axis sets (\`workload.load\`) or by the name that the scenario gives it; empty where an
axis is about the options of another orchestrator. \`axes\` in \`plan.json\` lists these columns (\`label\` first) with their values in order.
`;
