/** Queries per second and burst of one client. */
export interface ClientLimit {
  readonly qps: number;
  readonly burst: number;
}

/** Rate limits that the control plane's clients put on themselves. */
export interface ApiLimits {
  readonly scheduler: ClientLimit;
  /** For each controller: each has a client set, and with it a bucket, of its own (client-go kubernetes/clientset.go NewForConfigAndClient). */
  readonly controller: ClientLimit;
}

/**
 * Named profiles.
 * - `default`: kube-scheduler clientConnection qps 50, burst 100 (v1.35.4 apis/config/v1/defaults.go); kube-controller-manager --kube-api-qps 20, --kube-api-burst 30.
 * - `scalability-test`: 5,000 for both, as in test/integration/scheduler_perf (util.go), which published throughput figures use.
 */
export const API_LIMITS: ReadonlyMap<'default' | 'scalability-test', ApiLimits> = new Map([
  ['default', { scheduler: { qps: 50, burst: 100 }, controller: { qps: 20, burst: 30 } }],
  ['scalability-test', { scheduler: { qps: 5000, burst: 5000 }, controller: { qps: 5000, burst: 5000 } }],
]);
