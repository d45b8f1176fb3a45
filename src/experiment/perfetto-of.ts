import { MachineSpans } from '../metrics/machine-spans.ts';
import { perfettoTrace } from '../metrics/perfetto.ts';
import type { RunInputs } from '../scenario/expand.ts';
import type { RunSpec } from '../scenario/run-spec.ts';
import type { Workload } from '../workload/workload.ts';
import type { MachineInventory } from '../world/machine-inventory.ts';
import { run } from './run.ts';

/** Makes a run again and tells it as a trace for the Perfetto viewer: pieces of one JSON document. */
export function perfettoOf(spec: RunSpec, inputs: RunInputs): Iterable<string> {
  let spans: MachineSpans | undefined;
  let seen: { workload: Workload; inventory: MachineInventory } | undefined;
  run(spec, inputs, {
    collectors: ({ workload, inventory, faultPlan }) => {
      spans = new MachineSpans(faultPlan);
      seen = { workload, inventory };
      return [spans];
    },
  });
  return perfettoTrace(spans!, { ...seen!, endUs: spec.toUs });
}
