import { z } from 'zod';

const resource = z.strictObject({ name: z.string().min(1), weight: z.number().int().min(1).max(100).optional() });
const requirement = z.strictObject({ key: z.string(), operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt']), values: z.array(z.string()).optional() });
const term = z.strictObject({ matchExpressions: z.array(requirement).optional(), matchFields: z.array(requirement).optional() });

/** Shape points: utilization 0..100, strictly increasing; score 0..10 (apis/config/validation/validation_pluginargs.go, v1.35.4). */
const shape = z
  .array(z.strictObject({ utilization: z.number().int().min(0).max(100), score: z.number().int().min(0).max(10) }))
  .min(1)
  .refine((points) => points.every((point, i) => i === 0 || point.utilization > points[i - 1]!.utilization), 'utilization must increase from point to point');

/** What `args` of the default plugins may say (staging/src/k8s.io/kube-scheduler/config/v1/types_pluginargs.go, v1.35.4), per plugin. */
export const PLUGIN_ARGUMENTS: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>([
  [
    'NodeResourcesFit',
    z.strictObject({
      ignoredResources: z.array(z.string()).optional(),
      ignoredResourceGroups: z.array(z.string()).optional(),
      scoringStrategy: z
        .strictObject({ type: z.enum(['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio']).optional(), resources: z.array(resource).optional(), requestedToCapacityRatio: z.strictObject({ shape }).optional() })
        .refine((strategy) => strategy.type !== 'RequestedToCapacityRatio' || strategy.requestedToCapacityRatio !== undefined, 'RequestedToCapacityRatio needs requestedToCapacityRatio.shape')
        .optional(),
    }),
  ],
  ['NodeResourcesBalancedAllocation', z.strictObject({ resources: z.array(resource).optional() })],
  [
    'NodeAffinity',
    z.strictObject({
      addedAffinity: z
        .strictObject({
          requiredDuringSchedulingIgnoredDuringExecution: z.strictObject({ nodeSelectorTerms: z.array(term) }).optional(),
          preferredDuringSchedulingIgnoredDuringExecution: z.array(z.strictObject({ weight: z.number().int().min(1).max(100), preference: term })).optional(),
        })
        .optional(),
    }),
  ],
  ['InterPodAffinity', z.strictObject({ hardPodAffinityWeight: z.number().int().min(0).max(100).optional(), ignorePreferredTermsOfExistingPods: z.boolean().optional() })],
  [
    'PodTopologySpread',
    z.strictObject({
      defaultingType: z.enum(['System', 'List']).optional(),
      defaultConstraints: z.array(z.strictObject({ maxSkew: z.number().int().min(1), topologyKey: z.string().min(1), whenUnsatisfiable: z.enum(['DoNotSchedule', 'ScheduleAnyway']) })).optional(),
    }),
  ],
  ['DefaultPreemption', z.strictObject({ minCandidateNodesPercentage: z.number().int().min(0).max(100).optional(), minCandidateNodesAbsolute: z.number().int().min(0).optional() })],
]);
