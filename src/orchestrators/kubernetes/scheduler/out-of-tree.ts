import type { FilterPlugin, ScorePlugin } from './plugin.ts';

/** A scheduler plugin that is not part of kube-scheduler itself; takes part in profiles that enable it by name (`outOfTreePlugins`). */
export interface OutOfTreePlugin {
  readonly name: string;
  /** One per scheduler. A filter, a score, or both; each a pure function of pod and node columns. */
  create(): { readonly filter?: FilterPlugin; readonly score?: ScorePlugin };
}

/** Scheduler plugins that plugins of Seatrial brought. */
export const OUT_OF_TREE_PLUGINS: readonly OutOfTreePlugin[] = [];
