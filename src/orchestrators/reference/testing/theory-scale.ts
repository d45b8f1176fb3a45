/**
 * How much the theory suite runs. Probabilities and means are always brought to half-widths of at most one per cent. Far quantiles and the slowest queues are
 * held to {@link SLOW_LIMIT}: three per cent, or one with `SEATRIAL_THEORY=full` (npm run test:theory), which takes eight times the tasks.
 */
const FULL = process.env['SEATRIAL_THEORY'] === 'full';

/** Half-width asked of the intervals that are slow to narrow. */
export const SLOW_LIMIT = FULL ? 0.01 : 0.03;

/** Tasks per run of the slow ones. */
export function tasksOf(usual: number): number {
  return FULL ? usual * 8 : usual;
}
