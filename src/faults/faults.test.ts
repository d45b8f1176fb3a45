import { describe, expect, test } from 'vitest';
import { MachineInventory } from '../world/machine-inventory.ts';
import { materialise } from './materialise.ts';
import { readFaultPlan } from './read-fault-plan.ts';
import { FAULTS } from './schema.ts';
import { writeFaultPlan } from './write-fault-plan.ts';

const HOUR_US = 3_600_000_000;
const DAY_US = 24 * HOUR_US;

function inventoryOf(count: number): MachineInventory {
  return new MachineInventory(
    Array.from({ length: count }, (_, i) => ({ name: `m-${i}`, cpuMilli: 1000, memoryBytes: 1e9, rack: `rack-${i % 4}`, zone: `zone-${i % 2}` })),
  );
}

function planOf(faults: unknown, machines = 12, seed = 1, untilUs = 100 * DAY_US) {
  return materialise(FAULTS.parse(faults), inventoryOf(machines), seed, 0, untilUs);
}

const STOCHASTIC = { source: 'stochastic', kind: 'crash', uptime: { law: 'weibull', shape: 0.7, scale: '5d' }, repair: { law: 'logNormal', median: '20min', sigma: 1 } };

describe('sources of faults', () => {
  test('a scripted fault hits the machines that it names, by name, rack or zone', () => {
    const [byName, byRack, byZone] = planOf([
      { source: 'scripted', kind: 'crash', at: '1h', duration: '10min', machines: ['m-3', 'm-1'] },
      { source: 'scripted', kind: 'partition', at: '2h', rack: 'rack-2' },
      { source: 'scripted', kind: 'slow', factor: 4, at: '3h', zone: 'zone-1', name: 'hot-aisle' },
    ]);
    expect(byName).toEqual({ kind: 'crash', atUs: HOUR_US, machines: [1, 3], durationUs: 600_000_000, factor: 1, label: '2 machines' });
    expect(byRack).toEqual({ kind: 'partition', atUs: 2 * HOUR_US, machines: [2, 6, 10], durationUs: Infinity, factor: 1, label: 'rack-2' });
    expect(byZone).toMatchObject({ machines: [1, 3, 5, 7, 9, 11], factor: 4, label: 'hot-aisle' });
  });

  test('repeated picks hit every machine once before they hit one again', () => {
    const plan = planOf([{ source: 'scripted', kind: 'crash', at: '1h', duration: '10min', times: 8, every: '1h', pick: 3 }]);
    expect(plan.map((fault) => fault.atUs / HOUR_US)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    for (const round of [plan.slice(0, 4), plan.slice(4)]) expect(round.flatMap((fault) => fault.machines).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(plan.slice(0, 4)).not.toEqual(plan.slice(4).map((fault, i) => ({ ...fault, atUs: plan[i]!.atUs })));
  });

  test('one machine more leaves every other machine\'s faults identical', () => {
    const withoutLast = planOf([STOCHASTIC], 12);
    const withLast = planOf([STOCHASTIC], 13);
    expect(withoutLast.length).toBeGreaterThan(100);
    expect(withLast.length).toBeGreaterThan(withoutLast.length);
    expect(withLast.filter((fault) => fault.label !== 'm-12')).toEqual(withoutLast);
  });

  test('a later end of the run changes no earlier fault, and another seed changes them all', () => {
    const short = planOf([STOCHASTIC], 12, 1, 50 * DAY_US);
    expect(planOf([STOCHASTIC], 12, 1, 100 * DAY_US).slice(0, short.length)).toEqual(short);
    const other = planOf([STOCHASTIC], 12, 2, 50 * DAY_US);
    expect(short.filter((fault) => other.some(({ atUs }) => atUs === fault.atUs))).toEqual([]);
  });

  test('a named entry keeps its faults when another is added before it', () => {
    const named = { ...STOCHASTIC, name: 'disks' };
    const alone = planOf([named]);
    const second = planOf([{ source: 'scripted', kind: 'hang', at: '1h', duration: '1s', machines: ['m-0'] }, named]);
    expect(second.filter((fault) => fault.kind === 'crash')).toEqual(alone);
  });

  test('a correlated fault hits a whole rack, or its share', () => {
    const spec = { source: 'correlated', domain: 'rack', kind: 'crash', uptime: { law: 'exponential', mean: '1d' }, repair: { law: 'fixed', value: '1h' } };
    const whole = planOf([spec]);
    expect(whole.length).toBeGreaterThan(200);
    for (const fault of whole) expect(fault.machines.map((machine) => machine % 4)).toEqual(Array(3).fill(Number(fault.label.slice(5))));
    const part = planOf([{ ...spec, share: 0.5 }]);
    const hits = part.reduce((sum, fault) => sum + fault.machines.length, 0) / whole.length / 3;
    expect(hits).toBeGreaterThan(0.42);
    expect(hits).toBeLessThan(0.58);
  });

  test('a machine under repair when the run begins is down from its first moment', () => {
    const spec = { source: 'stochastic', kind: 'crash', inService: '10d', uptime: { law: 'fixed', value: '9d' }, repair: { law: 'fixed', value: '3d' }, machines: ['m-0'] };
    expect(planOf([spec]).slice(0, 2)).toMatchObject([
      { atUs: 0, durationUs: 2 * DAY_US },
      { atUs: 11 * DAY_US, durationUs: 3 * DAY_US },
    ]);
  });

  test.each([
    [[{ source: 'scripted', kind: 'crash', at: '1h', machines: ['m-99'] }], 'faults[0].machines[0]: there is no machine "m-99"'],
    [[{ source: 'scripted', kind: 'crash', at: '1h', rack: 'rack-22' }], 'faults[0].rack: there is no rack "rack-22"; did you mean "rack-2"?'],
    [[{ source: 'scripted', kind: 'crash', at: '1h', pick: 13 }], 'faults[0].pick: expected at most 12'],
    [[{ source: 'scripted', kind: 'crash', at: '1h' }], 'expected the machines: one of machines, rack, zone and pick'],
    [[{ source: 'scripted', kind: 'crash', at: '1h', pick: 1, times: 2 }], 'expected the distance of the repetitions'],
    [[{ source: 'scripted', kind: 'crash', at: '1h', rack: 'rack-1', zone: 'zone-1' }], 'expected at most one of machines, rack and zone'],
    [[{ source: 'scripted', kind: 'slow', at: '1h', pick: 1 }], 'kind slow needs a factor'],
    [[{ source: 'scripted', kind: 'crash', at: '1h', pick: 1, factor: 3 }], 'kind crash takes no factor'],
    [[{ source: 'scripted', kind: 'crash', at: 60, pick: 1 }], '60 has no unit'],
    [[{ ...STOCHASTIC, uptime: { law: 'weibull', shape: 0, scale: '1d' } }], 'expected number to be >=0.1'],
    [[{ ...STOCHASTIC, upTime: 1 }], 'Unrecognized key'],
    [[{ source: 'stochstic' }], 'Invalid'],
  ])('refuses %j', (spec, message) => {
    expect(() => planOf(spec)).toThrow(message);
  });
});

describe('fault plans as files', () => {
  test('a plan survives the way through CSV to the microsecond', () => {
    const plan = planOf([
      STOCHASTIC,
      { source: 'scripted', kind: 'slow', factor: 1.1, at: '1us', rack: 'rack-1' },
      { source: 'scripted', kind: 'partition', at: '86399999999us', duration: '1us', zone: 'zone-0', name: 'cable' },
    ]);
    const text = writeFaultPlan(plan, inventoryOf(12));
    expect(text.split('\n')[0]).toBe('fault,kind,label,atS,durationS,factor,machines');
    expect(text).toContain('slow,rack-1,0.000001,,1.1,m-1 m-5 m-9\n');
    expect(readFaultPlan(text, inventoryOf(12), 'faults.csv')).toEqual(plan);
  });

  test('labels may hold commas, quotes and line ends', () => {
    const plan = [{ kind: 'crash' as const, atUs: 5, machines: [0], durationUs: 7, factor: 1, label: 'the "big" one,\ntwice' }];
    expect(readFaultPlan(writeFaultPlan(plan, inventoryOf(1)), inventoryOf(1), 'faults.csv')).toEqual(plan);
  });

  const HEADER = 'fault,kind,label,atS,durationS,factor,machines\n';
  test.each([
    ['', 'faults.csv: empty; expected a header'],
    ['fault,kind,label,atS,durationS,machines\n', 'faults.csv:1: there is no column factor'],
    [`${HEADER.trim()},extra\n`, 'faults.csv:1: unknown column "extra"'],
    [`${HEADER}0,crsh,x,1,1,1,m-0\n`, 'faults.csv:2: kind: there is no kind of fault "crsh"; did you mean "crash"?'],
    [`${HEADER}0,crash,x,1,1,1,m-0\n1,crash,x,-1,1,1,m-0\n`, 'faults.csv:3: atS: expected seconds'],
    [`${HEADER}0,crash,x,1.0000001,1,1,m-0\n`, 'faults.csv:2: atS: expected seconds with at most six decimals'],
    [`${HEADER}0,crash,x,1,0,1,m-0\n`, 'faults.csv:2: durationS: expected seconds above zero'],
    [`${HEADER}0,slow,x,1,1,1,m-0\n`, 'faults.csv:2: factor: expected a number above 1'],
    [`${HEADER}0,crash,x,1,1,2,m-0\n`, 'faults.csv:2: factor: kind crash takes no factor'],
    [`${HEADER}0,crash,x,1,1,1,m-7\n`, 'faults.csv:2: machines: there is no machine "m-7"'],
    [`${HEADER}0,crash,x,1,1,1,m-0 m-0\n`, 'faults.csv:2: machines: machine "m-0" is named twice'],
    [`${HEADER}0,crash,x,1,1,1,\n`, 'faults.csv:2: machines: expected at least one machine'],
    [`${HEADER}0,crash,x,1,1\n`, 'faults.csv:2: expected 7 fields, found 5'],
    [`${HEADER}0,crash,"x,1,1\n`, 'faults.csv:'],
  ])('refuses %j', (text, message) => {
    expect(() => readFaultPlan(text, inventoryOf(2), 'faults.csv')).toThrow(message);
  });
});
