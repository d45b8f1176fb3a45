import { expect, test } from 'vitest';
import { MachineInventory } from '../../world/machine-inventory.ts';
import { materialise } from '../materialise.ts';
import { FAULTS } from '../schema.ts';
import { writeFaultPlan } from '../write-fault-plan.ts';

const inventory = new MachineInventory(['a', 'b', 'c'].map((name) => ({ name, cpuMilli: 1, memoryBytes: 1, rack: name })));
const END_US = 36_000_000_000;
const wear = FAULTS.parse([{ source: 'stochastic', kind: 'crash', uptime: { law: 'exponential', mean: '1h' }, repair: { law: 'exponential', mean: '5min' } }]);
const fromFile = FAULTS.parse([{ source: 'recorded', file: 'faults.csv' }]);

test('a plan written to a file and named by a scenario is the same plan', () => {
  const plan = materialise(wear, inventory, 1, 0, END_US);
  expect(plan.length).toBeGreaterThan(10);
  expect(materialise(fromFile, inventory, 2, 0, END_US, () => writeFaultPlan(plan, inventory))).toEqual(plan);
});

test('what a recorded plan holds beyond the end of the run is left out', () => {
  const plan = materialise(wear, inventory, 1, 0, END_US);
  const half = materialise(fromFile, inventory, 1, 0, END_US / 2, () => writeFaultPlan(plan, inventory));
  expect(half).toEqual(plan.filter((fault) => fault.atUs < END_US / 2));
});

test('a machine that the file names and the cluster has not is an error with file and line', () => {
  const text = 'fault,kind,label,atS,durationS,factor,machines\n0,crash,x,1,1,1,d\n';
  expect(() => materialise(fromFile, inventory, 1, 0, END_US, () => text)).toThrow(/faults\.csv:2: machines: /);
});
