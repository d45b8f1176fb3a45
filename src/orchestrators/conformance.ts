/** What a suite says of one recorded decision. */
export type ConformanceResult =
  | { readonly outcome: 'agrees' }
  | { readonly outcome: 'disagrees'; readonly expected: string; readonly got: string }
  /** The model does not have what the case is about yet; says what is missing. Never counted as agreement. */
  | { readonly outcome: 'uncovered'; readonly missing: string };

/** Recorded decisions of one real system, checked through the very classes that runs use: the adapter only builds state from the case. */
export interface ConformanceSuite {
  /** `swarm-classic`, `mesos-drf`. */
  readonly name: string;
  /** Files in the repository, relative to `src/orchestrators/`. */
  readonly file: string;
  /** False while the model of this system is not complete: then uncovered cases are expected, and the table says so. */
  readonly complete: boolean;
  /** Whether a parsed case belongs to this suite, judged by its content and not by its file. */
  accepts(record: ConformanceCase): boolean;
  check(record: ConformanceCase): ConformanceResult;
}

/** One parsed line of a file of recorded decisions. */
export interface ConformanceCase {
  readonly id: string;
  readonly kind?: string;
  readonly [field: string]: unknown;
}
