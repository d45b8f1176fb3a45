import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type Execution, finished, missingPython, python } from './execute.ts';

/** A code block of the page on other tools. */
export interface Example {
  /** Heading and number under it. */
  readonly title: string;
  readonly language: string;
  readonly code: string;
}

/** The code blocks of a Markdown page whose language can be executed. */
export function examplesOf(file: string): readonly Example[] {
  const examples: Example[] = [];
  let heading = '';
  let number = 0;
  for (const [, title, language, code] of readFileSync(file, 'utf8').matchAll(/^## (.*)$|^```(\w+)\n([\s\S]*?)^```$/gm)) {
    if (title !== undefined) [heading, number] = [title, 0];
    else if (language !== undefined && RUNNERS.has(language)) examples.push({ title: `${heading} ${(number += 1)}`, language, code: code! });
  }
  return examples;
}

/** Runs an example inside the result folder, where its tool is present. */
export function executeExample(example: Example, folder: string): Execution {
  const { missing, command } = RUNNERS.get(example.language)!;
  const reason = missing();
  if (reason !== undefined) return { state: 'missing', text: reason };
  const [program = '', ...arguments_] = command(example.code);
  return finished(spawnSync(program, arguments_, { cwd: folder, encoding: 'utf8' }));
}

interface Runner {
  /** What is missing, and how to get it; undefined = nothing. */
  readonly missing: () => string | undefined;
  readonly command: (code: string) => readonly string[];
}

function hasProgram(name: string): boolean {
  return spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** SQL goes through the command line of DuckDB, or the package for Python, whichever is there. */
const THROUGH_PYTHON = 'import duckdb, sys\nfor statement in duckdb.extract_statements(sys.argv[1]):\n    result = duckdb.sql(statement.query)\n    if result is not None: print(result)';

const RUNNERS: ReadonlyMap<string, Runner> = new Map([
  ['python', { missing: () => missingPython(['pandas']), command: (code: string) => [python(), '-c', code] }],
  ['r', { missing: () => (hasProgram('Rscript') ? undefined : 'there is no Rscript; install R (r-base)'), command: (code: string) => ['Rscript', '-e', code] }],
  [
    'sql',
    {
      missing: () => (hasProgram('duckdb') || missingPython(['duckdb']) === undefined ? undefined : `there is neither a duckdb program nor the package; install with: ${python()} -m pip install duckdb`),
      command: (code: string) => (hasProgram('duckdb') ? ['duckdb', '-c', code] : [python(), '-c', THROUGH_PYTHON, code]),
    },
  ],
  ['sh', { missing: () => (hasProgram('jq') ? undefined : 'there is no jq'), command: (code: string) => ['bash', '-euc', code] }],
]);
