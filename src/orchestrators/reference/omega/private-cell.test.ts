import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MachineInventory } from '../../../world/machine-inventory.ts';
import { Cell } from './cell.ts';
import { Offers } from './offers.ts';
import { PrivateCell } from './private-cell.ts';

const MACHINES = 4;
const inventory = new MachineInventory(Array.from({ length: MACHINES }, (_, i) => ({ name: `m${i}`, cpuMilli: 4000, memoryBytes: 8 })));
const steps = fc.array(fc.record({ machine: fc.nat(MACHINES - 1), what: fc.constantFrom('claim', 'end', 'own', 'sync', 'lose') }), { maxLength: 60 });

it('a private copy shows the cell as it was at the last sync, with own claims, whatever happens to the cell', () => {
  fc.assert(
    fc.property(steps, (script) => {
      const cell = new Cell(inventory);
      const view = new PrivateCell(cell);
      view.sync();
      let copied = { cpuMilli: [...cell.cpuMilli], claims: [...cell.claims] };
      const running = [0, 0, 0, 0];
      for (const { machine, what } of script) {
        if (what === 'sync') {
          view.sync();
          copied = { cpuMilli: [...cell.cpuMilli], claims: [...cell.claims] };
        } else if (what === 'lose') cell.setInService(machine, cell.inService[machine] === 0);
        else if (what === 'own' && view.fits(machine, 1000, 2)) {
          view.take(machine, 1000, 2);
          copied.cpuMilli[machine]! -= 1000;
          copied.claims[machine]!++;
        } else if (what === 'claim' && cell.fits(machine, 1000, 2)) {
          cell.take(machine, 1000, 2);
          running[machine]!++;
        } else if (what === 'end' && running[machine]! > 0) {
          cell.give(machine, 1000, 2);
          running[machine]!--;
        }
        for (let m = 0; m < MACHINES; m++) {
          expect(view.claims(m)).toBe(copied.claims[m]);
          for (const cpuMilli of [1000, 2000, 3000, 4000]) expect(view.fits(m, cpuMilli, 0)).toBe(copied.cpuMilli[m]! >= cpuMilli);
        }
      }
    }),
  );
});

it('nothing is in two offers, and what is in none is what the books call unoffered', () => {
  const moves = fc.array(fc.record({ machine: fc.nat(MACHINES - 1), what: fc.constantFrom('make', 'endFirst', 'endLast', 'take', 'end') }), { maxLength: 60 });
  fc.assert(
    fc.property(moves, (script) => {
      const cell = new Cell(inventory);
      const offers = new Offers(cell);
      const out: ReturnType<Offers['make']>[] = [];
      const running = [0, 0, 0, 0];
      for (const { machine, what } of script) {
        if (what === 'make' && offers.unofferedCpuMilli > 0) out.push(offers.make());
        else if (what === 'endFirst' && out.length > 0) offers.end(out.shift()!);
        else if (what === 'endLast' && out.length > 0) offers.end(out.pop()!);
        else if (what === 'take') {
          const offer = out.find((each) => each.pool().includes(machine) && each.fits(machine, 1000, 2));
          if (offer === undefined) continue;
          offer.take(machine, 1000, 2);
          running[machine]!++;
        } else if (what === 'end' && running[machine]! > 0) {
          offers.freed(machine, 1000, 2);
          cell.give(machine, 1000, 2);
          running[machine]!--;
        }
        const free = Array.from({ length: MACHINES }, (_, m) => cell.cpuMilli[m]! / 1000);
        const offered = free.map((_, m) => out.reduce((sum, offer) => sum + (offer.pool().includes(m) ? [4, 3, 2, 1].find((cpu) => offer.fits(m, cpu * 1000, 0)) ?? 0 : 0), 0));
        offered.forEach((cpu, m) => expect(cpu).toBeLessThanOrEqual(free[m]!));
        const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
        expect(offers.unofferedCpuMilli).toBe((sum(free) - sum(offered)) * 1000);
      }
    }),
  );
});
