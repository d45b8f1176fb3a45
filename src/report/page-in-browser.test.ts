import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { report } from './report.ts';
import { writeFixtureResults } from './testing/fixture-results.ts';
import { writeSmallResults } from './testing/small-results.ts';

const BROWSER = ['chromium', 'chromium-browser', 'google-chrome'].find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);

/** Opens a page from the file system without network; returns the resulting document and what the browser's console said. */
function open(file: string, profile: string): { document: string; console: string[] } {
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking', '--disable-component-update', '--no-first-run', '--host-resolver-rules=MAP * ~NOTFOUND', '--enable-logging=stderr', `--user-data-dir=${profile}`, '--dump-dom'];
  const { status, stdout, stderr } = spawnSync(BROWSER!, [...flags, pathToFileURL(file).href], { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`the browser ended with ${String(status)}: ${stderr}`);
  return { document: stdout, console: stderr.split('\n').filter((line) => line.includes('CONSOLE')) };
}

// Skipped where no Chromium is installed; the reporter names the suite with this message.
describe.skipIf(BROWSER === undefined)(`report.html in headless Chromium${BROWSER === undefined ? ' (skipped: no chromium in PATH)' : ''}`, { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'seatrial-page-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  beforeAll(async () => {
    writeFixtureResults(folder, { seeds: [1], gridPoints: 48 });
    await report(folder);
  });

  test('opens from the file system with all its charts and nothing on the console', () => {
    const opened = open(join(folder, 'report.html'), join(folder, 'profile'));
    expect(opened.console).toEqual([]);
    expect(opened.document.match(/<svg role="img"/g)).toHaveLength(7);
    expect(opened.document).toContain('</html>');
  });

  test('so does the page of a sweep', async () => {
    const sweep = join(folder, 'sweep');
    writeSmallResults(sweep, { labels: ['mesos', 'kubernetes'], axes: { load: ['0.5', '0.9'], size: ['50', '100'] }, seeds: [1, 2, 3], columns: { usefulCpuShare: ({ levels, seed }) => Number(levels[0]) * 0.8 + seed / 1000, restoreP50S: ({ label, seed }) => (label === 'mesos' ? 60 : 90) + seed } });
    const { files } = await report(sweep);
    const opened = open(join(sweep, 'report.html'), join(folder, 'profile'));
    expect(opened.console).toEqual([]);
    expect(opened.document.match(/<svg role="img"/g)).toHaveLength(files.filter((file) => file.endsWith('.svg')).length);
    expect(opened.document).toContain('id="sweep"');
  });

  test('would say so if it asked for anything from outside', () => {
    const file = join(folder, 'asks.html');
    writeFileSync(file, readFileSync(join(folder, 'report.html'), 'utf8').replace('<main>', '<main><img src="https://example.invalid/pixel.png">'));
    expect(open(file, join(folder, 'profile')).console.join('\n')).toContain('Content Security Policy');
  });
});
