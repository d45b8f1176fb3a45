import { GpuDevices } from '../../../world/gpu-devices.ts';
import type { MachineInventory } from '../../../world/machine-inventory.ts';
import type { Shape } from '../../../workload/shape.ts';

/** Allocatable capacity per machine. */
export interface NodeCapacity {
  readonly cpuMilli: Float64Array;
  readonly memoryBytes: Float64Array;
  readonly pods: Float64Array;
}

/**
 * What the admitted pods of each node ask for, and the books of its device plugin: the kubelet's own check of what the scheduler believed
 * (pkg/kubelet/lifecycle/predicate.go, cm/devicemanager).
 */
export class NodeAdmission {
  readonly #capacity: NodeCapacity;
  readonly #cpuMilli: Float64Array;
  readonly #memoryBytes: Float64Array;
  readonly #pods: Float64Array;
  readonly #gpus: GpuDevices;

  constructor(inventory: MachineInventory, capacity: NodeCapacity) {
    this.#capacity = capacity;
    this.#cpuMilli = new Float64Array(inventory.count);
    this.#memoryBytes = new Float64Array(inventory.count);
    this.#pods = new Float64Array(inventory.count);
    this.#gpus = new GpuDevices(inventory);
  }

  /** Devices for the request, bit i = device i; 0 = none asked for or none fit. */
  chooseGpus(node: number, request: Shape): number {
    return this.#gpus.choose(node, request.gpuCount, request.gpuMilli);
  }

  fits(node: number, request: Shape, gpuMask: number): boolean {
    return (
      this.#cpuMilli[node]! + request.cpuMilli <= this.#capacity.cpuMilli[node]! &&
      this.#memoryBytes[node]! + request.memoryBytes <= this.#capacity.memoryBytes[node]! &&
      this.#pods[node]! + 1 <= this.#capacity.pods[node]! &&
      (request.gpuCount === 0 || gpuMask !== 0)
    );
  }

  take(node: number, request: Shape, gpuMask: number): void {
    this.#add(node, request, 1);
    if (gpuMask !== 0) this.#gpus.take(node, gpuMask, request.gpuMilli);
  }

  giveBack(node: number, request: Shape, gpuMask: number): void {
    this.#add(node, request, -1);
    if (gpuMask !== 0) this.#gpus.give(node, gpuMask, request.gpuMilli);
  }

  #add(node: number, request: Shape, sign: number): void {
    this.#cpuMilli[node]! += sign * request.cpuMilli;
    this.#memoryBytes[node]! += sign * request.memoryBytes;
    this.#pods[node]! += sign;
  }
}
