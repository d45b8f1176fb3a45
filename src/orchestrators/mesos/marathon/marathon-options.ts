import { z } from 'zod';
import { duration, SECOND_US } from '../option-kinds.ts';

/** Settings of one Marathon. Defaults are those of mesosphere/marathon 1.11 where nothing else is said. */
export const MARATHON_OPTIONS = z.strictObject({
  checkpoint: z.boolean().default(true).describe('tasks survive the death of the agent process (--checkpoint)'),
  declineOfferDuration: duration(120 * SECOND_US, 'refusal of an unused offer (--decline_offer_duration)'),
  refuseUsed: duration(5 * SECOND_US, 'refusal of what is left of a used offer, or of one that was cut short (Filters.refuse_seconds of Mesos)'),
  minReviveInterval: duration(5 * SECOND_US, 'at most one revive or suppress in this time (--min_revive_offers_interval)'),
  launchTokens: z.number().int().positive().default(100).describe('launches allowed per refresh (--launch_tokens)'),
  launchTokenRefresh: duration(30 * SECOND_US, 'between refreshes of the launch tokens (--launch_token_refresh_interval)'),
  maxInstancesPerOffer: z.number().int().positive().default(5).describe('--max_instances_per_offer'),
  backoff: duration(SECOND_US, 'delay of the next launch after a first failure (app: backoffSeconds)'),
  backoffFactor: z.number().min(1).default(1.15).describe('each further failure multiplies the delay by this (app: backoffFactor)'),
  maxLaunchDelay: duration(300 * SECOND_US, 'longest such delay (app: maxLaunchDelaySeconds)'),
  gpuScheduling: z.enum(['restricted', 'unrestricted']).default('restricted').describe('restricted: apps without GPUs refuse agents that have some (--gpu_scheduling_behavior)'),
  decisionBase: duration(0, 'time to look at the offers of one cycle; scan cost inside Marathon is not published'),
  decisionPerTask: duration(5_000, 'further time per launched task (t_task of Omega, EuroSys 2013, section 4)'),
});

export type MarathonOptions = z.infer<typeof MARATHON_OPTIONS>;
