import { z } from 'zod';
import { entityOf } from '../../engine/random/keyed-random.ts';
import { DURATION_US } from '../../engine/quantity-schema.ts';
import { LIFETIME_LAW } from '../lifetime-law.ts';
import { renewals } from '../renewals.ts';
import { EFFECT_FIELDS, factorFits } from './effect-fields.ts';
import type { FaultSource } from './fault-source.ts';
import { pickedMachines, TARGET_FIELDS, targetMachines, targetsFit } from './target-fields.ts';

const SCHEMA = z
  .strictObject({
    source: z.literal('correlated'),
    ...EFFECT_FIELDS,
    domain: z.enum(['rack', 'zone']).describe('what fails as a whole'),
    uptime: LIFETIME_LAW.describe('time from repair (or from new) to failure, of one rack or zone'),
    repair: LIFETIME_LAW.describe('time from failure to repair, the same for all its machines'),
    inService: DURATION_US.default(0).describe('how long before time zero the domains were new'),
    share: z.number().gt(0).max(1).default(1).describe('each machine of the domain is hit with this probability'),
    ...TARGET_FIELDS,
  })
  .superRefine(factorFits)
  .superRefine(targetsFit);

/** Racks or zones fail as a whole: power, switch, cooling. Draws are keyed by (domain, fault number), who is hit by (machine, fault number). */
export const correlated: FaultSource<z.output<typeof SCHEMA>> = {
  name: 'correlated',
  summary: 'racks or zones as a whole, over and over, by laws of time to failure and repair',
  schema: SCHEMA,
  *faults(spec, context) {
    const { inventory, random, fromUs, untilUs } = context;
    const all = targetMachines(spec, context);
    const machines = spec.pick === undefined ? all : pickedMachines(all, spec.pick, 0, context);
    const domainOf = spec.domain === 'rack' ? inventory.rack : inventory.zone;
    const names = spec.domain === 'rack' ? inventory.rackNames : inventory.zoneNames;
    const members: number[][] = names.map(() => []);
    for (const machine of machines) members[domainOf[machine]!]!.push(machine);
    for (const [domain, inside] of members.entries()) {
      if (inside.length === 0) continue;
      for (const outage of renewals(random, `${spec.domain}/${names[domain]}`, spec.uptime, spec.repair, -spec.inService, fromUs, untilUs)) {
        const hit = inside.filter((machine) => random.u(entityOf(inventory.names[machine]!), outage.number, HIT) < spec.share);
        if (hit.length === 0) continue;
        yield { kind: spec.kind, atUs: outage.fromUs, machines: hit, durationUs: outage.toUs - outage.fromUs, factor: spec.factor ?? 1, label: names[domain]! };
      }
    }
  },
};

const HIT = 5;
