import { describe, expect, test } from 'vitest';
import { Simulation } from '../../../engine/simulation.ts';
import type { Instance } from './instance.ts';
import { KillRetries } from './kill-retries.ts';
import { LaunchBackoff } from './launch-backoff.ts';
import { LaunchTokens } from './launch-tokens.ts';
import { ReviveGate } from './revive-gate.ts';

const SECOND = 1_000_000;

describe('launch tokens', () => {
  test('are set, not topped up, at each refresh, and may pass the number in between', () => {
    const tokens = new LaunchTokens(100, 30 * SECOND);
    for (let i = 0; i < 60; i++) tokens.take(SECOND);
    for (let i = 0; i < 80; i++) tokens.add(2 * SECOND);
    expect(tokens.at(29 * SECOND)).toBe(120);
    expect(tokens.at(30 * SECOND)).toBe(100);
  });
});

describe('launch back-off', () => {
  test('reaches its maximum of 300 s at the 42nd failure in a row, as 1.15 to the power of 41 says', () => {
    const backoff = new LaunchBackoff({ backoffUs: SECOND, factor: 1.15, maxLaunchDelayUs: 300 * SECOND });
    const delays = Array.from({ length: 43 }, () => {
      backoff.fail(0);
      return backoff.deadlineUs;
    });
    expect(delays[0]).toBe(SECOND);
    expect(delays.findIndex((delayUs) => delayUs === 300 * SECOND)).toBe(41);
  });

  test('is forgotten by the first clean-up after the maximum delay has passed since the last progress, not before', () => {
    const backoff = new LaunchBackoff({ backoffUs: SECOND, factor: 2, maxLaunchDelayUs: 10 * SECOND });
    backoff.fail(0);
    backoff.advance(5 * SECOND);
    backoff.cleanUp(15 * SECOND);
    expect(backoff.deadlineUs).toBe(6 * SECOND);
    // Overdue, but still there: the next failure doubles it.
    backoff.fail(100 * SECOND);
    expect(backoff.deadlineUs).toBe(102 * SECOND);
    backoff.cleanUp(110 * SECOND + 1);
    expect(backoff.deadlineUs).toBe(-Infinity);
  });
});

describe('the gate on revive and suppress', () => {
  function sent(): { log: string[]; simulation: Simulation; gate: ReviveGate } {
    const simulation = new Simulation();
    const log: string[] = [];
    const note = (what: string) => () => void log.push(`${what} ${simulation.nowUs / SECOND}`);
    return { log, simulation, gate: new ReviveGate(simulation, 'gate', 5 * SECOND, { revive: note('revive'), suppress: note('suppress') }) };
  }

  test('lets one change through in five seconds, and repeats a revive that stands after ten', () => {
    const { log, simulation, gate } = sent();
    gate.want('revive', true);
    simulation.run(SECOND);
    gate.want('suppress', false);
    simulation.run(2 * SECOND);
    gate.want('revive', true);
    simulation.run(60 * SECOND);
    expect(log).toEqual(['revive 0', 'revive 5', 'revive 15']);
  });

  test('does not repeat a revive that was followed by a suppress', () => {
    const { log, simulation, gate } = sent();
    gate.want('revive', true);
    simulation.run(SECOND);
    gate.want('suppress', false);
    simulation.run(60 * SECOND);
    expect(log).toEqual(['revive 0', 'suppress 5']);
  });
});

describe('orders to end', () => {
  test('are a hundred at a time; the next goes out when one is over, and each is repeated until it is', () => {
    const simulation = new Simulation();
    const told: string[] = [];
    const kills = new KillRetries(simulation, 'kills', 30 * SECOND, 2, (instance) => void told.push(`${instance.serial}@${simulation.nowUs / SECOND}`));
    const [a, b, c, d] = [1, 2, 3, 4].map((serial) => ({ serial }) as Instance);
    for (const instance of [a!, b!, c!, d!]) kills.add(instance);
    kills.delete(d!);
    simulation.run(10 * SECOND);
    kills.delete(a!);
    simulation.run(65 * SECOND);
    expect(told).toEqual(['1@0', '2@0', '3@10', '2@30', '3@40', '2@60']);
    kills.delete(b!);
    kills.delete(c!);
    simulation.run(300 * SECOND);
    expect([told.length, simulation.eventCount]).toEqual([6, 4]);
  });
});
