import type { CellValue } from './cell-value.ts';
import { ExactSums } from './exact-sum.ts';
import type { Moment } from './moment.ts';
import { Series, type Timeline } from './timeline.ts';
import { remainingUs, type Window } from './window.ts';

/**
 * The family *control plane* as far as it is records: depth of the orchestrator's queue, and leadership. An ensemble is all roles of one name but for their number
 * (`mesos/master-0`, `mesos/master-1`); it is without leader while nobody of it leads. An orchestrator that never says who leads has no leaderless time, rather
 * than none of it.
 */
export class ControlPlane {
  readonly #window: Window;
  readonly #moment: Moment;
  readonly #timeline: Timeline;
  readonly #depthSum = new ExactSums(1);
  #depth = 0;
  #depthMax = 0;
  #depthSeen = false;
  /** Leader records, in order. */
  readonly #leaders: { readonly timeUs: number; readonly role: number; readonly term: number }[] = [];
  #leaderlessUs: number | null = null;

  constructor(window: Window, moment: Moment, timeline: Timeline) {
    this.#window = window;
    this.#moment = moment;
    this.#timeline = timeline;
  }

  leader(role: number, term: number): void {
    this.#leaders.push({ timeUs: this.#moment.timeUs, role, term });
  }

  queueDepthChanged(depth: number): void {
    this.#depthSeen = true;
    const change = depth - this.#depth;
    if (change === 0) return;
    // What was in force until now was so inside the window, if it has opened.
    if (this.#moment.timeUs > this.#window.fromUs && this.#depth > this.#depthMax) this.#depthMax = this.#depth;
    this.#depth = depth;
    this.#depthSum.add(0, change * this.#moment.remainingUs);
    this.#timeline.step(Series.queueDepth, change);
  }

  /** Evaluates leadership. Call once; `texts` are the log's, which name the roles. */
  finish(texts: readonly string[]): void {
    if (this.#leaders.length === 0) return;
    const leads = new Map<string, number>();
    for (const { role } of this.#leaders) leads.set(ensembleOf(texts[role]!), -1);
    let led = 0;
    let integralUs = 0;
    const present = (): number => (led === leads.size ? 1 : 0);
    for (const { timeUs, role, term } of this.#leaders) {
      const ensemble = ensembleOf(texts[role]!);
      const before = present();
      const leader = leads.get(ensemble)!;
      // A deposed leader may say so after its successor has taken over.
      const next = term >= 0 ? role : leader === role || leader < 0 || texts[role] === ensemble ? -1 : leader;
      led += (next >= 0 ? 1 : 0) - (leader >= 0 ? 1 : 0);
      leads.set(ensemble, next);
      const change = present() - before;
      integralUs += change * remainingUs(this.#window, timeUs);
      this.#timeline.stepAt(Series.leaderPresent, timeUs, change);
    }
    this.#leaderlessUs = this.#window.toUs - this.#window.fromUs - integralUs;
  }

  queueDepthMean(): CellValue {
    return this.#depthSeen ? this.#depthSum.value(0) / (this.#window.toUs - this.#window.fromUs) : null;
  }

  queueDepthMax(): CellValue {
    return this.#depthSeen ? Math.max(this.#depthMax, this.#depth) : null;
  }

  /** Time in the window during which an ensemble had no leader, microseconds; `null` = leadership is no notion of this orchestrator. */
  get leaderlessUs(): number | null {
    return this.#leaderlessUs;
  }
}

function ensembleOf(role: string): string {
  return role.replace(/-\d+$/, '');
}
