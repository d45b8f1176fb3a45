import { grown32, grown64, grown8 } from '../../../engine/columns.ts';

/** What a kubelet has come to with a pod. */
export const Stage = { unknown: 0, container: 1, waitsForRestart: 2, reported: 3, /** Deleted or evicted, its container has the time of its grace. */ terminating: 4 } as const;

/** What the kubelets know of the pods of their nodes, in memory: a row per row of the pod table. */
export class PodRecords {
  /** {@link Stage}. */
  stage = new Uint8Array(256);
  container = new Int32Array(256).fill(-1);
  gpuMask = new Int32Array(256);
  /** How the last container ended ({@link ExitOutcome}), and when, microseconds. */
  outcome = new Uint8Array(256);
  exitedUs = new Float64Array(256);
  /** Final phase, once the kubelet has come to it. */
  phaseReported = new Uint8Array(256);
  /** 1 = a container of the pod ended while the kubelet was away. */
  lostContainer = new Uint8Array(256);
  restartDelayUs = new Float64Array(256);
  restartedUs = new Float64Array(256);
  restartTimer = new Float64Array(256);
  admittedUs = new Float64Array(256);

  stageOf(pod: number): number {
    return pod < this.stage.length ? this.stage[pod]! : Stage.unknown;
  }

  /** Makes room for a pod's row. */
  reach(pod: number): void {
    while (pod >= this.stage.length) this.#grow();
  }

  #grow(): void {
    const before = this.container.length;
    this.stage = grown8(this.stage);
    this.container = grown32(this.container);
    this.container.fill(-1, before);
    this.gpuMask = grown32(this.gpuMask);
    this.outcome = grown8(this.outcome);
    this.exitedUs = grown64(this.exitedUs);
    this.phaseReported = grown8(this.phaseReported);
    this.lostContainer = grown8(this.lostContainer);
    this.restartDelayUs = grown64(this.restartDelayUs);
    this.restartedUs = grown64(this.restartedUs);
    this.restartTimer = grown64(this.restartTimer);
    this.admittedUs = grown64(this.admittedUs);
  }
}
