import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { firstBadByte } from '../engine/first-bad-byte.ts';
import { InputError } from '../engine/input-error.ts';
import type { ConformanceCase, ConformanceResult, ConformanceSuite } from '../orchestrators/conformance.ts';

/** A recorded decision and where it stands. */
export interface PlacedCase {
  readonly record: ConformanceCase;
  /** `file:line`. */
  readonly where: string;
}

export interface SuiteResult {
  readonly name: string;
  readonly complete: boolean;
  readonly cases: number;
  readonly agree: number;
  readonly disagree: number;
  readonly uncovered: number;
}

const LISTED = 10;

export interface ConformanceOutcome {
  readonly suites: readonly SuiteResult[];
  readonly disagreements: readonly { readonly suite: string; readonly id: string; readonly where: string; readonly expected: string; readonly got: string }[];
  /** What uncovered cases lack, with how many of them lack it. */
  readonly missing: readonly { readonly suite: string; readonly missing: string; readonly cases: number }[];
  /** Cases that no suite accepts. */
  readonly unclaimed: number;
  /** Where the first {@link LISTED} of them stand. */
  readonly unclaimedAt: readonly string[];
}

/** Cases that come with the suites. */
export function bundledCases(suites: readonly ConformanceSuite[]): PlacedCase[] {
  return suites.flatMap((suite) => readFile(fileURLToPath(new URL(`../orchestrators/${suite.file}`, import.meta.url)), suite.file));
}

/** Cases of a file, or of all `.jsonl` and `.jsonl.gz` files of a folder, by name. @throws InputError naming file and line */
export function readCases(path: string): PlacedCase[] {
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch {
    throw new InputError(`${path}: there is no such file or folder`);
  }
  if (!isFolder) return someOf(readFile(path, path), path);
  const names = readdirSync(path).filter((name) => /\.jsonl(?:\.gz)?$/.test(name)).sort((a, b) => (a < b ? -1 : 1));
  if (names.length === 0) throw new InputError(`${path}: the folder holds no .jsonl file`);
  return someOf(names.flatMap((name) => readFile(join(path, name), join(path, name))), path);
}

/** Nothing to check is no agreement. */
function someOf(cases: PlacedCase[], path: string): PlacedCase[] {
  if (cases.length === 0) throw new InputError(`${path}: holds no recorded decision; expected one JSON object per line`);
  return cases;
}

/**
 * Checks every case by the suite that accepts it. An adapter that throws disagrees.
 * @throws InputError if no suite accepts any of them
 */
export function checkCases(cases: readonly PlacedCase[], suites: readonly ConformanceSuite[]): ConformanceOutcome {
  const tallies = suites.map((suite) => ({ suite, cases: 0, agree: 0, disagree: 0, uncovered: 0 }));
  const disagreements: ConformanceOutcome['disagreements'][number][] = [];
  const missing = new Map<string, { suite: string; missing: string; cases: number }>();
  let unclaimed = 0;
  const unclaimedAt: string[] = [];
  for (const { record, where } of cases) {
    const tally = tallies.find(({ suite }) => suite.accepts(record));
    if (tally === undefined) {
      unclaimed++;
      if (unclaimedAt.length < LISTED) unclaimedAt.push(`${where}: ${record.id}`);
      continue;
    }
    const { name } = tally.suite;
    const result = checked(tally.suite, record);
    tally.cases++;
    if (result.outcome === 'agrees') tally.agree++;
    else if (result.outcome === 'disagrees') {
      tally.disagree++;
      disagreements.push({ suite: name, id: record.id, where, expected: result.expected, got: result.got });
    } else {
      tally.uncovered++;
      const key = `${name}\u0000${result.missing}`;
      const entry = missing.get(key) ?? { suite: name, missing: result.missing, cases: 0 };
      entry.cases++;
      missing.set(key, entry);
    }
  }
  if (unclaimed === cases.length) throw new InputError(`${unclaimedAt[0]}: no suite knows such a decision, nor any other of the ${unclaimed} given; suites: ${suites.map(({ name }) => name).join(', ')}`);
  return {
    suites: tallies.map(({ suite, ...counts }) => ({ name: suite.name, complete: suite.complete, ...counts })),
    disagreements,
    missing: [...missing.values()],
    unclaimed,
    unclaimedAt,
  };
}

function checked(suite: ConformanceSuite, record: ConformanceCase): ConformanceResult {
  try {
    return suite.check(record);
  } catch (error) {
    return { outcome: 'disagrees', expected: 'a decision', got: `an error: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function readFile(path: string, shown: string): PlacedCase[] {
  const cases: PlacedCase[] = [];
  textOf(path, shown).split('\n').forEach((line, i) => {
    if (line.trim() === '') return;
    const where = `${shown}:${i + 1}`;
    let record: unknown;
    try {
      record = JSON.parse(line);
    } catch (error) {
      throw new InputError(`${where}: not a line of JSON: ${(error as Error).message}`);
    }
    if (record === null || typeof record !== 'object' || Array.isArray(record) || typeof (record as { id?: unknown }).id !== 'string') {
      throw new InputError(`${where}: expected a JSON object with a text "id"`);
    }
    cases.push({ record: record as ConformanceCase, where });
  });
  return cases;
}

function textOf(path: string, shown: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
    if (path.endsWith('.gz')) bytes = gunzipSync(bytes);
  } catch (error) {
    throw new InputError(`${shown}: cannot be read: ${(error as Error).message}`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const { line, column } = firstBadByte(bytes);
    throw new InputError(`${shown}:${line}:${column}: not UTF-8 text`);
  }
}
