import { z } from 'zod';
import { InputError } from '../../engine/input-error.ts';
import { readFaultPlan } from '../read-fault-plan.ts';
import type { FaultSource } from './fault-source.ts';

const SCHEMA = z.strictObject({
  source: z.literal('recorded'),
  name: z.string().min(1).optional().describe('for people'),
  file: z.string().min(1).describe('CSV with a row per fault: the faults.csv of a result folder, or one made by hand; relative to the scenario'),
});

/** A plan from a file: what another run met, or what was made by hand. What lies after the end of the run is left out. */
export const recorded: FaultSource<z.output<typeof SCHEMA>> = {
  name: 'recorded',
  summary: 'a plan from a CSV file, such as the faults.csv of a result folder',
  schema: SCHEMA,
  faults({ file }, { inventory, path, untilUs, readText }) {
    if (readText === undefined) throw new InputError(`${path}.file: files cannot be read here`);
    return readFaultPlan(readText(file), inventory, file).filter((fault) => fault.atUs < untilUs);
  },
};
