import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../engine/input-error.ts';
import { writeAtomically } from './atomic-file.ts';
import type { PlanFile } from './plan-file.ts';
import { planDifference } from './plan-file.ts';
import type { RunRecord, RunTiming } from './run-record.ts';

/**
 * A result folder: `plan.json` and one file per finished run. A run file is there as a whole or not at all, so its being there is the marker by which a call
 * that was interrupted goes on.
 */
export class Store {
  readonly folder: string;
  readonly #runs: string;

  constructor(folder: string) {
    this.folder = folder;
    this.#runs = join(folder, 'runs');
  }

  /**
   * Claims the folder for a plan.
   * @param force discard whatever runs another plan, or the same one, left there
   * @throws InputError if the folder holds another plan, or files that are no results
   */
  claim(plan: PlanFile, force: boolean): void {
    const planFile = join(this.folder, 'plan.json');
    if (existsSync(planFile)) {
      const difference = planDifference(readPlan(planFile), plan);
      if (difference.length > 0 && !force) {
        throw new InputError(
          `${this.folder} holds the results of another plan:\n${difference.map((line) => `  ${line}`).join('\n')}\nchoose another folder with --out, or replace these results with --force`,
        );
      }
    } else if (existsSync(this.folder) && readdirSync(this.folder).some((name) => name !== '.gitkeep')) {
      throw new InputError(`${this.folder} is not empty and holds no results of an earlier run; choose another folder with --out`);
    }
    if (force) rmSync(this.#runs, { recursive: true, force: true });
    mkdirSync(this.#runs, { recursive: true });
    // What a killed call was writing.
    for (const folder of [this.folder, this.#runs]) for (const name of readdirSync(folder)) if (/\.\d+\.tmp$/.test(name)) rmSync(join(folder, name), { force: true });
    writeAtomically(planFile, [`${JSON.stringify(plan, null, 2)}\n`]);
  }

  /** Whether a run is there. @param tasks it must have its rows of tasks.csv, too */
  isFinished(id: string, tasks = false): boolean {
    return existsSync(join(this.#runs, `${id}.json`)) && (!tasks || existsSync(join(this.#runs, `${id}.tasks.json`)));
  }

  write({ tasks, ...record }: RunRecord, timing: RunTiming): void {
    if (tasks !== null) writeAtomically(join(this.#runs, `${record.spec.id}.tasks.json`), [JSON.stringify(tasks)]);
    writeAtomically(join(this.#runs, `${record.spec.id}.timing.json`), [JSON.stringify(timing)]);
    writeAtomically(join(this.#runs, `${record.spec.id}.json`), [JSON.stringify(record)]);
  }

  /** A run without its rows of tasks.csv. */
  read(id: string): RunRecord {
    return { ...(JSON.parse(readFileSync(join(this.#runs, `${id}.json`), 'utf8')) as Omit<RunRecord, 'tasks'>), tasks: null };
  }

  readTasks(id: string): NonNullable<RunRecord['tasks']> {
    return JSON.parse(readFileSync(join(this.#runs, `${id}.tasks.json`), 'utf8')) as NonNullable<RunRecord['tasks']>;
  }

  readTiming(id: string): RunTiming | null {
    const file = join(this.#runs, `${id}.timing.json`);
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as RunTiming) : null;
  }
}

function readPlan(file: string): PlanFile {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as PlanFile;
  } catch (error) {
    throw new InputError(`${file} is damaged: ${(error as Error).message}; choose another folder with --out`);
  }
}
