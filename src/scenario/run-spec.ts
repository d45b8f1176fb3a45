import type { LatencyProfile } from '../engine/network.ts';
import type { ClientOptions } from '../workload/client.ts';
import type { ImageProfile } from '../world/images.ts';

/** One run, as plain data: with the inputs that its hashes name it is everything that the run depends on. */
export interface RunSpec {
  /** Twelve hexadecimal digits: hash of all that follows, and of the code's version. */
  readonly id: string;
  readonly scenario: string;
  /** Identifies the combination of all that the scenario varies, but for the seed: the label of the orchestrator, and in a sweep the values of its axes. */
  readonly cell: string;
  /** Label of the orchestrator in the scenario. */
  readonly label: string;
  /** What the sweep varies, in the order of its columns; `null` where an axis is about other orchestrators. */
  readonly axes: readonly (readonly [column: string, text: string | null])[];
  readonly orchestrator: string;
  /** Options as the orchestrator's schema takes them. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly seed: number;
  /** Hashes of the inputs: keys into {@link RunInputs}. */
  readonly workload: string;
  readonly machines: string;
  readonly faults: string;
  readonly fromUs: number;
  readonly toUs: number;
  readonly gridUs: number;
  readonly client: ClientOptions;
  readonly images: ImageProfile;
  readonly latency: LatencyProfile;
  readonly explicitTicks: boolean;
  readonly permuteTiesSeed: number | null;
}
