/** `status.conditions[Ready]`. */
export const ReadyCondition = { true: 1, unknown: 2 } as const;

/** Node objects as stored, a row per machine. */
export class NodeTable {
  readonly count: number;
  /** 1 = there is a Node object. */
  readonly exists: Uint8Array;
  readonly ready: Uint8Array;
  /** Since when {@link ready} is what it is, microseconds. */
  readonly readySinceUs: Float64Array;
  readonly unschedulable: Uint8Array;
  /** Taint node.kubernetes.io/unreachable with effect NoSchedule, and with NoExecute. */
  readonly unreachableNoSchedule: Uint8Array;
  readonly unreachableNoExecute: Uint8Array;
  /** Condition MemoryPressure, and the taint that follows it. */
  readonly memoryPressure: Uint8Array;
  readonly memoryPressureNoSchedule: Uint8Array;
  /** When the Node object was last written, microseconds. */
  readonly changedUs: Float64Array;
  /** Requests about the node: the number of its keyed draws. */
  readonly requests: Uint32Array;

  constructor(count: number) {
    this.count = count;
    this.exists = new Uint8Array(count).fill(1);
    this.ready = new Uint8Array(count).fill(ReadyCondition.true);
    this.readySinceUs = new Float64Array(count);
    this.unschedulable = new Uint8Array(count);
    this.unreachableNoSchedule = new Uint8Array(count);
    this.unreachableNoExecute = new Uint8Array(count);
    this.memoryPressure = new Uint8Array(count);
    this.memoryPressureNoSchedule = new Uint8Array(count);
    this.changedUs = new Float64Array(count).fill(-Infinity);
    this.requests = new Uint32Array(count);
  }
}
