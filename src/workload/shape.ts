/** A placement constraint on a machine attribute, in neutral words. */
export interface Constraint {
  readonly attribute: string;
  readonly operator: '==' | '!=';
  readonly value: string;
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
  /** Probability that one attempt fails by itself. */
  readonly failureShare: number;
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
};
