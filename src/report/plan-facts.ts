/** What the report needs from plan.json and manifest.json, whatever else stands in them. */
export interface PlanFacts {
  readonly name: string;
  /** The question that the scenario answers; undefined when it states none. */
  readonly question: string | undefined;
  /** Options of orchestrators that are called a profile, or API limits (`kubernetes: apiLimits`), with their values. */
  readonly profiles: readonly (readonly [path: string, value: string])[];
  /** Which real system each cell models: label and system with version. */
  readonly models: readonly (readonly [label: string, system: string])[];
  /** What became of the rows of a trace, per seed. */
  readonly readings: readonly TraceReading[];
}

/** Rows of a trace: what could not be used, or not as it stands. */
export interface TraceReading {
  readonly rows: number;
  readonly rejected: number;
  readonly repaired: number;
  readonly clamped: number;
  /** Time between arrivals, as a multiple of the workload's own; 1 = as they were. */
  readonly arrivalFactor: number;
}

/** Reads the plan. */
export function planFacts(plan: unknown): PlanFacts {
  const name = textAt(plan, 'name') ?? textAt(at(plan, 'scenario'), 'name') ?? textAt(plan, 'scenario') ?? '';
  const question = textAt(plan, 'question') ?? textAt(at(plan, 'scenario'), 'question');
  const cells: readonly unknown[] = Array.isArray(at(plan, 'cells')) ? (at(plan, 'cells') as unknown[]) : [];
  const profiles = cells.flatMap((cell) => flatten(at(cell, 'options')).flatMap(([path, value]): (readonly [string, string])[] => (/(profile|apiLimits)$/i.test(path) ? [[`${textAt(cell, 'label') ?? ''}: ${path}`, value]] : [])));
  const models = cells.flatMap((cell): (readonly [string, string])[] => {
    const system = textAt(cell, 'models');
    return system === undefined ? [] : [[textAt(cell, 'label') ?? '', system]];
  });
  const seeds: readonly unknown[] = Array.isArray(at(plan, 'seeds')) ? (at(plan, 'seeds') as unknown[]) : [];
  return { name, question, profiles, models, readings: seeds.flatMap(readingOf) };
}

function readingOf(seed: unknown): TraceReading[] {
  const report = at(seed, 'report');
  const rows = at(report, 'rows');
  if (typeof rows !== 'number') return [];
  const total = (name: string): number => Number(at(at(report, name), 'total') ?? 0);
  return [{ rows, rejected: total('rejected'), repaired: total('repaired'), clamped: total('clamped'), arrivalFactor: Number(at(seed, 'arrivalFactor') ?? 1) }];
}

/** Command that makes the results again, and everything else of the manifest as dotted names and values. */
export interface ManifestFacts {
  readonly command: string | undefined;
  readonly entries: readonly (readonly [name: string, value: string])[];
}

/** Reads the manifest. Lists that grow with the number of runs are left to runs.csv. */
export function manifestFacts(manifest: unknown): ManifestFacts {
  const command = at(manifest, 'command');
  const entries = flatten(manifest, LONGEST_LIST).filter(([name]) => !/^(command|runs|digests)(\.|$)/.test(name));
  if (!Array.isArray(command)) return { command: typeof command === 'string' ? command : undefined, entries };
  const words = command.map((word) => quoted(String(word)));
  return { command: (words[0] === 'seatrial' ? words : ['seatrial', ...words]).join(' '), entries };
}

/** Lists longer than this grow with the number of seeds; manifest.json has them. */
const LONGEST_LIST = 3;

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[A-Za-z0-9_./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

function textAt(value: unknown, key: string): string | undefined {
  const found = at(value, key);
  return typeof found === 'string' && found.trim() !== '' ? found.trim() : undefined;
}

function flatten(value: unknown, longestList = Number.POSITIVE_INFINITY, path = ''): (readonly [string, string])[] {
  if (value === null || value === undefined) return [];
  if (typeof value !== 'object') return [[path, String(value)]];
  if (Array.isArray(value) && value.length > longestList) return [];
  return Object.entries(value).flatMap(([key, inner]) => flatten(inner, longestList, path === '' ? key : `${path}.${key}`));
}
