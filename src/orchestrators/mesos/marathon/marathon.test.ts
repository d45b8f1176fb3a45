import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RecordKind } from '../../../metrics/log.ts';
import { EMPTY_SHAPE, type Shape } from '../../../workload/shape.ts';
import { app, fault, faulted, hosts, machines, type MesosRun, MINUTE, runningContainers, runningOn, SECOND, startMesos } from '../testing/mesos-run.ts';

function racks(count: number, of: number): ReturnType<typeof machines> {
  return machines(count, (i) => ({ attributes: { rackid: `rack-${i % of}` } }));
}

/** Running instances per value of an attribute. */
function spread({ world }: MesosRun, attribute: string): number[] {
  const counts = new Map<string, number>();
  for (const container of runningContainers({ world })) {
    const value = world.inventory.attributes[world.containers.machine[container]!]!.get(attribute) ?? '';
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts.values()].sort((a, b) => a - b);
}

/** The app of {@link app} in another version. */
function version(name: string, spec: Readonly<Record<string, unknown>> = {}, fields: Partial<Shape> = {}): Shape {
  return { ...EMPTY_SHAPE, kind: 'service', cpuMilli: 1000, native: { format: 'marathon', spec: { id: name, ...spec } }, ...fields };
}

describe('placement', () => {
  test('UNIQUE on the host name puts one instance on each machine, and leaves the one too many waiting', () => {
    const run = startMesos(machines(3), [app('/web', 4, { constraints: [['hostname', 'UNIQUE']] })]);
    run.simulation.run(10 * MINUTE);
    expect(hosts(run)).toEqual(['node-0', 'node-1', 'node-2']);
    const waiting = [0, 1, 2, 3].find((task) => run.orchestrator.explain(task).state === 'waiting')!;
    expect(run.orchestrator.explain(waiting).machines[0]!.verdict).toBe('UnfulfilledConstraint: hostname UNIQUE, the agent has node-0');
  });

  test('GROUP_BY spreads over racks, CLUSTER keeps to one, MAX_PER limits, LIKE and UNLIKE choose', () => {
    const placed = (constraint: string[]): MesosRun => {
      const run = startMesos(racks(12, 3), [app('/web', 6, { constraints: [constraint] })]);
      run.simulation.run(20 * MINUTE);
      expect(run.cluster.invariants()).toEqual([]);
      return run;
    };
    expect(spread(placed(['rackid', 'GROUP_BY', '3']), 'rackid')).toEqual([2, 2, 2]);
    expect(spread(placed(['rackid', 'CLUSTER']), 'rackid')).toEqual([6]);
    expect(spread(placed(['rackid', 'MAX_PER', '2']), 'rackid')).toEqual([2, 2, 2]);
    expect(runningOn(placed(['hostname', 'LIKE', 'node-[12]'])).every((entry) => /node-[12]$/.test(entry))).toBe(true);
    expect(spread(placed(['rackid', 'UNLIKE', 'rack-[01]']), 'rackid')).toEqual([6]);
  });

  test('a fixed host port lets one instance onto each machine; the refusal says so', () => {
    const run = startMesos(machines(2), [app('/web', 3, { ports: [31500], requirePorts: true })]);
    run.simulation.run(5 * MINUTE);
    expect(hosts(run)).toEqual(['node-0', 'node-1']);
    const waiting = [0, 1, 2].find((task) => run.orchestrator.explain(task).state === 'waiting')!;
    expect(run.orchestrator.explain(waiting).machines[0]!.verdict).toBe('InsufficientPorts: wanted 31500');
  });

  test('no placement of a run ever breaks a constraint', () => {
    const constraint = fc.constantFrom(['hostname', 'UNIQUE'], ['rackid', 'GROUP_BY', '3'], ['rackid', 'CLUSTER'], ['rackid', 'MAX_PER', '3'], ['rackid', 'UNLIKE', 'rack-1'], ['hostname', 'MAX_PER', '1']);
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 1, max: 9 }), constraint, fc.integer({ min: 0, max: 5 }), (seed, count, [field, operator, value], crashed) => {
        const run = faulted(startMesos(racks(6, 3), [app('/web', count, { constraints: [[field, operator, value]] })], { seed }), [fault('crash', crashed, 100, 400)]);
        for (let minute = 1; minute <= 12; minute++) {
          run.simulation.run(minute * MINUTE);
          const { inventory } = run.world;
          const placed = runningContainers(run).map((container) => run.world.containers.machine[container]!);
          const values = placed.map((machine) => (field === 'hostname' ? inventory.names[machine]! : inventory.attributes[machine]!.get('rackid')!));
          const largest = Math.max(0, ...values.map((each) => values.filter((other) => other === each).length));
          if (operator === 'UNIQUE') expect(largest).toBeLessThanOrEqual(1);
          if (operator === 'MAX_PER') expect(largest).toBeLessThanOrEqual(Number(value));
          if (operator === 'CLUSTER') expect(new Set(values).size).toBeLessThanOrEqual(1);
          if (operator === 'UNLIKE') expect(values).not.toContain('rack-1');
        }
        expect(run.cluster.invariants()).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });
});

describe('rolling upgrades', () => {
  const upgrade = (spec: Readonly<Record<string, unknown>>, nodes = 8, count = 4, fields: Partial<Shape> = {}): MesosRun =>
    startMesos(machines(nodes), [app('/web', count, spec)], { versions: [version('/web', spec, { image: 'web:2', ...fields })], actions: [{ kind: 'update', timeUs: 2 * MINUTE, job: 0, shape: 1 }] });

  /** Running containers by shape, old and new, at each start or end. */
  function followed(run: MesosRun, untilUs: number): { old: number; fresh: number }[] {
    const seen: { old: number; fresh: number }[] = [];
    for (let timeUs = 2 * MINUTE; timeUs < untilUs; timeUs += SECOND / 4) {
      run.simulation.run(timeUs);
      const shapes = runningContainers(run).map((container) => run.world.containers.shape[container]!);
      seen.push({ old: shapes.filter((shape) => shape === 0).length, fresh: shapes.filter((shape) => shape === 1).length });
    }
    return seen;
  }

  test('by default all new instances start beside the old ones, and each that runs ends an old one', () => {
    const run = upgrade({ healthChecks: [{ protocol: 'HTTP', intervalSeconds: 5 }] });
    const seen = followed(run, 3 * MINUTE);
    expect(seen.at(-1)).toEqual({ old: 0, fresh: 4 });
    expect(Math.min(...seen.map(({ old, fresh }) => old + fresh))).toBe(4);
    expect(Math.max(...seen.map(({ old, fresh }) => old + fresh))).toBeGreaterThan(4);
    expect(run.cluster.invariants()).toEqual([]);
  });

  test('never fewer than minimumHealthCapacity nor more than maximumOverCapacity says, while nothing fails', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 0, max: 10 }), fc.integer({ min: 0, max: 10 }), (count, minimum, over) => {
        const spec = { upgradeStrategy: { minimumHealthCapacity: minimum / 10, maximumOverCapacity: over / 10 } };
        const run = upgrade(spec, 8, count);
        const least = Math.ceil((count * minimum) / 10);
        const most = Math.floor(count * (1 + over / 10));
        const seen = followed(run, 4 * MINUTE);
        for (const { old, fresh } of seen) {
          expect(old + fresh).toBeGreaterThanOrEqual(least);
          expect(old + fresh).toBeLessThanOrEqual(least === most ? most + 1 : most);
        }
        expect(seen.at(-1)).toEqual({ old: 0, fresh: count });
        expect(run.cluster.invariants()).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  test('a version that fails before it is ready does not end the old one', () => {
    const spec = { readinessChecks: [{ intervalSeconds: 10 }] };
    const run = startMesos(machines(8), [app('/web', 4, spec)], {
      options: { marathon: { warmUp: '61s' } },
      versions: [version('/web', spec, { image: 'web:2', failureShare: 1 })],
      actions: [{ kind: 'update', timeUs: 4 * MINUTE, job: 0, shape: 1 }],
    });
    run.simulation.run(40 * MINUTE);
    expect(runningContainers(run).filter((container) => run.world.containers.shape[container] === 0)).toHaveLength(4);
    expect(run.records.of(RecordKind.start).length).toBeGreaterThan(20);
    expect(run.cluster.invariants()).toEqual([]);
  });

  test('a full cluster cannot be upgraded without giving up instances: it waits', () => {
    const run = upgrade({}, 1, 4);
    expect(followed(run, 5 * MINUTE).at(-1)).toEqual({ old: 4, fresh: 0 });
    const yielding = upgrade({ upgradeStrategy: { minimumHealthCapacity: 0.5, maximumOverCapacity: 0 } }, 1, 4);
    expect(followed(yielding, 5 * MINUTE).at(-1)).toEqual({ old: 0, fresh: 4 });
  });

  test('an app is scaled while its upgrade goes on', () => {
    const run = startMesos(machines(8), [app('/web', 6)], {
      versions: [version('/web', {}, { image: 'web:2' })],
      actions: [
        { kind: 'update', timeUs: 2 * MINUTE, job: 0, shape: 1 },
        { kind: 'scale', timeUs: 2 * MINUTE + SECOND, job: 0, count: 3 },
      ],
    });
    run.simulation.run(10 * MINUTE);
    expect(runningOn(run).map((entry) => entry.split('@')[0])).toEqual(['/web/0', '/web/1', '/web/2']);
    expect(runningContainers(run).every((container) => run.world.containers.shape[container] === 1)).toBe(true);
    expect(run.cluster.invariants()).toEqual([]);
  });
});

describe('health', () => {
  test('an instance on a hung machine is killed by the failure after as many as are allowed, once its agent hears of it again', () => {
    const decided = (maxConsecutiveFailures: number): number => {
      const run = startMesos(machines(1), [app('/web', 1, { healthChecks: [{ protocol: 'HTTP', gracePeriodSeconds: 10, intervalSeconds: 10, timeoutSeconds: 2, maxConsecutiveFailures }] })]);
      faulted(run, [fault('hang', 0, 100, 45)]);
      run.simulation.run(300 * SECOND);
      expect(run.cluster.invariants()).toEqual([]);
      expect(runningOn(run)).toHaveLength(1);
      return run.records.of(RecordKind.decide).length;
    };
    // Four or five checks fall into 45 s, and the last of them is answered after the end.
    expect([decided(1), decided(2), decided(5), decided(0)]).toEqual([1, 1, 0, 0]);
  });

  test('checks by the executor do not notice that their machine hangs', () => {
    const run = startMesos(machines(1), [app('/web', 1, { healthChecks: [{ protocol: 'MESOS_HTTP', intervalSeconds: 5, timeoutSeconds: 1, maxConsecutiveFailures: 1 }] })]);
    faulted(run, [fault('hang', 0, 100, 60)]);
    run.simulation.run(300 * SECOND);
    expect(run.records.of(RecordKind.decide)).toEqual([]);
  });

  test('an instance that needs longer to warm up than its grace period is killed again and again', () => {
    const run = startMesos(machines(2), [app('/web', 1, { healthChecks: [{ gracePeriodSeconds: 10, intervalSeconds: 10, timeoutSeconds: 1, maxConsecutiveFailures: 2 }] })], { options: { marathon: { warmUp: '1h' } } });
    run.simulation.run(10 * MINUTE);
    expect(run.records.of(RecordKind.start).length).toBeGreaterThan(8);
    expect(run.cluster.invariants()).toEqual([]);
  });

  test('checks of healthy instances cost nothing', () => {
    const run = startMesos(machines(4), [app('/web', 8, { healthChecks: [{ intervalSeconds: 1 }] })]);
    run.simulation.run(10 * MINUTE);
    const events = run.simulation.eventCount;
    run.simulation.run(24 * 60 * MINUTE);
    expect(run.simulation.eventCount - events).toBeLessThan(20);
  });
});

describe('instances out of sight', () => {
  const cutOff = (unreachableStrategy: unknown, killSelection = 'YOUNGEST_FIRST'): MesosRun => {
    const run = startMesos(machines(2), [app('/web', 1, { unreachableStrategy, killSelection })]);
    run.simulation.run(100 * SECOND);
    const host = run.world.containers.machine[runningContainers(run)[0]!]!;
    return faulted(run, [fault('partition', host, 100, 900)]);
  };

  test('are replaced at once by default, and killed when they come back', () => {
    const run = cutOff({ inactiveAfterSeconds: 0, expungeAfterSeconds: 0 });
    run.simulation.run(200 * SECOND);
    expect(runningOn(run)).toHaveLength(2);
    run.simulation.run(1100 * SECOND);
    expect(runningOn(run)).toHaveLength(1);
    expect(run.cluster.invariants()).toEqual([]);
  });

  test('are waited for by a longer strategy: replaced by the sweep, and one of the two goes when they are back', () => {
    const survivors = ['YOUNGEST_FIRST', 'OLDEST_FIRST'].map((killSelection) => {
      const run = cutOff({ inactiveAfterSeconds: 300, expungeAfterSeconds: 6000 }, killSelection);
      const [first] = runningOn(run);
      run.simulation.run(400 * SECOND);
      expect(runningOn(run)).toHaveLength(1);
      run.simulation.run(600 * SECOND);
      expect(runningOn(run)).toHaveLength(2);
      run.simulation.run(1200 * SECOND);
      expect(run.cluster.invariants()).toEqual([]);
      expect(runningOn(run)).toHaveLength(1);
      return runningOn(run)[0] === first ? 'first' : 'second';
    });
    expect(survivors).toEqual(['first', 'second']);
  });

  test('are never replaced where the strategy is disabled', () => {
    const run = cutOff('disabled');
    run.simulation.run(900 * SECOND);
    expect(runningOn(run)).toHaveLength(1);
    expect(run.records.of(RecordKind.decide)).toEqual([]);
  });
});

test('an app waits for the apps and groups that it depends on', () => {
  const run = startMesos(machines(4), [app('/shop/web', 1, { dependencies: ['/shop/data'] }), app('/shop/data/db', 1, { readinessChecks: [{ intervalSeconds: 20 }] })], { options: { marathon: { warmUp: '50s' } } });
  run.simulation.run(40 * SECOND);
  expect(runningOn(run)).toEqual(['/shop/data/db@node-0'].map((entry) => expect.stringContaining(entry.split('@')[0]!) as unknown as string));
  expect(run.orchestrator.explain(0).summary).toContain('waits for /shop/data to be deployed');
  run.simulation.run(2 * MINUTE);
  expect(runningOn(run)).toHaveLength(2);
});

describe('scaling down', () => {
  test('keeps the spread of GROUP_BY even, whichever instances are the youngest', () => {
    const run = startMesos(racks(9, 3), [app('/web', 9, { constraints: [['rackid', 'GROUP_BY', '3']] })], { actions: [{ kind: 'scale', timeUs: 10 * MINUTE, job: 0, count: 4 }, { kind: 'scale', timeUs: 20 * MINUTE, job: 0, count: 6 }] });
    run.simulation.run(9 * MINUTE);
    expect(spread(run, 'rackid')).toEqual([3, 3, 3]);
    run.simulation.run(15 * MINUTE);
    expect(spread(run, 'rackid')).toEqual([1, 1, 2]);
    run.simulation.run(25 * MINUTE);
    expect(spread(run, 'rackid')).toEqual([2, 2, 2]);
    expect(run.records.of(RecordKind.done)).toHaveLength(5);
    expect(run.cluster.invariants()).toEqual([]);
  });

  test('takes the youngest instances, or the oldest where that is asked for', () => {
    const left = (killSelection: string): string[] => {
      const run = startMesos(machines(4), [app('/web', 4, { killSelection })], { actions: [{ kind: 'scale', timeUs: 10 * MINUTE, job: 0, count: 2 }] });
      // The first instance is lost and replaced: then it is the youngest.
      run.simulation.run(2 * MINUTE);
      const container = runningContainers(run).find((each) => run.world.containers.task[each] === 0)!;
      run.world.containers.stop(container);
      run.simulation.run(15 * MINUTE);
      expect(run.cluster.invariants()).toEqual([]);
      return runningOn(run).map((entry) => entry.split('@')[0]!);
    };
    expect(left('YOUNGEST_FIRST')).toEqual(['/web/1', '/web/2']);
    expect(left('OLDEST_FIRST')).toEqual(['/web/0', '/web/3']);
  });
});

test.each(['taskLaunchTimeout', 'taskLaunchConfirmTimeout'])('a launch that takes too long is given up and made again: %s', (timeout) => {
  const run = startMesos(machines(1), [app('/web', 1)], { options: { marathon: { [timeout]: '20s', taskLaunchSweep: '5s' }, agent: { executorStartMedian: '40s', executorStartSigma: 0 } } });
  run.simulation.run(3 * MINUTE);
  expect(run.records.of(RecordKind.start)).toEqual([]);
  expect(run.records.of(RecordKind.bind).length).toBeGreaterThan(3);
  expect(run.cluster.invariants()).toEqual([]);
});

test('whatever befalls machines while apps are updated and scaled, in the end every wanted instance of the latest version runs once, and nothing else', () => {
  const spec = fc.constantFrom<Readonly<Record<string, unknown>>>(
    {},
    { upgradeStrategy: { minimumHealthCapacity: 0.5, maximumOverCapacity: 0 } },
    { healthChecks: [{ intervalSeconds: 10, gracePeriodSeconds: 20, timeoutSeconds: 3 }] },
    { unreachableStrategy: { inactiveAfterSeconds: 60, expungeAfterSeconds: 200 }, killSelection: 'OLDEST_FIRST' },
    { unreachableStrategy: 'disabled', readinessChecks: [{ intervalSeconds: 7 }] },
    { constraints: [['hostname', 'MAX_PER', '3']], ports: [0, 0] },
  );
  const event = fc.record({ kind: fc.constantFrom('crash' as const, 'partition' as const, 'hang' as const), machine: fc.integer({ min: 0, max: 4 }), atS: fc.integer({ min: 30, max: 1500 }), forS: fc.integer({ min: 5, max: 400 }) });
  const action = fc.record({ atS: fc.integer({ min: 20, max: 1500 }), count: fc.option(fc.integer({ min: 0, max: 6 })) });
  fc.assert(
    fc.property(fc.nat(10_000), spec, fc.array(event, { maxLength: 6 }), fc.array(action, { maxLength: 5 }), (seed, settings, events, users) => {
      const sorted = users.toSorted((a, b) => a.atS - b.atS);
      const versions = sorted.filter(({ count }) => count === null).map((_, i) => version('/web', settings, { image: `web:${i + 2}` }));
      let shape = 0;
      const actions = sorted.map(({ atS, count }) => (count === null ? { kind: 'update' as const, timeUs: atS * SECOND, job: 0, shape: ++shape } : { kind: 'scale' as const, timeUs: atS * SECOND, job: 0, count }));
      const run = faulted(
        startMesos(machines(5), [app('/web', 6, settings)], { seed, versions, actions }),
        events.map(({ kind, machine, atS, forS }) => fault(kind, machine, atS, forS)).toSorted((a, b) => a.atUs - b.atUs),
      );
      run.simulation.run(90 * MINUTE);
      const containers = runningContainers(run);
      const wanted = sorted.findLast(({ count }) => count !== null)?.count ?? 6;
      expect(run.cluster.invariants()).toEqual([]);
      expect(new Set(containers.map((container) => run.world.containers.task[container]!)).size).toBe(wanted);
      expect(containers).toHaveLength(wanted);
      expect(containers.every((container) => run.world.containers.shape[container] === shape)).toBe(true);
      expect(run.cluster.tasks.live).toBe(wanted);
    }),
    { numRuns: 150 },
  );
});

test('materialising every tick of health checks and sweeps changes nothing', () => {
  const spec = { healthChecks: [{ intervalSeconds: 7, gracePeriodSeconds: 20, timeoutSeconds: 3 }], unreachableStrategy: { inactiveAfterSeconds: 40, expungeAfterSeconds: 400 } };
  const digest = (explicitTicks: boolean): string => {
    const run = faulted(startMesos(machines(4), [app('/web', 6, spec)], { simulation: { explicitTicks }, versions: [version('/web', spec, { image: 'web:2', failureShare: 0.4 })], actions: [{ kind: 'update', timeUs: 5 * MINUTE, job: 0, shape: 1 }] }), [
      fault('partition', 0, 200, 300),
      fault('crash', 1, 320, 100),
      fault('hang', 2, 700, 60),
    ]);
    run.simulation.run(30 * MINUTE);
    expect(run.cluster.invariants()).toEqual([]);
    return run.log.digest.toString();
  };
  expect(digest(true)).toBe(digest(false));
});
