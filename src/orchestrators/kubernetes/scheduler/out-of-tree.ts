import type { LifecyclePlugin } from './lifecycle-plugin.ts';
import type { FilterPlugin, ScorePlugin } from './plugin.ts';

/** A scheduler plugin that is not part of kube-scheduler itself; takes part in profiles that enable it by name (`outOfTreePlugins`). */
export interface OutOfTreePlugin {
  readonly name: string;
  /**
   * One per scheduler: any of a filter and a score, each a pure function of pod and node columns unless it has a preFilter or preScore, and what takes part in a
   * pod's way through the scheduler (PreEnqueue, QueueSort, Reserve, Permit).
   */
  create(): { readonly filter?: FilterPlugin; readonly score?: ScorePlugin; readonly lifecycle?: LifecyclePlugin };
}

/** Scheduler plugins that plugins of Seatrial brought. */
export const OUT_OF_TREE_PLUGINS: readonly OutOfTreePlugin[] = [];
