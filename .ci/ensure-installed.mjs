// Installs the packages when they are missing or older than the lockfile, so that `npm start` and `npm test` work on a fresh clone. Plain JavaScript: the machine's own Node runs it.
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, statSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const lockfile = join(root, 'package-lock.json');
// npm writes this file at the end of every installation.
const marker = join(root, 'node_modules', '.package-lock.json');

// `npm ci` empties the folder first. Through a link that folder is another checkout's, which others may be using at this moment.
const isLink = lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink() === true;

if (!isLink && existsSync(lockfile) && (!existsSync(marker) || statSync(marker).mtimeMs < statSync(lockfile).mtimeMs)) {
  process.stderr.write('installing packages (npm ci)\n');
  const npm = process.env.npm_execpath;
  const arguments_ = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const options = { cwd: root, stdio: ['ignore', 2, 2] };
  const result = npm === undefined ? spawnSync('npm', arguments_, { ...options, shell: process.platform === 'win32' }) : spawnSync(process.execPath, [npm, ...arguments_], options);
  if (result.status !== 0) process.exit(result.status ?? 1);
  const now = new Date();
  if (existsSync(marker)) utimesSync(marker, now, now);
}
