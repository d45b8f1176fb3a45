import fc from 'fast-check';

const SECOND = 1_000_000;
const given = <T>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

/** Any of the options at values far from the defaults, most often several at a time: what holds for a run must hold with these too. */
export const UNUSUAL_OPTIONS: fc.Arbitrary<object> = fc.record(
  {
    apiLimits: given('scalability-test'),
    version: given('1.20'),
    tieBreak: given('heap-1.35', 'first', 'smallest-name'),
    coscheduling: given(true),
    percentageOfNodesToScore: given(1, 50),
    maxPods: given(1, 2, 5),
    tolerationSecondsUs: given(0, 1, 30 * SECOND),
    api: given<object>({ commitMinUs: 2 * SECOND, commitMaxUs: 3 * SECOND }, { maxMutatingRequestsInflight: 1, maxRequestsInflight: 1 }, { requestMinUs: 0, requestMaxUs: 0, commitMinUs: 0, commitMaxUs: 0, watchMinUs: 0, watchMaxUs: 0 }),
    queue: given<object>({ initialBackoffUs: 0, maxBackoffUs: 0 }, { maxUnschedulableUs: 7 * SECOND }),
    cycleTime: given<object>({ baseUs: 0, perNodeFilteredUs: 0, perNodeScoredAndPluginUs: 0 }, { baseUs: 900_000 }),
    job: given<object>({ backoffLimit: 0 }, { failureBackoffUs: 0, batchUs: 0 }),
    // No grace period that a single renewal of a lease through a store this slow outlasts: there explicit ticks are known to differ, in about one run of a thousand.
    nodeLifecycle: given<object>({ zones: { evictionRate: 0.01 } }),
    cloud: given(true),
    kubelet: given<object>({ relistUs: 100_000, serializeImagePulls: true }, { leaseMinUs: 10 * SECOND, leaseMaxUs: 10 * SECOND }, { restart: { initialUs: 0, maxUs: 0 } }, { startupUs: 0 }),
  },
  { requiredKeys: [] },
);
