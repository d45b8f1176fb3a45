/** One probe of a container (core/v1 Probe), microseconds. */
export interface Probe {
  readonly initialDelayUs: number;
  readonly periodUs: number;
  readonly successThreshold: number;
  readonly failureThreshold: number;
}

/** Probes of a pod's container and what of its application they see. */
export interface ProbedContainer {
  readonly startup: Probe | null;
  readonly readiness: Probe | null;
  readonly liveness: Probe | null;
  /** From the start of the container until the application answers, microseconds. */
  readonly answersAfterUs: number;
}

export const UNPROBED: ProbedContainer = { startup: null, readiness: null, liveness: null, answersAfterUs: 0 };

/** When the container counts as ready, and when a probe has it killed; `Infinity` = never. */
export interface ProbeOutcome {
  readonly readyUs: number;
  readonly killedUs: number;
}

/**
 * What the probe workers of a container will find (pkg/kubelet/prober/worker.go, v1.35). Each worker ticks at its period from the moment at which the pod was taken up; ticks
 * before the container runs or its initial delay is over do nothing. A startup probe holds the others back until it has succeeded; readiness without a probe is given with the start.
 * An application answers from `answersAfterUs` on for as long as it runs, so all is known when the container starts.
 * @param tickedFromUs when the pod's workers were started
 * @param startedUs when the container began to run
 */
export function probeOutcome(container: ProbedContainer, tickedFromUs: number, startedUs: number): ProbeOutcome {
  const answersUs = startedUs + container.answersAfterUs;
  let heldUntilUs = startedUs;
  if (container.startup !== null) {
    const { successUs, failedUs } = run(container.startup, tickedFromUs, startedUs, startedUs, answersUs);
    if (failedUs < successUs) return { readyUs: Infinity, killedUs: failedUs };
    heldUntilUs = successUs;
  }
  const killedUs = container.liveness === null ? Infinity : run(container.liveness, tickedFromUs, startedUs, heldUntilUs, answersUs).failedUs;
  const readyUs = container.readiness === null ? heldUntilUs : run(container.readiness, tickedFromUs, startedUs, heldUntilUs, answersUs).successUs;
  return { readyUs: readyUs < killedUs ? readyUs : Infinity, killedUs };
}

/** When a probe has succeeded often enough, and when it failed often enough before that. */
function run(probe: Probe, tickedFromUs: number, startedUs: number, heldUntilUs: number, answersUs: number): { successUs: number; failedUs: number } {
  const tick = (timeUs: number): number => tickedFromUs + Math.max(0, Math.ceil((timeUs - tickedFromUs) / probe.periodUs)) * probe.periodUs;
  const firstUs = tick(Math.max(heldUntilUs, startedUs + probe.initialDelayUs));
  const firstSuccessUs = Math.max(firstUs, tick(answersUs));
  const failedUs = firstUs + (probe.failureThreshold - 1) * probe.periodUs;
  const successUs = firstSuccessUs + (probe.successThreshold - 1) * probe.periodUs;
  return { successUs, failedUs: failedUs < firstSuccessUs ? failedUs : Infinity };
}
