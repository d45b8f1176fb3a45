import { z } from 'zod';
import { parseBytes, parseCpuMilli, parseDurationUs, QuantityError } from './quantity.ts';

/** A duration with its unit (`10s`, `5min`), read into whole microseconds. */
export const DURATION_US: z.ZodType<number, string | number> = quantity(parseDurationUs);

/** An amount of bytes with its unit (`64GiB`), read into bytes. */
export const BYTES: z.ZodType<number, string | number> = quantity(parseBytes);

/** Cores (`32`, `0.5`) or milli-cores (`500m`), read into milli-cores. */
export const CPU_MILLI: z.ZodType<number, string | number> = quantity(parseCpuMilli);

function quantity(parse: (value: unknown) => number): z.ZodType<number, string | number> {
  return z.unknown().transform((value, context) => {
    try {
      return parse(value);
    } catch (error) {
      if (!(error instanceof QuantityError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  }) as unknown as z.ZodType<number, string | number>;
}
