import { z } from 'zod';
import type { Simulation } from '../../../engine/simulation.ts';
import { DURATION_US } from '../../../engine/quantity-schema.ts';
import type { HierarchicalAllocator } from '../allocator/hierarchical-allocator.ts';
import { ROLE } from '../framework-entries.ts';
import { QUANTITIES, quantities } from '../quantities.ts';

const TOP_ROLE = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*$/, 'expected a role of the top level');

/** Weight of a role among its siblings. */
export const WEIGHTS = z.record(ROLE, z.number().positive());

/** Guarantees and limits by role. */
export const QUOTA = z.record(
  TOP_ROLE,
  z.strictObject({ guarantee: QUANTITIES.prefault({}).describe('held back from others until the role has it'), limit: QUANTITIES.prefault({}).describe('the role never gets more; what is not named has no limit') }),
);

/** What an operator changes in the course of a run. */
export const OPERATOR_SETTINGS = z.array(
  z.strictObject({
    at: DURATION_US.describe('when'),
    weights: WEIGHTS.default({}).describe('new weights (PUT /weights); all offers are taken back if one of these roles has a framework'),
    quota: QUOTA.default({}).describe('new quota (UPDATE_QUOTA); an empty guarantee and limit remove it. Offers of agents are taken back until they cover a guarantee, and of at least as many agents as the role has frameworks'),
  }),
);

/**
 * Weights and quota that an operator sets while the cluster runs (Apache Mesos 1.12, src/master/weights_handler.cpp, src/master/quota_handler.cpp, `rescindOffers`). Neither sets off a cycle: what was taken back is offered in
 * the next batch.
 */
export function scheduleSettings(simulation: Simulation, allocator: HierarchicalAllocator, settings: z.infer<typeof OPERATOR_SETTINGS>): void {
  const operation = simulation.on('mesos/operator', (index) => {
    const { weights, quota } = settings[index]!;
    for (const [role, weight] of Object.entries(weights)) allocator.setWeight(role, weight);
    if (Object.keys(weights).some((role) => allocator.roles().includes(role))) allocator.rescindAll();
    for (const [role, { guarantee, limit }] of Object.entries(quota)) {
      const wanted = quantities(guarantee);
      allocator.setQuota(role, wanted, quantities(limit));
      allocator.rescindFor(role, wanted);
    }
  });
  for (const [index, { at }] of settings.entries()) simulation.at(at, operation, index);
}
