import { GpuDevices } from '../../../../world/gpu-devices.ts';
import type { MachineInventory } from '../../../../world/machine-inventory.ts';
import { FilterVerdict } from '../filter-verdict.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { FilterPlugin } from '../plugin.ts';
import type { PodSpec } from '../pod-spec.ts';

/**
 * Scheduler side of a GPU-sharing device plugin: milli-GPU per device, one device per shared request, the fullest that fits (as in Alibaba's gpushare
 * scheduler extender, AliyunContainerService/gpushare-scheduler-extender pkg/cache/nodeinfo.go). Its books change when a pod is reserved and when it leaves.
 */
export class GpuShare implements FilterPlugin {
  readonly name = 'GpuShare';
  readonly #devices: GpuDevices;
  readonly #machineOf: Int32Array;

  /** @param machineOf machine per row */
  constructor(inventory: MachineInventory, machineOf: Int32Array) {
    this.#devices = new GpuDevices(inventory);
    this.#machineOf = machineOf;
  }

  filter(pod: PodSpec, _nodes: NodeColumns, row: number): FilterVerdict {
    return pod.gpuShare === null || this.choose(pod, row) !== 0 ? FilterVerdict.success : FilterVerdict.unschedulable;
  }

  reasons(): string[] {
    return ['Insufficient GPU share on one device'];
  }

  /** Reserve: takes devices for a pod that has passed the filter; returns them, bit i = device i. */
  reserve(pod: PodSpec, row: number): number {
    if (pod.gpuShare === null) return 0;
    const machine = this.#machineOf[row]!;
    const mask = this.choose(pod, row);
    if (mask === 0) throw new Error('reserve of a GPU share that does not fit');
    this.#devices.take(machine, mask, pod.gpuShare.milli);
    return mask;
  }

  /** Devices that {@link reserve} would take; 0 = it asks for none, or there are none. */
  choose(pod: PodSpec, row: number): number {
    return pod.gpuShare === null ? 0 : this.#devices.choose(this.#machineOf[row]!, pod.gpuShare.count, pod.gpuShare.milli);
  }

  /** Counts devices for a pod that waits for them (sign 1), beside those whom it waits for, or no longer (-1). */
  hold(pod: PodSpec, row: number, mask: number, sign: number): void {
    if (pod.gpuShare !== null && mask !== 0) this.#devices.hold(this.#machineOf[row]!, mask, sign * pod.gpuShare.milli);
  }

  /** Takes the devices that {@link reserve} gave and {@link unreserve} took back. */
  reserveAgain(pod: PodSpec, row: number, mask: number): void {
    if (pod.gpuShare !== null && mask !== 0) this.#devices.take(this.#machineOf[row]!, mask, pod.gpuShare.milli);
  }

  unreserve(pod: PodSpec, row: number, mask: number): void {
    if (pod.gpuShare !== null && mask !== 0) this.#devices.give(this.#machineOf[row]!, mask, pod.gpuShare.milli);
  }
}
