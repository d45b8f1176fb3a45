import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { MACHINE_COLUMNS, TASK_COLUMNS } from './readers/seatrial-csv/columns.ts';
import { TRACE_READERS } from './readers/registry.ts';
import { WORKLOAD_SOURCE } from './source.ts';
import { DISTRIBUTIONS } from './synthetic/distributions/registry.ts';

const TEXT = readFileSync(join(import.meta.dirname, '../../docs/traces.md'), 'utf8');

/** Names in the first column of the table behind a line that begins with `heading`. */
function firstColumn(heading: string): string[] {
  const table = TEXT.slice(TEXT.indexOf(`\n${heading}`)).split('\n\n').find((part) => part.startsWith('|'))!;
  return table
    .split('\n')
    .slice(2)
    .flatMap((row) => [...row.split('|')[1]!.matchAll(/`([^`]+)`/g)].map((match) => match[1]!));
}

describe('docs/traces.md', () => {
  it("documents every column of Seatrial's own format and no other", () => {
    expect(firstColumn('Task list')).toEqual([...TASK_COLUMNS]);
    expect(firstColumn('Machine list')).toEqual([...MACHINE_COLUMNS]);
  });

  it('documents every format and every distribution', () => {
    for (const { name } of TRACE_READERS) expect(TEXT).toContain(`## \`${name}\``);
    expect(firstColumn('## Generators')).toEqual(DISTRIBUTIONS.map(({ name }) => name));
  });

  it('shows workloads that are valid', () => {
    const examples = [...TEXT.matchAll(/```yaml\n([^]*?)```/g)].map((match) => (parse(match[1]!) as { workload: { source: unknown } }).workload.source);
    expect(examples).toHaveLength(2);
    for (const source of examples) expect(WORKLOAD_SOURCE.safeParse(source).error).toBeUndefined();
  });
});
