import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { examplesOf, executeExample } from './examples.ts';
import { executeNotebook, missingPython } from './execute.ts';

const here = dirname(fileURLToPath(import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'seatrial-notebooks-'));
afterAll(() => rmSync(folder, { recursive: true }));

function notebook(name: string, language: string, ...cells: string[]): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify({ cells: cells.map((cell) => ({ cell_type: 'code', source: [cell] })), metadata: { language_info: { name: language } } }));
  return path;
}

describe('notebooks', () => {
  test.each(readdirSync(here).filter((name) => name.endsWith('.ipynb')))('%s is kept without outputs and names no folder of a machine', (name) => {
    const text = readFileSync(join(here, name), 'utf8');
    const cells = (JSON.parse(text) as { cells: { cell_type: string; outputs?: unknown[]; execution_count?: unknown }[] }).cells;
    expect(cells.filter((cell) => cell.cell_type === 'code').every((cell) => cell.outputs?.length === 0 && cell.execution_count === null)).toBe(true);
    expect(text).not.toMatch(/\/home\/|\/root\/|\/tmp\/|C:\\\\/);
  });

  test('cells of TypeScript share one module, imports included, and see the result folder', () => {
    const path = notebook('good.ipynb', 'typescript', "import { join } from 'node:path';\nconst a: number = 2;", "import { sep } from 'node:path';\nconsole.log(join('x', 'y').split(sep).length + a, process.env['SEATRIAL_RESULTS'])");
    expect(executeNotebook(path, '/results')).toEqual({ state: 'executed', text: '4 /results\n2 cells executed\n' });
    expect(readdirSync(folder)).toEqual(['good.ipynb']);
  });

  test('a cell that throws fails the notebook, and nothing is left beside it', () => {
    const path = notebook('bad.ipynb', 'typescript', "throw new Error('no such column')");
    const { state, text } = executeNotebook(path, '/results');
    expect(state).toBe('failed');
    expect(text).toContain('no such column');
    expect(readdirSync(folder).filter((name) => name.endsWith('.mts'))).toEqual([]);
  });

  test('a Python package that is missing is named, with the command that installs it', () => {
    expect(missingPython(['no_such_package_here'])).toMatch(/no_such_package_here; install with: .* -m pip install no_such_package_here|there is no/);
  });
});

describe('examples for other tools', () => {
  const examples = examplesOf(join(here, '..', 'docs', 'your-own-tool.md'));

  test('there are some for pandas, R and DuckDB', () => {
    for (const language of ['python', 'r', 'sql']) expect(examples.filter((example) => example.language === language).length).toBeGreaterThanOrEqual(3);
    expect(new Set(examples.map((example) => example.title)).size).toBe(examples.length);
  });

  test('a failing example is a failure, not a skip', () => {
    const { state } = executeExample({ title: 'x', language: 'sh', code: 'exit 3' }, folder);
    expect(['failed', 'missing']).toContain(state);
  });
});
