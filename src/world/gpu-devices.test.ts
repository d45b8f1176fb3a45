import { expect, test } from 'vitest';
import { GpuDevices } from './gpu-devices.ts';
import { MachineInventory } from './machine-inventory.ts';

const devices = () => new GpuDevices(new MachineInventory([{ name: 'a', cpuMilli: 1, memoryBytes: 1 }, { name: 'b', cpuMilli: 1, memoryBytes: 1, gpuCount: 4 }]));

test('a shared request takes the fullest device that fits, a whole one the first free ones', () => {
  const gpus = devices();
  gpus.take(1, 0b0001, 300);
  gpus.take(1, 0b0100, 600);
  expect(gpus.choose(1, 1, 400)).toBe(0b0100);
  expect(gpus.choose(1, 1, 500)).toBe(0b0001);
  expect(gpus.choose(1, 1, 800)).toBe(0b0010);
  expect(gpus.choose(1, 2, 1000)).toBe(0b1010);
  expect(gpus.choose(1, 3, 1000)).toBe(0);
  expect([gpus.choose(0, 1, 100), gpus.choose(1, 0, 0)]).toEqual([0, 0]);
  expect([gpus.machineFreeMilli[1], [...gpus.freeMilli]]).toEqual([3100, [700, 1000, 400, 1000]]);
});

test('what is not there cannot be taken, nor given back twice', () => {
  const gpus = devices();
  gpus.take(1, 0b0010, 700);
  expect(() => gpus.take(1, 0b0010, 400)).toThrow('GPU 1 of machine 1 would have -100 milli-GPU left');
  gpus.give(1, 0b0010, 700);
  expect(() => gpus.give(1, 0b0010, 700)).toThrow('would have 1700');
});
