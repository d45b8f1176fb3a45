import type { Constraint, Shape } from '../../workload/shape.ts';
import { GPU_MILLI } from '../../world/machine-inventory.ts';
import type { Translation, TranslationRule } from '../orchestrator.ts';
import { ExpressionError, parseExpression } from './expression.ts';
import type { SwarmClassicOptions } from './options.ts';

/** What classic Swarm cannot express. */
export const TRANSLATIONS: readonly TranslationRule[] = [
  { key: 'cpu-ceil', meaning: 'CPU is asked for in whole CPUs (--cpu-shares N): fractions are rounded up' },
  { key: 'gpu-reject', meaning: 'GPUs do not exist in classic Swarm: the task is not submitted' },
  { key: 'gpu-ledger', meaning: 'GPUs do not exist in classic Swarm: a ledger of devices kept by the user, not part of Swarm, tells the manager which machines come into question' },
  { key: 'gpu-share-whole', meaning: 'part of a GPU becomes a whole device in the ledger' },
  { key: 'constraint-reject', meaning: 'a constraint has characters that constraint expressions do not allow: the task is not submitted' },
  { key: 'priority-ignored', meaning: 'there are no priorities: all requests are equal' },
];

const CPU = 1000;

/** Translates a neutral request; see {@link TRANSLATIONS}. */
export function translate(shape: Shape, options: SwarmClassicOptions): Translation {
  const applied: string[] = [];
  let request: Shape = shape;
  const cpuMilli = Math.ceil(shape.cpuMilli / CPU) * CPU;
  if (cpuMilli !== shape.cpuMilli) {
    applied.push('cpu-ceil');
    request = { ...request, cpuMilli };
  }
  if (shape.gpuCount > 0) {
    if (options.gpu === 'reject') return { request: null, applied: ['gpu-reject'] };
    applied.push('gpu-ledger');
    if (shape.gpuMilli < GPU_MILLI && options.gpuShare === 'whole') {
      applied.push('gpu-share-whole');
      request = { ...request, gpuMilli: GPU_MILLI };
    }
  }
  if (shape.constraints.some((constraint) => constraintExpression(constraint) === null)) return { request: null, applied: ['constraint-reject'] };
  if (shape.priority !== 0) {
    applied.push('priority-ignored');
    request = { ...request, priority: 0 };
  }
  return { request, applied };
}

/** Characters that mean themselves in the plain form of an expression. */
const PLAIN = /^[A-Za-z0-9:\-_\s]+$/;

/**
 * The neutral constraint as a constraint expression that matches exactly the same values, or `null` if there is none. A value with characters that mean something in a
 * regular expression is written as one, quoted, since the plain form does not quote.
 */
export function constraintExpression({ attribute, operator, value }: Constraint): string | null {
  const pattern = PLAIN.test(value) ? value : `/^${value.replace(/[.*+?^$|()[\]\\/]/g, '\\$&')}$/`;
  const text = attribute + operator + pattern;
  try {
    const parsed = parseExpression(text);
    return parsed.key === attribute && parsed.operator === operator && parsed.value === pattern ? text : null;
  } catch (error) {
    if (error instanceof ExpressionError) return null;
    throw error;
  }
}
