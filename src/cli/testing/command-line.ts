import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../cli.ts', import.meta.url));

/** Options of suites that start processes: generous, for machines that do much else. */
export const SLOW = { timeout: 120_000 } as const;

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of its own in which commands run as a user would run them. */
export class CommandLine {
  readonly folder = mkdtempSync(join(tmpdir(), 'seatrial-cli-'));

  write(name: string, content: string | Uint8Array): string {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8');
  }

  run(arguments_: readonly string[], environment: Readonly<Record<string, string>> = {}): Finished {
    const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...arguments_], { cwd: this.folder, encoding: 'utf8', env: { ...process.env, ...environment } });
    return { code: status, stdout, stderr };
  }

  /** Runs a script of the folder. */
  runFile(name: string): Finished {
    const { status, stdout, stderr } = spawnSync(process.execPath, [name], { cwd: this.folder, encoding: 'utf8' });
    return { code: status, stdout, stderr };
  }

  /** Starts a command and sends it a signal as soon as a condition holds. */
  async interrupt(arguments_: readonly string[], signal: NodeJS.Signals, when: () => boolean): Promise<Finished> {
    const child = spawn(process.execPath, [CLI, ...arguments_], { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    const watch = setInterval(() => {
      if (!when()) return;
      clearInterval(watch);
      child.kill(signal);
    }, 2);
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    clearInterval(watch);
    return { code, stdout, stderr };
  }

  /** Files below a folder with their contents, by path; those that tell of the machine and the moment are left out. */
  contents(name: string): Map<string, string> {
    const root = join(this.folder, name);
    return new Map(
      this.files(name)
        .filter((file) => !/(?:^|\/)(?:timing\.csv|timings-\w+\.txt)$/.test(file))
        .map((file) => [file, readFileSync(join(root, file), 'latin1')]),
    );
  }

  /** Paths of all files below a folder, sorted. */
  files(name = '.'): string[] {
    const root = join(this.folder, name);
    const list = (folder: string): string[] =>
      readdirSync(folder).flatMap((entry) => (statSync(join(folder, entry)).isDirectory() ? list(join(folder, entry)) : [relative(root, join(folder, entry))]));
    return list(root).sort();
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
