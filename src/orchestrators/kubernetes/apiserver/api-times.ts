/** Times of the API path in whole microseconds; each is drawn uniformly from its range. */
export interface ApiTimes {
  /** A mutating request without the store's commit. */
  readonly requestMinUs: number;
  readonly requestMaxUs: number;
  /** Commit in etcd. */
  readonly commitMinUs: number;
  readonly commitMaxUs: number;
  /** From commit until a subscriber's informer has it. */
  readonly watchMinUs: number;
  readonly watchMaxUs: number;
}

/**
 * Requests 2-20 ms and watch 1-20 ms: calibration values, well inside the objective "mutating single-object calls below 1 s at the 99th percentile"
 * (kubernetes/community sig-scalability/slos). Commit 1-10 ms: etcd asks for a 99th percentile of wal_fsync_duration_seconds below 10 ms (etcd 3.5 docs, FAQ).
 */
export const DEFAULT_API_TIMES: ApiTimes = { requestMinUs: 2_000, requestMaxUs: 20_000, commitMinUs: 1_000, commitMaxUs: 10_000, watchMinUs: 1_000, watchMaxUs: 20_000 };
