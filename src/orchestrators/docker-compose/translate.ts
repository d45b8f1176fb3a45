import type { Shape } from '../../workload/shape.ts';
import type { Translation, TranslationRule } from '../orchestrator.ts';

/** What Docker Compose on one host cannot express. */
export const TRANSLATIONS: readonly TranslationRule[] = [
  { key: 'gpu-reject', meaning: 'the engine does not hand out GPUs exclusively: the task is not submitted' },
  { key: 'constraint-ignored', meaning: 'there is one host: constraints on machines are ignored' },
  { key: 'priority-ignored', meaning: 'there are no priorities: all containers are equal' },
];

/** Translates a neutral request; see {@link TRANSLATIONS}. */
export function translate(shape: Shape): Translation {
  if (shape.gpuCount > 0) return { request: null, applied: ['gpu-reject'] };
  const applied: string[] = [];
  let request = shape;
  if (shape.constraints.length > 0) {
    applied.push('constraint-ignored');
    request = { ...request, constraints: [] };
  }
  if (shape.priority !== 0) {
    applied.push('priority-ignored');
    request = { ...request, priority: 0 };
  }
  return { request, applied };
}
