import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CONFORMANCE_SUITES } from './orchestrators/conformance-registry.ts';

const root = join(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const SEATRIAL = 'npm run -s seatrial -- ';
/** Commands of the README's shell blocks; comments are for people. */
const commands = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) => block!.split('\n').filter((line) => line !== '' && !line.startsWith('#')));

function seatrial(line: string): string {
  return execFileSync(process.execPath, [join(root, 'src/cli.ts'), ...line.slice(SEATRIAL.length).split(' ')], { cwd: root, encoding: 'utf8' });
}

test('the README names at least the commands that a newcomer needs', () => {
  expect(commands).toContain('npm start');
  expect(commands.filter((line) => line.startsWith(SEATRIAL)).length).toBeGreaterThanOrEqual(6);
});

test('npm start does what the README says: a table and the path of a report', () => {
  const output = execFileSync('npm', ['start'], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  expect(output).toMatch(/useful CPU/);
  expect(output).toMatch(/report: .*report\.html/);
}, 90_000);

test.each(commands.filter((line) => line.startsWith(SEATRIAL)))('%s', (line) => {
  const isRun = /^(?:run|sweep) /.test(line.slice(SEATRIAL.length));
  expect(seatrial(isRun ? `${line} --force` : line)).not.toBe('');
}, 90_000);

test("the README's conformance table is what the command prints", () => {
  const cases = JSON.parse(seatrial(`${SEATRIAL}conformance --json`)) as { suites: { name: string; cases: number; agree: number; disagree: number; uncovered: number }[] };
  expect(cases.suites.length).toBe(CONFORMANCE_SUITES.length);
  const rows = cases.suites.map(({ name, cases: count, agree, disagree, uncovered }) => `| ${name} | ${count} | ${agree} | ${disagree} | ${uncovered} |`);
  const table = /\|---\|---:\|---:\|---:\|---:\|\n([\s\S]*?)<!-- end of conformance table -->/.exec(readme)![1]!.trim();
  expect(table.split('\n')).toEqual(rows);
}, 90_000);
