/*
 * `npm run notebooks`: makes the sweep that the notebooks analyse (or takes the folder that SEATRIAL_RESULTS names), executes every notebook from top to bottom, then every
 * example of docs/your-own-tool.md. What cannot be executed because a program or a package is missing is said, with how to get it; it is no failure.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { examplesOf, executeExample } from './examples.ts';
import { executeNotebook } from './execute.ts';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const folder = resolve(process.env['SEATRIAL_RESULTS'] ?? join(root, 'results', 'notebook'));
let failed = 0;
let skipped = 0;

function tell(what: string, outcome: { readonly state: 'executed' | 'missing' | 'failed'; readonly text: string }): void {
  if (outcome.state === 'failed') failed++;
  if (outcome.state === 'missing') skipped++;
  process.stdout.write(`${what}: ${outcome.state === 'missing' ? 'not executed: ' : outcome.state === 'failed' ? 'FAILED: ' : ''}${outcome.text.trimEnd()}\n\n`);
}

if (process.env['SEATRIAL_RESULTS'] === undefined) {
  for (const arguments_ of [['sweep', join(here, 'sweep.yaml'), '--out', folder, '--no-report', '--force'], ['report', folder]]) {
    const made = spawnSync(process.execPath, [join(root, 'src', 'cli.ts'), ...arguments_], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
    if (made.status !== 0) process.exit(made.status ?? 1);
  }
}
process.stdout.write(`results: ${relative(process.cwd(), folder)}\n\n`);
for (const file of readdirSync(here).filter((name) => name.endsWith('.ipynb')).toSorted()) tell(`notebooks/${file}`, executeNotebook(join(here, file), folder));
for (const example of examplesOf(join(root, 'docs', 'your-own-tool.md'))) tell(`docs/your-own-tool.md, ${example.title}`, executeExample(example, folder));
process.stdout.write(`${failed === 0 ? 'all that could be executed ran to its end' : `${failed} failed`}${skipped === 0 ? '' : `; ${skipped} not executed, for want of a program or package`}\n`);
process.exitCode = failed === 0 ? 0 : 1;
