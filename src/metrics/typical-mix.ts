import type { Workload } from '../workload/workload.ts';

/** What tasks of a workload typically ask for. */
export interface TypicalMix {
  /** Shape indices. */
  readonly shapes: readonly number[];
  /** Their shares of the tasks, summing to 1. */
  readonly weights: readonly number[];
}

/** Shapes cover this share of the tasks: Weng et al., "Beware of Fragmentation", USENIX ATC 2023, artifact: typical pods up to 95 %. */
const COVERED = 0.95;
/** A bound on the work per change of a machine. Workloads with more distinct shapes are represented by a systematic sample. */
const MOST_SHAPES = 32;

/**
 * The shapes that occur most, by decreasing number of tasks until 95 % of them are covered. Where that takes more than 32 shapes (requests drawn from a
 * continuous law), 32 tasks at even distances in the order of (GPU, CPU, memory) stand for all.
 */
export function typicalMix(workload: Workload): TypicalMix {
  const counts = new Float64Array(workload.shapes.length);
  for (let job = 0; job < workload.jobCount; job++) counts[workload.columns.jobShape[job]!]! += workload.size(job);
  const order = [...counts.keys()].filter((shape) => counts[shape]! > 0).sort((a, b) => counts[b]! - counts[a]! || a - b);
  const chosen: number[] = [];
  let covered = 0;
  for (const shape of order) {
    if (covered >= COVERED * workload.taskCount) break;
    chosen.push(shape);
    covered += counts[shape]!;
  }
  if (chosen.length <= MOST_SHAPES) return { shapes: chosen, weights: chosen.map((shape) => counts[shape]! / covered) };
  const gpu = (shape: number): number => workload.gpuCount[shape]! * workload.gpuMilli[shape]!;
  order.sort((a, b) => gpu(a) - gpu(b) || workload.cpuMilli[a]! - workload.cpuMilli[b]! || workload.memoryBytes[a]! - workload.memoryBytes[b]! || a - b);
  const sample: number[] = [];
  let upTo = 0;
  for (const shape of order) {
    upTo += counts[shape]!;
    while (sample.length < MOST_SHAPES && upTo > ((sample.length + 0.5) / MOST_SHAPES) * workload.taskCount) sample.push(shape);
  }
  return { shapes: sample, weights: sample.map(() => 1 / MOST_SHAPES) };
}
