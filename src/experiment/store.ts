import { randomBytes } from 'node:crypto';
import { appendFileSync, closeSync, existsSync, fstatSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../engine/input-error.ts';
import { AtomicFile, TEMPORARY, writeAtomically } from './atomic-file.ts';
import { makeFolder } from './make-folder.ts';
import type { PlanFile } from './plan-file.ts';
import { planDifference } from './plan-file.ts';
import type { RunSpec } from '../scenario/run-spec.ts';
import type { RunRecord, RunTiming } from './run-record.ts';
import { type StoredRun, writeStoredRun } from './stored-run.ts';
import { TextBytes } from './text-bytes.ts';

/**
 * A result folder: `plan.json` and one file per finished run. A run file is there as a whole or not at all, so its being there is the marker by which a call
 * that was interrupted goes on.
 */
export class Store {
  readonly folder: string;
  readonly #runs: string;
  readonly #text = new TextBytes();
  /** Where this process, or thread, writes what its runs took; `-1` = not opened yet. */
  #timings = -1;

  constructor(folder: string) {
    this.folder = folder;
    this.#runs = join(folder, 'runs');
  }

  /**
   * Claims the folder for a plan.
   * @param force discard whatever runs another plan, or the same one, left there
   * @param part the runs to be made, when others of the plan may be made at the same time by other processes; `null` = all
   * @throws InputError if the folder holds another plan, or files that are no results
   */
  claim(plan: PlanFile, force: boolean, part: readonly RunSpec[] | null = null): void {
    let isOther = false;
    refuseFile(this.folder);
    const planFile = join(this.folder, 'plan.json');
    if (existsSync(planFile)) {
      const difference = planDifference(readPlan(planFile), plan);
      isOther = difference.length > 0;
      if (isOther && !force) {
        throw new InputError(
          `${this.folder} holds the results of another plan:\n${difference.map((line) => `  ${line}`).join('\n')}\nchoose another folder with --out, or replace these results with --force`,
        );
      }
    } else if (existsSync(this.folder) && readdirSync(this.folder).some((name) => name !== '.gitkeep' && !TEMPORARY.test(name))) {
      throw new InputError(`${this.folder} is not empty and holds no results of an earlier run; choose another folder with --out`);
    }
    if (force && (part === null || isOther)) rmSync(this.#runs, { recursive: true, force: true });
    else if (force) for (const { id } of part ?? []) rmSync(join(this.#runs, `${id}.json`), { force: true });
    makeFolder(this.folder);
    // Before anything else, so that a folder is never there without saying whose it is.
    writeAtomically(planFile, [`${JSON.stringify(plan, null, 2)}\n`]);
    mkdirSync(this.#runs, { recursive: true });
    // What a killed call was writing.
    if (part === null) for (const folder of [this.folder, this.#runs]) for (const name of readdirSync(folder)) if (TEMPORARY.test(name)) rmSync(join(folder, name), { force: true });
  }

  /** Makes the folder for runs that belong to no plan of their own. @throws InputError if it holds anything */
  open(): void {
    refuseFile(this.folder);
    if (existsSync(this.folder) && readdirSync(this.folder).length > 0) throw new InputError(`${this.folder} is not empty; choose another folder with --out`);
    makeFolder(this.#runs);
  }

  /** The plan whose results the folder holds. @throws InputError if there is none */
  plan(): PlanFile {
    const planFile = join(this.folder, 'plan.json');
    if (!existsSync(planFile)) throw new InputError(`${this.folder} holds no plan.json; expected a result folder of seatrial`);
    return readPlan(planFile);
  }

  /** Whether a run is there. @param tasks it must have its rows of tasks.csv, too */
  isFinished(id: string, tasks = false): boolean {
    return isWhole(join(this.#runs, `${id}.json`)) && (!tasks || isWhole(join(this.#runs, `${id}.tasks.json`)));
  }

  write(record: RunRecord, timing: RunTiming): void {
    const { id } = record.spec;
    if (record.tasks !== null) writeAtomically(join(this.#runs, `${id}.tasks.json`), [JSON.stringify(record.tasks)], false);
    this.#writeTiming(id, timing);
    this.#text.clear();
    writeStoredRun(record, this.#text);
    const file = new AtomicFile(join(this.#runs, `${id}.json`), false);
    try {
      file.writeBytes(this.#text.bytes);
      file.keep();
    } finally {
      file.end();
    }
  }

  /** Takes runs over from another folder. */
  copyFrom(other: Store, ids: readonly string[]): void {
    const timings = other.readTimings();
    for (const id of ids) {
      const timing = timings.get(id);
      if (timing !== undefined) this.#writeTiming(id, timing);
      for (const name of [`${id}.tasks.json`, `${id}.json`]) {
        const file = join(other.#runs, name);
        if (existsSync(file)) writeAtomically(join(this.#runs, name), [readFileSync(file, 'utf8')], false);
      }
    }
    this.end();
  }

  /** Closes what {@link write} keeps open. Workers need not: what they have open ends with them. */
  end(): void {
    if (this.#timings >= 0) closeSync(this.#timings);
    this.#timings = -1;
  }

  /** @throws InputError if the file is damaged */
  read(id: string): StoredRun {
    const file = join(this.#runs, `${id}.json`);
    const run = parsed(file, 'delete it, and the same command makes the run again') as Partial<StoredRun> | null;
    if (typeof run?.digest !== 'string' || run.spec?.id !== id || !Array.isArray(run.row) || typeof run.tables !== 'object') throw new InputError(`${file} is not the record of run ${id}; delete it, and the same command makes the run again`);
    return run as StoredRun;
  }

  readTasks(id: string): NonNullable<RunRecord['tasks']> {
    return JSON.parse(readFileSync(join(this.#runs, `${id}.tasks.json`), 'utf8')) as NonNullable<RunRecord['tasks']>;
  }

  /** What runs took, by id, as far as it is known. */
  readTimings(): Map<string, RunTiming> {
    const found = new Map<string, RunTiming>();
    if (!existsSync(this.#runs)) return found;
    const files = readdirSync(this.#runs).filter((name) => TIMINGS.test(name)).map((name) => join(this.#runs, name));
    const changedMs = new Map(files.map((file) => [file, statSync(file).mtimeMs]));
    // A run that was made again has the later figures.
    for (const file of files.sort((a, b) => changedMs.get(a)! - changedMs.get(b)!)) {
      for (const line of readFileSync(file, 'utf8').split('\n')) {
        const [, id, timing] = /^(\w+) (\{[^}]*\})$/.exec(line) ?? [];
        // The last line of a process that was killed may be cut short.
        if (id !== undefined && timing !== undefined) found.set(id, JSON.parse(timing) as RunTiming);
      }
    }
    return found;
  }

  /** Appended, one file per writer: not a file per run, since nothing depends on them. */
  #writeTiming(id: string, timing: RunTiming): void {
    if (this.#timings < 0) this.#timings = openSync(join(this.#runs, `timings-${randomBytes(6).toString('hex')}.txt`), 'a');
    appendFileSync(this.#timings, `${id} ${JSON.stringify(timing)}\n`);
  }
}

/** Names of the files that hold what runs took. */
const TIMINGS = /^timings-[0-9a-f]{12}\.txt$/;

/** Whether a file of JSON is there to its last bracket. Run files are not forced to disk one by one; a loss of power may leave them empty or as zeros. */
function isWhole(file: string): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  try {
    const { size } = fstatSync(descriptor);
    const last = new Uint8Array(1);
    return size > 0 && readSync(descriptor, last, 0, 1, size - 1) === 1 && (last[0] === 0x7d || last[0] === 0x5d);
  } finally {
    closeSync(descriptor);
  }
}

function readPlan(file: string): PlanFile {
  const plan = parsed(file, 'choose another folder with --out') as Partial<PlanFile> | null;
  if (!Array.isArray(plan?.runs) || typeof plan.plan !== 'string' || typeof plan.version?.model !== 'string') throw new InputError(`${file} is no plan of seatrial; choose another folder with --out`);
  return plan as PlanFile;
}

function parsed(file: string, remedy: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new InputError(`${file} is damaged: ${(error as Error).message}; ${remedy}`);
  }
}

/** @throws InputError if a file stands where a result folder is to be */
export function refuseFile(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === false) throw new InputError(`${folder} is a file; expected a folder for results (--out)`);
}
