import { z } from 'zod';

/** One root seed. */
export const SEED = z.int().min(0).max(2_147_483_647);

/** Most seeds of one scenario. */
const MOST_SEEDS = 10_000;

/** `5`, `1..30`, or a list of both, read into a list of seeds. */
export const SEEDS: z.ZodType<number[]> = z.unknown().transform((value, context) => {
  const seeds = new Set<number>();
  for (const part of Array.isArray(value) ? value : [value]) {
    const range = typeof part === 'string' ? /^(\d{1,10})\.\.(\d{1,10})$/.exec(part.trim()) : null;
    const first = range === null ? Number(typeof part === 'string' && /^\d+$/.test(part) ? part : typeof part === 'number' ? part : NaN) : Number(range[1]);
    const last = range === null ? first : Number(range[2]);
    if (!SEED.safeParse(first).success || !SEED.safeParse(last).success || last < first) {
      context.addIssue({ code: 'custom', message: `${JSON.stringify(part) ?? 'this'} is no seed; expected a whole number from 0, a range such as 1..5, or a list of them` });
      return z.NEVER;
    }
    if (seeds.size + last - first + 1 > MOST_SEEDS) {
      context.addIssue({ code: 'custom', message: `more than ${MOST_SEEDS} seeds` });
      return z.NEVER;
    }
    for (let seed = first; seed <= last; seed++) {
      if (seeds.has(seed)) {
        context.addIssue({ code: 'custom', message: `seed ${seed} is given twice` });
        return z.NEVER;
      }
      seeds.add(seed);
    }
  }
  if (seeds.size === 0) {
    context.addIssue({ code: 'custom', message: 'expected at least one seed' });
    return z.NEVER;
  }
  return [...seeds];
});
