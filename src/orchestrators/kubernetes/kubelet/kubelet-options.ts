import { DEFAULT_RESTART, type RestartBackOff } from './restart-back-off.ts';

/** Times of the kubelet and its runtime in whole microseconds; ranges are drawn uniformly. */
export interface KubeletOptions {
  /** Lease renewal: each gap U[min, max). */
  readonly leaseMinUs: number;
  readonly leaseMaxUs: number;
  /** Interval at which the kubelet asks the runtime what became of its containers (PLEG). */
  readonly relistUs: number;
  /** RunPodSandbox: pause container and network. */
  readonly sandboxMinUs: number;
  readonly sandboxMaxUs: number;
  /** Create and start one container. */
  readonly startMinUs: number;
  readonly startMaxUs: number;
  /** From the operating system being up until the kubelet serves. */
  readonly startupUs: number;
  readonly restart: RestartBackOff;
  /** Container runtime and handler, see runtime-profiles.ts. */
  readonly runtime: 'containerd' | 'cri-o' | 'dockershim';
  readonly runtimeClass: 'runc' | 'gvisor' | 'kata-qemu' | 'kata-firecracker';
  /** memory.available below which pods are evicted at once (evictionHard), bytes; 0 = never. */
  readonly evictionHardMemoryBytes: number;
  /** One image pull at a time. */
  readonly serializeImagePulls: boolean;
  /** Where they are not serial: most at a time; `null` = no limit. */
  readonly maxParallelImagePulls: number | null;
}

/**
 * - Lease every 10 s (a quarter of 40 s), jitter factor 0.04: component-helpers/apimachinery/lease/controller.go.
 * - PLEG relist 1 s: pkg/kubelet/kubelet.go genericPlegRelistPeriod.
 * - Sandbox 300-700 ms, create and start 50-200 ms: calibration for containerd with runc and a CNI plugin; published figures for runc alone are about 20 ms.
 * - Start-up 5 s: the runtime is found ready by updateRuntimeUp, which runs every 5 s (pkg/kubelet/kubelet.go).
 * - evictionHard memory.available: 100 MiB in the kubelet, none here (see kubernetes-options.ts).
 * - serializeImagePulls true, maxParallelImagePulls nil: pkg/kubelet/apis/config/v1beta1/defaults.go.
 */
export const DEFAULT_KUBELET: KubeletOptions = {
  leaseMinUs: 10_000_000,
  leaseMaxUs: 10_400_000,
  relistUs: 1_000_000,
  sandboxMinUs: 300_000,
  sandboxMaxUs: 700_000,
  startMinUs: 50_000,
  startMaxUs: 200_000,
  startupUs: 5_000_000,
  restart: DEFAULT_RESTART,
  runtime: 'containerd',
  runtimeClass: 'runc',
  evictionHardMemoryBytes: 0,
  serializeImagePulls: true,
  maxParallelImagePulls: null,
};
