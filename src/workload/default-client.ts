import type { ClientOptions } from './client.ts';

const SECOND_US = 1_000_000;

/**
 * A patient user: after a refusal tries again after 10 s, doubling to 5 min, for ever (the shape of Kubernetes' image-pull and crash back-off, 10 s doubling to
 * 300 s, so that systems that refuse are not punished by an impatient client); after a failure for good at most three times; removes what has finished
 * within two minutes. All of it can be set per scenario and is printed with the results.
 */
export const DEFAULT_CLIENT: ClientOptions = {
  refused: { attempts: Infinity, initialDelayUs: 10 * SECOND_US, factor: 2, maxDelayUs: 300 * SECOND_US, jitter: 0.1 },
  failed: { attempts: 3, initialDelayUs: 10 * SECOND_US, factor: 2, maxDelayUs: 300 * SECOND_US, jitter: 0.1 },
  removalDelayUs: 60 * SECOND_US,
};
