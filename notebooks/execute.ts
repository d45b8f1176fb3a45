import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What became of a notebook or an example. */
export interface Execution {
  /** `missing`: a program or package is not there; `text` says which, and how to get it. */
  readonly state: 'executed' | 'missing' | 'failed';
  /** What it printed, or the reason. */
  readonly text: string;
}

interface Notebook {
  readonly cells: readonly { readonly cell_type: string; readonly source: readonly string[] }[];
  readonly metadata: { readonly language_info: { readonly name: string } };
}

/** Executes the code cells of a notebook in order, in one process. @param results folder that it analyses, as SEATRIAL_RESULTS */
export function executeNotebook(file: string, results: string): Execution {
  const notebook = JSON.parse(readFileSync(file, 'utf8')) as Notebook;
  const environment = { ...process.env, SEATRIAL_RESULTS: results };
  if (notebook.metadata.language_info.name === 'python') {
    const missing = missingPython(['pandas', 'altair']);
    if (missing !== undefined) return { state: 'missing', text: missing };
    return finished(spawnSync(python(), [join(dirname(fileURLToPath(import.meta.url)), 'execute.py'), file], { encoding: 'utf8', env: environment }));
  }
  const cells = notebook.cells.filter((cell) => cell.cell_type === 'code').map((cell) => cell.source.join(''));
  // Beside the notebook, where its imports lead to the same files.
  const module = join(dirname(file), `.${basename(file, '.ipynb')}-${process.pid}.mts`);
  writeFileSync(module, `${cells.join('\n;\n')}\n;console.log('${cells.length} cells executed');\n`);
  try {
    return finished(spawnSync(process.execPath, [module], { cwd: dirname(file), encoding: 'utf8', env: environment }));
  } finally {
    rmSync(module, { force: true });
  }
}

/** The Python that is used: SEATRIAL_PYTHON (of a virtual environment, say), or python3. */
export function python(): string {
  return process.env['SEATRIAL_PYTHON'] ?? 'python3';
}

/** What is missing for Python code that imports these packages; undefined = nothing. */
export function missingPython(packages: readonly string[]): string | undefined {
  const { status, error, stdout } = spawnSync(python(), ['-c', `import importlib.util; print(' '.join(name for name in ${JSON.stringify(packages)} if importlib.util.find_spec(name) is None))`], { encoding: 'utf8' });
  if (error !== undefined || status !== 0) return `there is no ${python()}; install Python 3, or name one in SEATRIAL_PYTHON`;
  const missing = stdout.trim();
  return missing === '' ? undefined : `Python has no ${missing.replaceAll(' ', ', ')}; install with: ${python()} -m pip install ${missing}`;
}

/** The outcome of a process. */
export function finished({ status, stdout, stderr, error }: { readonly status: number | null; readonly stdout: string; readonly stderr: string; readonly error?: Error | undefined }): Execution {
  if (error !== undefined) return { state: 'failed', text: error.message };
  return status === 0 ? { state: 'executed', text: stdout } : { state: 'failed', text: `${stdout}${stderr}` };
}
