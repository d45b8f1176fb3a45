/** What the rule of a rolling upgrade is computed from. */
export interface RestartInput {
  /** Instances that the app should have. */
  readonly instances: number;
  readonly minimumHealthCapacity: number;
  readonly maximumOverCapacity: number;
  /** Instances there are, old and new. */
  readonly running: number;
  /** Those that are considered healthy and are meant to run. */
  readonly consideredHealthy: number;
  /** Keeps its place: persistent volumes. */
  readonly resident: boolean;
}

export interface RestartStrategy {
  /** Instances, old and new, that may exist at once. */
  readonly maxCapacity: number;
  readonly killImmediately: number;
}

/** How a rolling upgrade begins (mesosphere/marathon 1.11, src/main/scala/mesosphere/marathon/core/deployment/impl/TaskReplaceActor.scala, computeRestartStrategy). */
export function restartStrategy(input: RestartInput): RestartStrategy {
  const { instances, consideredHealthy, running, resident } = input;
  const minHealthy = Math.ceil(instances * input.minimumHealthCapacity);
  let maxCapacity = Math.floor(instances * (1 + input.maximumOverCapacity));
  let killImmediately = Math.max(0, consideredHealthy - minHealthy);
  if (minHealthy === maxCapacity && maxCapacity <= consideredHealthy) {
    // Neither more nor fewer may run: one has to give way. Resident ones cannot run twice.
    if (resident) killImmediately = consideredHealthy - minHealthy + 1;
    else maxCapacity++;
  }
  if (running > instances) killImmediately = Math.max(running - instances, killImmediately);
  return { maxCapacity, killImmediately };
}
