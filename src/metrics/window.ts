/** The span of simulated time that all orchestrators are measured over, whether or not they have drained. Whole microseconds. */
export interface Window {
  readonly fromUs: number;
  readonly toUs: number;
}

/** How long a level that changes at `timeUs` stays in the window if nothing else happens: what a step of height one adds to the level's time integral. */
export function remainingUs(window: Window, timeUs: number): number {
  if (timeUs >= window.toUs) return 0;
  return window.toUs - (timeUs > window.fromUs ? timeUs : window.fromUs);
}
