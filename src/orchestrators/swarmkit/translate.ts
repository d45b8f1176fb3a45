import { NODE_FACTS } from '../../workload/readers/compose/swarm-nodes.ts';
import type { Constraint as NeutralConstraint, Shape } from '../../workload/shape.ts';
import { GPU_MILLI } from '../../world/machine-inventory.ts';
import type { Translation, TranslationRule } from '../orchestrator.ts';
import { composeSettings } from './compose-settings.ts';
import type { SwarmkitOptions } from './options.ts';
import { type Constraint, ConstraintError, parseConstraint } from '../../workload/readers/compose/placement-constraint.ts';

/** What swarm mode cannot express. */
export const TRANSLATIONS: readonly TranslationRule[] = [
  { key: 'gpu-reject', meaning: 'tasks with GPUs are not submitted (option gpu: reject)' },
  { key: 'gpu-share-whole', meaning: 'generic resources are whole: part of a GPU becomes a whole device' },
  { key: 'constraint-reject', meaning: 'a constraint has characters that placement constraints do not allow: the task is not submitted' },
  { key: 'priority-ignored', meaning: 'there are no priorities: all tasks are equal' },
];

/** Translates a neutral request; see {@link TRANSLATIONS}. */
export function translate(shape: Shape, options: SwarmkitOptions): Translation {
  const applied: string[] = [];
  let request: Shape = shape;
  if (shape.gpuCount > 0) {
    if (options.gpu === 'reject') return { request: null, applied: ['gpu-reject'] };
    if (shape.gpuMilli < GPU_MILLI) {
      applied.push('gpu-share-whole');
      request = { ...request, gpuMilli: GPU_MILLI };
    }
  }
  if (shape.native?.format === 'compose') {
    try {
      composeSettings(shape.native.spec);
    } catch (error) {
      if (!(error instanceof ConstraintError)) throw error;
      return { request: null, applied: ['constraint-reject'] };
    }
  } else if (shape.constraints.some((constraint) => labelConstraint(constraint) === null)) return { request: null, applied: ['constraint-reject'] };
  if (shape.priority !== 0) {
    applied.push('priority-ignored');
    request = { ...request, priority: 0 };
  }
  return { request, applied };
}

/** The neutral constraint as one on a node label or what else is known of a node, or `null` if the syntax does not allow it. */
export function labelConstraint({ attribute, operator, value }: NeutralConstraint): Constraint | null {
  try {
    const key = NODE_FACTS.includes(attribute) ? attribute : `node.labels.${attribute}`;
    const parsed = parseConstraint(`${key}${operator}${value}`);
    return parsed.key === key && parsed.operator === operator && parsed.value === value ? parsed : null;
  } catch (error) {
    if (error instanceof ConstraintError) return null;
    throw error;
  }
}
