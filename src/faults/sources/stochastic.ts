import { z } from 'zod';
import { DURATION_US } from '../../engine/quantity-schema.ts';
import { LIFETIME_LAW } from '../lifetime-law.ts';
import { renewals } from '../renewals.ts';
import { EFFECT_FIELDS, factorFits } from './effect-fields.ts';
import type { FaultSource } from './fault-source.ts';
import { pickedMachines, TARGET_FIELDS, targetMachines, targetsFit } from './target-fields.ts';

const SCHEMA = z
  .strictObject({
    source: z.literal('stochastic'),
    ...EFFECT_FIELDS,
    uptime: LIFETIME_LAW.describe('time from repair (or from new) to failure'),
    repair: LIFETIME_LAW.describe('time from failure to repair'),
    inService: DURATION_US.default(0).describe('how long before time zero the machines were new; 0: all new at time zero, which with a falling failure rate means a burst at first'),
    ...TARGET_FIELDS,
  })
  .superRefine(factorFits)
  .superRefine(targetsFit);

/** Every machine fails and is repaired by itself, over and over. Draws are keyed by (machine, fault number). */
export const stochastic: FaultSource<z.output<typeof SCHEMA>> = {
  name: 'stochastic',
  summary: 'every machine by itself, over and over, by laws of time to failure and repair',
  schema: SCHEMA,
  *faults(spec, context) {
    const { inventory, random, fromUs, untilUs } = context;
    const all = targetMachines(spec, context);
    const machines = spec.pick === undefined ? all : pickedMachines(all, spec.pick, 0, context);
    for (const machine of machines) {
      const name = inventory.names[machine]!;
      for (const outage of renewals(random, name, spec.uptime, spec.repair, -spec.inService, fromUs, untilUs)) {
        yield { kind: spec.kind, atUs: outage.fromUs, machines: [machine], durationUs: outage.toUs - outage.fromUs, factor: spec.factor ?? 1, label: name };
      }
    }
  },
};
