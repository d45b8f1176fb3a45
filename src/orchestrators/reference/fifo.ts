import { z } from 'zod';
import type { OrchestratorDefinition } from '../orchestrator.ts';
import { Ideal, type IdealOptions } from './ideal.ts';

/** Options of the reference ideals. */
export const IDEAL_OPTIONS: z.ZodType<IdealOptions> = z.strictObject({
  startLatencyUs: z.number().int().nonnegative().default(0).describe('time from image present to work begun, us; 0: an ideal starts at once'),
});

/** First come, first served on all machines as one pool: strict order, no decision time, instant knowledge of failures. */
export const fifo: OrchestratorDefinition<IdealOptions> = {
  name: 'reference/fifo',
  models: '',
  summary: 'ideal: one queue in strict order, first machine that fits, no latency, instant knowledge of failures',
  capabilities: {
    queues: true,
    gangs: false,
    dependencies: false,
    fractionalCpu: true,
    gpu: true,
    gpuShares: true,
    constraints: true,
    priorities: false,
    finishedTasksHoldResources: false,
    replacesLostServices: true,
    replacesLostBatch: true,
  },
  options: IDEAL_OPTIONS,
  translations: [],
  translate: (shape) => ({ request: shape, applied: [] }),
  create: (context, options) => new Ideal(context, options, true),
};
