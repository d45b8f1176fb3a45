import type { WorkloadGenerator } from './generator.ts';
import { poisson } from './poisson.ts';

/** Every generator that scenarios can name. Adding one = its file and a line here. */
export const GENERATORS: readonly WorkloadGenerator[] = [poisson] as readonly WorkloadGenerator[];
