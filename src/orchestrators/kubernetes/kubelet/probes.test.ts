import { expect, test } from 'vitest';
import { type Probe, probeOutcome, UNPROBED } from './probes.ts';

const SECOND = 1_000_000;
const probe = (more: Partial<Probe> = {}): Probe => ({ initialDelayUs: 0, periodUs: 10 * SECOND, successThreshold: 1, failureThreshold: 3, ...more });
/** Outcome in seconds for a pod taken up at 100 s whose container runs from 101 s on. */
const outcome = (container: object, answersAfterS = 0) => {
  const { readyUs, killedUs } = probeOutcome({ ...UNPROBED, ...container, answersAfterUs: answersAfterS * SECOND }, 100 * SECOND, 101 * SECOND);
  return [readyUs / SECOND, killedUs / SECOND];
};

test('without probes a container is ready when it runs', () => {
  expect(outcome({}, 60)).toEqual([101, Infinity]);
});

test('readiness comes with the first tick at which the application answers, after the initial delay', () => {
  expect(outcome({ readiness: probe() })).toEqual([110, Infinity]);
  expect(outcome({ readiness: probe() }, 12)).toEqual([120, Infinity]);
  expect(outcome({ readiness: probe({ initialDelayUs: 25 * SECOND, successThreshold: 2 }) })).toEqual([140, Infinity]);
});

test('a slow application is killed by a liveness probe before it answers, unless a startup probe holds that back', () => {
  expect(outcome({ liveness: probe(), readiness: probe() }, 40)).toEqual([Infinity, 130]);
  expect(outcome({ liveness: probe(), readiness: probe(), startup: probe({ failureThreshold: 30 }) }, 40)).toEqual([150, Infinity]);
  expect(outcome({ startup: probe() }, 40)).toEqual([Infinity, 130]);
});

test('an application that answers by the last tick allowed lives', () => {
  expect(outcome({ liveness: probe() }, 29)).toEqual([101, Infinity]);
  expect(outcome({ liveness: probe() }, 29.5)).toEqual([101, 130]);
});
