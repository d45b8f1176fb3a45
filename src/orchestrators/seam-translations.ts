import type { NativeSettings, Shape } from '../workload/shape.ts';
import type { TranslationRule } from './orchestrator.ts';

/** Translation rules that hold for every system alike: what is in the workload, but no notion of the system. */
export const SEAM_TRANSLATIONS = {
  foreignSettings: { key: 'foreign-settings', meaning: "settings in another system's own format (Compose, Marathon, Kubernetes) are left out; requests, image, priority and constraints are kept" },
  noScale: { key: 'no-scale', meaning: 'the system cannot change the number of tasks of a running service: all tasks are submitted at once, later changes are left out' },
  noUpdate: { key: 'no-update', meaning: 'the system cannot update a running service: the action is left out' },
} as const satisfies Record<string, TranslationRule>;

/** Whether a shape carries settings that a system with these formats does not read. */
export function hasForeignSettings(shape: Shape, nativeFormats: readonly NativeSettings['format'][] = []): boolean {
  return shape.native !== null && !nativeFormats.includes(shape.native.format);
}
