import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
let tree: string;

/** Every bad line with a part of the message that must come. */
const BANNED: readonly (readonly [string, string, RegExp])[] = [
  ['src/engine/a.ts', 'export const x = Math.random();', /keyed or sequential random numbers/],
  ['src/world/b.ts', 'export const x = Math.pow(2, 3);', /use pow of/],
  ['src/world/c.ts', 'export const x = (y: number) => y ** 2;', /\*\* differs/],
  ['src/consensus/d.ts', 'export const x = Math.log(2);', /use ln of/],
  ['src/workload/e.ts', 'export const x = Date.now();', /simulated time only/],
  ['src/faults/f.ts', 'export const x = new Date();', /simulated time only/],
  ['src/metrics/g.ts', "export const x = ['b', 'a'].sort((a, b) => a.localeCompare(b));", /Depends on the locale/],
  ['src/metrics/h.ts', 'export const x = new Intl.NumberFormat();', /Depends on the locale/],
  ['src/metrics/i.ts', 'export const x = (1).toLocaleString();', /Depends on the locale/],
  ['src/orchestrators/mesos/j.ts', "export const x = process.env['HOME'];", /does not look at its environment/],
  ['src/orchestrators/mesos/k.ts', 'export function x(o: object): void { for (const k in o) if (Object.hasOwn(o, k)) break; }', /for\.\.\.in/],
  ['src/orchestrators/mesos/l.ts', 'export async function x(): Promise<void> {}', /no promises/],
  ['src/orchestrators/mesos/m.ts', "import '../kubernetes/pod.ts';", /No orchestrator imports another/],
  ['src/orchestrators/reference/n.ts', "import '../swarm-classic/strategy.ts';", /No orchestrator imports another/],
  ['src/orchestrators/o.ts', "import '../experiment/run.ts';", /must not import this room/],
  ['src/engine/p.ts', "import '../world/world.ts';", /engine must not import/],
  ['src/world/q.ts', "import '../orchestrators/registry.ts';", /world must not import/],
  ['src/scenario/r.ts', "import '../experiment/run.ts';", /scenario must not import/],
  ['src/report/s.ts', "import '../experiment/run.ts';", /report must not import/],
  ['src/statistics/u.ts', "import '../metrics/kaplan-meier.ts';", /statistics must not import/],
  ['src/statistics/v.ts', 'export const x = Math.exp(2);', /use exp of/],
  ['src/metrics/w.ts', "import '../statistics/holm.ts';", /metrics must not import/],
  ['src/experiment/t.ts', "import '../cli/run.ts';", /experiment must not import/],
];

const ALLOWED: readonly (readonly [string, string])[] = [
  ['src/orchestrators/mesos/ok.ts', "import '../../workload/workload.ts';\nimport '../orchestrator.ts';\nimport '../../engine/loop.ts';"],
  ['src/experiment/ok.ts', "import '../scenario/load.ts';\nexport const x = Date.now();"],
  ['src/report/ok.ts', "import '../statistics/holm.ts';"],
  ['src/experiment/ok2.ts', "import '../statistics/holm.ts';"],
  ['src/cli/ok.ts', "import '../report/report.ts';\nexport const x = process.env['NO_COLOR'];"],
];

interface Diagnostic {
  readonly message: string;
  readonly help?: string;
  readonly filename: string;
}
let diagnostics: readonly Diagnostic[];

beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), 'seatrial-lint-'));
  cpSync(join(root, '.oxlintrc.json'), join(tree, '.oxlintrc.json'));
  mkdirSync(join(tree, '.ci'));
  cpSync(join(root, '.ci/lint-rules.js'), join(tree, '.ci/lint-rules.js'));
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
  for (const [file, text] of [...BANNED.map(([path, line]) => [path, line] as const), ...ALLOWED]) {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    writeFileSync(join(tree, file), `${text}\n`);
  }
  const result = spawnSync(process.execPath, [join(root, 'node_modules/oxlint/bin/oxlint'), '--format=json', 'src'], { cwd: tree, encoding: 'utf8' });
  diagnostics = (JSON.parse(result.stdout) as { diagnostics: Diagnostic[] }).diagnostics;
});

afterAll(() => rmSync(tree, { recursive: true, force: true }));

describe('the linter', () => {
  it.each(BANNED)('finds fault with %s: %s', (file, _line, message) => {
    const complaints = diagnostics.filter(({ filename }) => filename === file).map(({ message: text, help }) => `${text} ${help ?? ''}`);
    expect(complaints.join('\n')).toMatch(message);
  });

  it.each(ALLOWED)('has nothing against %s', (file) => {
    expect(diagnostics.filter(({ filename }) => filename === file)).toEqual([]);
  });
});
