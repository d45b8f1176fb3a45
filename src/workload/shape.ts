import type { UseRange } from '../world/actual-use.ts';

/** A placement constraint on a machine attribute, in neutral words. */
export interface Constraint {
  readonly attribute: string;
  readonly operator: '==' | '!=';
  readonly value: string;
}

/** Settings of one service, app or object as its user wrote them, in the format of one system. */
export interface NativeSettings {
  readonly format: 'compose' | 'marathon' | 'kubernetes';
  /** JSON values only: it is hashed and travels between threads. */
  readonly spec: unknown;
}

/** What tasks of one kind ask for. Tasks share shapes; a task is a row that points to one. */
export interface Shape {
  /** Batch work ends by itself; a service runs until it is cancelled. */
  readonly kind: 'batch' | 'service';
  readonly cpuMilli: number;
  readonly memoryBytes: number;
  /** Devices asked for. */
  readonly gpuCount: number;
  /** Milli-GPU on each device; below 1,000 = a shared device (then `gpuCount` is 1). */
  readonly gpuMilli: number;
  /** Acceptable GPU models; empty = any. */
  readonly gpuModels: readonly string[];
  /** Image name; '' = nothing to pull. */
  readonly image: string;
  /** Larger = more important. */
  readonly priority: number;
  readonly constraints: readonly Constraint[];
  readonly user: string;
  /** Probability that one attempt fails by itself: batch work at a uniform point of its run, a service within a minute of its start. */
  readonly failureShare: number;
  /** What tasks really use; absent = what they ask for. */
  readonly use?: UseRange;
  /** The whole original where the workload came in a system's own format; other systems see only the fields above. */
  readonly native: NativeSettings | null;
}

/** A shape that asks for nothing: spread it and say what differs. */
export const EMPTY_SHAPE: Shape = {
  kind: 'batch',
  cpuMilli: 0,
  memoryBytes: 0,
  gpuCount: 0,
  gpuMilli: 0,
  gpuModels: [],
  image: '',
  priority: 0,
  constraints: [],
  user: '',
  failureShare: 0,
  native: null,
};
