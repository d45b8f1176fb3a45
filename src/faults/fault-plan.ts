import { FAULT_KIND_LIST } from './kinds/registry.ts';

/** What can befall machines. */
export type FaultKind = (typeof FAULT_KIND_LIST)[number]['name'];

/** Names of all kinds, in the order of their registry. */
export const FAULT_KINDS: readonly FaultKind[] = FAULT_KIND_LIST.map((kind) => kind.name);

/** One fault: something befalls machines at a time and is undone after a duration. */
export interface Fault {
  readonly kind: FaultKind;
  readonly atUs: number;
  /** Machine indices, ascending. Several = correlated (rack, zone). */
  readonly machines: readonly number[];
  /** Until repair (crash: until the operating system is up again); `Infinity` = never. Microseconds. */
  readonly durationUs: number;
  /** How many times slower; for kinds that take a factor, else 1. */
  readonly factor: number;
  /** What was asked for, for people: `rack-3`, `machine-17`. */
  readonly label: string;
}

/** All faults of a run, sorted by time; a fault is its index. Materialised before the run, so that every orchestrator meets the same ones. */
export type FaultPlan = readonly Fault[];
