import { describe, expect, it } from 'vitest';
import { MachineInventory } from './machine-inventory.ts';

describe('the machine inventory', () => {
  it('lets constraints name rack and zone where they are known, unless the machine has an attribute of that name', () => {
    const inventory = new MachineInventory([
      { name: 'a', cpuMilli: 1, memoryBytes: 1, rack: 'r1', zone: 'z1', attributes: { disk: 'ssd' } },
      { name: 'b', cpuMilli: 1, memoryBytes: 1, zone: 'z2', attributes: { zone: 'mine' } },
      { name: 'c', cpuMilli: 1, memoryBytes: 1 },
    ]);
    expect(inventory.attributes.map((attributes) => [...attributes])).toEqual([
      [
        ['rack', 'r1'],
        ['zone', 'z1'],
        ['disk', 'ssd'],
      ],
      [['zone', 'mine']],
      [],
    ]);
  });
});
