import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { Network, RequestFailure } from './network.ts';
import { Simulation } from './simulation.ts';

const LATENCY = { baseUs: 200, spreadUs: 100 };

let simulation: Simulation;
let network: Network;
let seen: string[];
let deliver: number;
let failed: number;
let hosts: number[];
let ends: number[];

/** Three hosts with an endpoint each, and a fourth endpoint on the first host. */
beforeEach(() => {
  simulation = new Simulation();
  network = new Network(simulation, LATENCY);
  seen = [];
  deliver = simulation.on('receiver', (a, b, c) => void seen.push(`${simulation.nowUs}: ${a} ${b} ${c}`));
  failed = simulation.on('sender', (a, b, failure) => void seen.push(`${simulation.nowUs}: ${a} ${b} ${failure === RequestFailure.refused ? 'refused' : 'dropped'}`));
  hosts = [0, 1, 2].map(() => network.addHost());
  ends = hosts.map((host) => network.addEndpoint(`process-${host}`, host));
  ends.push(network.addEndpoint('neighbour', hosts[0]!));
});

describe('a message', () => {
  test('arrives with its operands after the delay of its pair', () => {
    network.send(ends[0]!, ends[1]!, deliver, 1, 2, 3);
    simulation.run(Infinity);
    const delayUs = network.delayUs(ends[0]!, ends[1]!);
    expect(seen).toEqual([`${delayUs}: 1 2 3`]);
    expect(delayUs).toBeGreaterThanOrEqual(200);
    expect(delayUs).toBeLessThanOrEqual(300);
  });

  test('on the same host takes no time', () => {
    network.send(ends[0]!, ends[3]!, deliver, 1);
    simulation.run(0);
    expect(seen).toEqual(['0: 1 0 0']);
  });

  const lost: [string, () => void][] = [
    ['the receiver dies', () => network.setListening(ends[1]!, false)],
    ['the receiver is restarted', () => (network.setListening(ends[1]!, false), network.setListening(ends[1]!, true))],
    ["the receiver's host goes down", () => network.setHostUp(hosts[1]!, false)],
    ["the sender's host goes down", () => network.setHostUp(hosts[0]!, false)],
    ['the hosts are separated', () => network.setSegment(hosts[1]!, 7)],
  ];
  test.each(lost)('is lost when %s while it is on its way, or before', (_, what) => {
    network.send(ends[0]!, ends[1]!, deliver, 1);
    const happen = simulation.on('fault', what);
    simulation.at(100, happen);
    simulation.run(100);
    network.setListening(ends[1]!, false);
    network.send(ends[0]!, ends[1]!, deliver, 2);
    simulation.run(Infinity);
    expect(seen).toEqual([]);
  });

  test('passes between hosts of one segment, whatever it is', () => {
    network.setSegment(hosts[0]!, 7);
    network.setSegment(hosts[1]!, 7);
    network.send(ends[0]!, ends[1]!, deliver, 1);
    network.send(ends[0]!, ends[2]!, deliver, 2);
    simulation.run(Infinity);
    expect(seen).toHaveLength(1);
    expect([network.reachable(ends[0]!, ends[1]!), network.reachable(ends[0]!, ends[2]!), network.reachable(ends[0]!, ends[3]!)]).toEqual([true, false, true]);
  });

  test('reaches a neighbour on a host that is cut off, but not on one that is down', () => {
    network.setSegment(hosts[0]!, 7);
    network.send(ends[0]!, ends[3]!, deliver, 1);
    simulation.run(0);
    network.setHostUp(hosts[0]!, false);
    network.send(ends[0]!, ends[3]!, deliver, 2);
    simulation.run(Infinity);
    expect(seen).toEqual(['0: 1 0 0']);
  });
});

describe('a request', () => {
  test('to a live process whose host nobody listens on is refused after a round trip', () => {
    network.setListening(ends[1]!, false);
    network.request(ends[0]!, ends[1]!, deliver, 1, 2, 3, failed, 5_000_000);
    simulation.run(Infinity);
    expect(seen).toEqual([`${2 * network.delayUs(ends[0]!, ends[1]!)}: 1 2 refused`]);
  });

  test('to a host that is down or cut off is dropped: known at the time-out', () => {
    network.setHostUp(hosts[1]!, false);
    network.setSegment(hosts[2]!, 1);
    network.request(ends[0]!, ends[1]!, deliver, 1, 2, 3, failed, 5_000_000);
    network.request(ends[0]!, ends[2]!, deliver, 2, 2, 3, failed, 6_000_000);
    simulation.run(Infinity);
    expect(seen).toEqual(['5000000: 1 2 dropped', '6000000: 2 2 dropped']);
  });

  test('that is lost on its way fails as what stands in its way says', () => {
    const [toDead, toDown] = [network.delayUs(ends[0]!, ends[1]!), network.delayUs(ends[0]!, ends[2]!)];
    network.request(ends[0]!, ends[1]!, deliver, 1, 0, 0, failed, 5_000_000);
    network.request(ends[0]!, ends[2]!, deliver, 2, 0, 0, failed, 5_000_000);
    simulation.run(100);
    network.setListening(ends[1]!, false);
    network.setHostUp(hosts[2]!, false);
    simulation.run(Infinity);
    expect(seen).toEqual([`${2 * toDead}: 1 0 refused`, '5000000: 2 0 dropped']);
    expect(toDown).toBeGreaterThan(100);
  });

  test('that arrives does not fail', () => {
    network.request(ends[0]!, ends[1]!, deliver, 1, 2, 3, failed, 10);
    simulation.run(Infinity);
    expect(seen).toEqual([`${network.delayUs(ends[0]!, ends[1]!)}: 1 2 3`]);
  });
});

test('messages of one pair arrive in the order sent, also while a host is slow and after it has recovered', () => {
  const action = fc.oneof(
    fc.record({ from: fc.nat(3), to: fc.nat(3), factor: fc.constant(0) }),
    fc.record({ from: fc.nat(2), to: fc.constant(0), factor: fc.constantFrom(1, 2, 50) }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(300), action), { maxLength: 60 }), (steps) => {
      const local = new Simulation();
      const net = new Network(local, LATENCY);
      const at = [0, 1, 2].map(() => net.addHost());
      const end = [...at.map((host) => net.addEndpoint(`process-${host}`, host)), net.addEndpoint('neighbour', at[0]!)];
      const arrived = new Map<number, number[]>();
      const receive = local.on('receiver', (pair, id) => void arrived.set(pair, [...(arrived.get(pair) ?? []), id]));
      let sent = 0;
      for (const [pauseUs, { from, to, factor }] of steps) {
        local.run(local.nowUs + pauseUs);
        if (factor > 0) net.setDelayFactor(at[from]!, factor);
        else net.send(end[from]!, end[to]!, receive, from * 10 + to, sent++);
      }
      local.run(Infinity);
      for (const ids of arrived.values()) expect(ids).toEqual([...ids].sort((a, b) => a - b));
      expect([...arrived.values()].flat()).toHaveLength(sent);
    }),
  );
});

test('thousands of messages in flight keep their operands', () => {
  const arrived: number[] = [];
  const receive = simulation.on('receiver', (a, b) => void arrived.push(a * 10_000 + b));
  for (let i = 0; i < 3000; i++) network.send(ends[i % 3]!, ends[(i + 1) % 3]!, receive, i, i);
  simulation.run(Infinity);
  for (let i = 0; i < 500; i++) network.send(ends[0]!, ends[1]!, receive, i, i);
  simulation.run(Infinity);
  expect(arrived.slice(0, 3000).sort((a, b) => a - b)).toEqual(Array.from({ length: 3000 }, (_, i) => i * 10_001));
  expect(arrived.slice(3000)).toEqual(Array.from({ length: 500 }, (_, i) => i * 10_001));
});
