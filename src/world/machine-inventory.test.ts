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

  it('keeps the attributes of a group once per place', () => {
    const attributes = { disk: 'ssd' };
    const { attributes: kept } = new MachineInventory(['r1', 'r2', 'r1'].map((rack, i) => ({ name: `m-${i}`, cpuMilli: 1, memoryBytes: 1, rack, attributes })));
    expect(kept[0]).toBe(kept[2]);
    expect(kept.map((each) => each.get('rack'))).toEqual(['r1', 'r2', 'r1']);
  });
});
