import { CHECKPOINT_RECORDS } from '../engine/digest.ts';
import { type Collector, RecordKind } from '../metrics/log.ts';
import type { RunInputs } from '../scenario/expand.ts';
import type { RunSpec } from '../scenario/run-spec.ts';
import type { Observation } from './compose.ts';
import { run } from './run.ts';
import type { RunRecord } from './run-record.ts';

/** Two runs of one spec that are not alike: a bug in a model. */
export class Diverged extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Diverged';
  }
}

/**
 * Makes a run twice and compares digests. On divergence replays both within the first window of records whose checkpoints differ, and names the first record that does.
 * @throws Diverged
 */
export function runTwice(spec: RunSpec, inputs: RunInputs, observation: Observation = {}): RunRecord {
  const first = run(spec, inputs, observation);
  const second = run(spec, inputs, observation);
  if (first.digest === second.digest && first.recordCount === second.recordCount) return first;
  let window = 0;
  while (window < first.checkpoints.length && first.checkpoints[window] === second.checkpoints[window]) window++;
  const from = window * CHECKPOINT_RECORDS;
  const a = recordsOf(spec, inputs, from, CHECKPOINT_RECORDS, observation);
  const b = recordsOf(spec, inputs, from, CHECKPOINT_RECORDS, observation);
  let i = 0;
  while (i < a.length && i < b.length && a[i] === b[i]) i++;
  const where = `checkpoint window ${window} (records ${from + 1} to ${from + CHECKPOINT_RECORDS})`;
  if (i === a.length && i === b.length) throw new Diverged(`two runs of one spec have digests ${first.digest} and ${second.digest}; they part in ${where}, but two further runs agree there`);
  throw new Diverged(`two runs of one spec part in ${where} at record ${from + i + 1}: ${a[i] ?? 'no further record'} against ${b[i] ?? 'no further record'}`);
}

/** Makes a run and tells some of its records in words. @param from number of the first, from 0 */
export function recordsOf(spec: RunSpec, inputs: RunInputs, from: number, count: number, observation: Observation = {}): string[] {
  const window = new RecordWindow(from, count);
  run(spec, inputs, { ...observation, collectors: (parts) => [...(observation.collectors?.(parts) ?? []), window] });
  return window.records;
}

const KIND_NAMES = new Map(Object.entries(RecordKind).map(([name, kind]) => [kind as number, name]));

/** Keeps the records of one window in words. */
class RecordWindow implements Collector {
  readonly records: string[] = [];
  readonly #from: number;
  readonly #most: number;
  #count = 0;

  constructor(from: number, most: number) {
    this.#from = from;
    this.#most = most;
  }

  record(timeUs: number, kind: RecordKind, a: number, b: number, c: number): void {
    const index = this.#count++;
    if (index < this.#from || index >= this.#from + this.#most) return;
    this.records.push(`${KIND_NAMES.get(kind) ?? kind}(${a}, ${b}, ${c}) at ${timeUs} us`);
  }
}
