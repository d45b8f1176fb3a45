/** What a container runtime or a sandboxing handler makes of start-up, on top of containerd with runc. */
export interface StartProfile {
  /** Sandbox and container start take this many times as long. */
  readonly factor: number;
  /** And each container this much longer, drawn uniformly, microseconds. */
  readonly addedMinUs: number;
  readonly addedMaxUs: number;
}

const PLAIN: StartProfile = { factor: 1, addedMinUs: 0, addedMaxUs: 0 };

/**
 * Runtimes behind the kubelet.
 * - `containerd`: the times of the options themselves.
 * - `cri-o`: the same; Espe et al., "Performance Evaluation of Container Runtimes" (CLOSER 2020), rank the two by load, without start latencies that would carry over.
 * - `dockershim`: kubelet, dockershim, dockerd and containerd in a row, up to v1.23. "Kubernetes Containerd Integration Goes GA" (kubernetes.io blog, 2018) measures a lower batch start latency without
 *   the detour; the factor 1.2 is a calibration of ours.
 */
export const RUNTIMES: ReadonlyMap<'containerd' | 'cri-o' | 'dockershim', StartProfile> = new Map([
  ['containerd', PLAIN],
  ['cri-o', PLAIN],
  ['dockershim', { ...PLAIN, factor: 1.2 }],
]);

/**
 * Handlers (RuntimeClass), as what a container costs more than with runc at about 20 ms.
 * - `gvisor`: create and start with runsc 81-280 ms over eight hosts (apoxy.dev, "gVisor cold start").
 * - `kata-qemu`, `kata-firecracker`: about 500 and 125 ms (a single author's measurement with a 3 MB Go server, stuzhuk.page): an indication.
 */
export const HANDLERS: ReadonlyMap<'runc' | 'gvisor' | 'kata-qemu' | 'kata-firecracker', StartProfile> = new Map([
  ['runc', PLAIN],
  ['gvisor', { factor: 1, addedMinUs: 61_000, addedMaxUs: 260_000 }],
  ['kata-qemu', { factor: 1, addedMinUs: 480_000, addedMaxUs: 480_000 }],
  ['kata-firecracker', { factor: 1, addedMinUs: 105_000, addedMaxUs: 105_000 }],
]);
