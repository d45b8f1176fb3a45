import { entityOf, type KeyedRandom } from '../engine/random/keyed-random.ts';
import { type LifetimeLaw, lifetimeUs } from './lifetime-law.ts';

const UPTIME = 1;
const REPAIR = 2;

/** One failure and its repair, in simulated time; the fault number counts from when the thing was new. */
export interface Outage {
  readonly number: number;
  readonly fromUs: number;
  readonly toUs: number;
}

/**
 * Outages of one thing that alternates between up and down: times to failure by one law, repairs by another, each keyed by (name, fault number), so that no
 * other thing's outages depend on it. New at `newUs`; yields what lies in [fromUs, untilUs), an outage under way at `fromUs` cut to its rest.
 */
export function* renewals(random: KeyedRandom, name: string, uptime: LifetimeLaw, repair: LifetimeLaw, newUs: number, fromUs: number, untilUs: number): Generator<Outage> {
  const entity = entityOf(name);
  let timeUs = newUs;
  for (let number = 0; ; number++) {
    timeUs += lifetimeUs(uptime, random.u(entity, number, UPTIME));
    if (timeUs >= untilUs) return;
    const toUs = timeUs + lifetimeUs(repair, random.u(entity, number, REPAIR));
    if (toUs > fromUs) yield { number, fromUs: Math.max(timeUs, fromUs), toUs };
    timeUs = toUs;
  }
}
