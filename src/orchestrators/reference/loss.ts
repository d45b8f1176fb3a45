import type { OrchestratorDefinition } from '../orchestrator.ts';
import { fifo, IDEAL_OPTIONS } from './fifo.ts';
import { Ideal, type IdealOptions } from './ideal.ts';

/** The same ideal without a queue: what does not fit is refused at once (Erlang's loss system). */
export const loss: OrchestratorDefinition<IdealOptions> = {
  name: 'reference/loss',
  models: '',
  summary: 'ideal: no queue, what does not fit is refused at once',
  capabilities: { ...fifo.capabilities, queues: false, replacesLostServices: false, replacesLostBatch: false },
  options: IDEAL_OPTIONS,
  translations: [],
  translate: (shape) => ({ request: shape, applied: [] }),
  create: (context, options) => new Ideal(context, options, false),
};
