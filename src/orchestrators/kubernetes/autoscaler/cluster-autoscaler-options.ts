import { z } from 'zod';

const us = (value: number, description: string) => z.number().int().nonnegative().default(value).describe(description);

/** Attribute of machines that names their node group. */
export const NODE_GROUP_ATTRIBUTE = 'node-group';

/** Options of the Cluster Autoscaler; defaults are its flags (kubernetes/autoscaler, FAQ of 1.35). */
export const CLUSTER_AUTOSCALER_OPTIONS = z
  .strictObject({
    groups: z
      .array(
        z.strictObject({
          name: z.string().min(1).describe(`machines whose attribute ${NODE_GROUP_ATTRIBUTE} has this value; all of them are the largest size of the group`),
          initial: z.int().min(0).describe('machines that are switched on at first, in the order of the inventory'),
          min: z.int().min(0).default(0).describe('machines that stay'),
        }),
      )
      .min(1),
    scanIntervalUs: us(10_000_000, '--scan-interval, us'),
    bootMinUs: us(60_000_000, 'fastest start of an instance until its operating system is up, us (an assumption: clouds take from half a minute to several)'),
    bootMaxUs: us(120_000_000, 'slowest start, us'),
    utilizationThreshold: z.number().min(0).max(1).default(0.5).describe('--scale-down-utilization-threshold'),
    unneededUs: us(600_000_000, '--scale-down-unneeded-time, us'),
    delayAfterAddUs: us(600_000_000, '--scale-down-delay-after-add, us'),
    maxTerminationUs: us(600_000_000, '--max-graceful-termination-sec, us'),
  })
  .nullable()
  .default(null)
  .describe('Cluster Autoscaler over machines that can be switched on and off; null = none');

export type ClusterAutoscalerOptions = NonNullable<z.output<typeof CLUSTER_AUTOSCALER_OPTIONS>>;
