import { readdirSync, readFileSync } from 'node:fs';
import { hashOfParts } from './canonical.ts';

/** What results depend on besides their spec. */
export interface CodeVersion {
  /** Version of the package. */
  readonly package: string;
  /** Hash of the code that runs are made of: a changed model never passes for the old one when a sweep is resumed. */
  readonly model: string;
  /** Plugins that take part, with a hash of their code; absent where there are none. */
  readonly plugins?: readonly { readonly name: string; readonly sha256: string }[];
}

/** Folders whose code decides what happens in a run. */
const MODEL_ROOMS = ['engine', 'world', 'consensus', 'workload', 'orchestrators', 'faults', 'metrics', 'experiment'] as const;

let known: CodeVersion | undefined;

/** Version of this installation. */
export function codeVersion(): CodeVersion {
  known ??= { package: packageVersion(), model: modelHash() };
  return plugins.length === 0 ? known : { ...known, plugins };
}

let plugins: NonNullable<CodeVersion['plugins']> = [];

/** Says that a plugin takes part from now on: runs with it are other runs than those without. */
export function notePlugin(name: string, sha256: string): void {
  if (plugins.some((plugin) => plugin.name === name && plugin.sha256 === sha256)) return;
  plugins = [...plugins, { name, sha256 }].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function modelHash(): string {
  const parts: string[] = [];
  const visit = (folder: URL, name: string): void => {
    const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      if (entry.isDirectory()) visit(new URL(`${entry.name}/`, folder), `${name}/${entry.name}`);
      else if (/\.(?:ts|js)$/.test(entry.name) && !/\.(?:test|d)\.ts$/.test(entry.name)) parts.push(`${name}/${entry.name}`, readFileSync(new URL(entry.name, folder), 'utf8'));
    }
  };
  for (const room of MODEL_ROOMS) {
    try {
      visit(new URL(`../${room}/`, import.meta.url), room);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return hashOfParts(parts).slice(0, 12);
}
