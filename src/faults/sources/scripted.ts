import { z } from 'zod';
import { DURATION_US } from '../../engine/quantity-schema.ts';
import type { Fault } from '../fault-plan.ts';
import { EFFECT_FIELDS, factorFits } from './effect-fields.ts';
import type { FaultSource } from './fault-source.ts';
import { pickedMachines, TARGET_FIELDS, targetMachines, targetsFit } from './target-fields.ts';

const SCHEMA = z
  .strictObject({
    source: z.literal('scripted'),
    ...EFFECT_FIELDS,
    at: DURATION_US.describe('simulated time at which it happens; what lies after the end of the run is left out'),
    duration: DURATION_US.refine((us) => us > 0, 'expected a duration above zero')
      .optional()
      .describe('until it is undone; absent: never'),
    times: z.int().min(1).max(100_000).default(1).describe('how often'),
    every: DURATION_US.refine((us) => us > 0, 'expected a duration above zero')
      .optional()
      .describe('distance of the repetitions'),
    ...TARGET_FIELDS,
  })
  .superRefine(factorFits)
  .superRefine(targetsFit)
  .superRefine((spec, context) => {
    if ([spec.machines, spec.rack, spec.zone, spec.pick].every((value) => value === undefined)) context.addIssue({ code: 'custom', message: 'expected the machines: one of machines, rack, zone and pick' });
    if (spec.times > 1 && spec.every === undefined) context.addIssue({ code: 'custom', path: ['every'], message: 'expected the distance of the repetitions, such as every: 30min' });
  });

/** Faults at given times on given machines. One entry is one fault that hits all its machines at once; repetitions with `pick` hit others each time. */
export const scripted: FaultSource<z.output<typeof SCHEMA>> = {
  name: 'scripted',
  summary: 'at given times, on machines by name, rack or zone, or picked by the seed',
  schema: SCHEMA,
  faults(spec, context) {
    const { inventory, fromUs, untilUs } = context;
    const machines = targetMachines(spec, context);
    const faults: Fault[] = [];
    for (let round = 0; round < spec.times; round++) {
      const atUs = spec.at + round * (spec.every ?? 0);
      const hit = spec.pick === undefined ? machines : pickedMachines(machines, spec.pick, round, context);
      if (atUs < fromUs || atUs >= untilUs) continue;
      const label = spec.name ?? spec.rack ?? spec.zone ?? (hit.length === 1 ? inventory.names[hit[0]!]! : `${hit.length} machines`);
      faults.push({ kind: spec.kind, atUs, machines: hit, durationUs: spec.duration ?? Infinity, factor: spec.factor ?? 1, label });
    }
    return faults;
  },
};
