import { z } from 'zod';
import { FAULT_SOURCES } from './sources/registry.ts';

type Registered = (typeof FAULT_SOURCES)[number];
/** One entry of {@link FAULTS}, with its defaults filled in. */
export type FaultEntry = z.output<Registered['schema']>;

/** What breaks when, as users write it: a list of entries, told apart by `source`. */
export const FAULTS: z.ZodType<FaultEntry[]> = z
  // Looked up when it is first needed: plugins may have brought further sources.
  .array(z.lazy(() => z.discriminatedUnion('source', FAULT_SOURCES.map((source) => source.schema) as unknown as [z.ZodObject<{ source: z.ZodLiteral }>]) as unknown as z.ZodType<FaultEntry>))
  .max(10_000);

/** A checked list of entries. */
export type FaultsSpec = readonly FaultEntry[];
