import { TaskTimeline } from '../metrics/task-timeline.ts';
import { type Collector, RecordKind, TaskOutcome } from '../metrics/log.ts';
import type { Explanation } from '../orchestrators/orchestrator.ts';
import type { RunInputs } from '../scenario/expand.ts';
import type { RunSpec } from '../scenario/run-spec.ts';
import { compose } from './compose.ts';
import { sealed } from './sealed.ts';

/** What a run has to say of one task. */
export interface TaskStory {
  /** Everything that happened to it, in order. */
  readonly timeline: readonly { readonly timeUs: number; readonly event: string; readonly text: string }[];
  /** Placement decisions about it, each explained from the snapshot it was made on. */
  readonly decisions: readonly { readonly timeUs: number; readonly explanation: Explanation }[];
  /** Where it is at the end of the time looked at, or why it waits. */
  readonly now: { readonly timeUs: number; readonly explanation: Explanation };
}

/** Follows one task through a run, up to a time. @param untilUs not beyond the end of the run's window */
export function explainTask(spec: RunSpec, inputs: RunInputs, task: number, untilUs: number): TaskStory {
  return sealed(() => {
    const decisions: { timeUs: number; explanation: Explanation }[] = [];
    let timeline: TaskTimeline | undefined;
    const client = new ClientView(task);
    const { simulation, orchestrator, log } = compose(spec, inputs, {
      watchedTask: task,
      explained: (timeUs, explanation) => decisions.push({ timeUs, explanation }),
      collectors: ({ inventory, faultPlan }) => {
        timeline = new TaskTimeline(task, inventory, faultPlan);
        return [timeline, client];
      },
    });
    simulation.run(untilUs);
    return { timeline: timeline!.entries(log.reasons), decisions, now: { timeUs: untilUs, explanation: client.explanation ?? orchestrator.explain(task) } };
  });
}

/** What the client knows of a task that the orchestrator does not have, or no longer has. */
class ClientView implements Collector {
  /** `null` while the task is the orchestrator's. */
  explanation: Explanation | null = { state: 'not submitted', summary: 'its time has not come, or it waits for jobs that it depends on', machines: [] };
  readonly #task: number;

  constructor(task: number) {
    this.#task = task;
  }

  record(_timeUs: number, kind: RecordKind, a: number, b: number): void {
    if (a !== this.#task) return;
    if (kind === RecordKind.submit) this.explanation = null;
    else if (kind === RecordKind.reject) this.explanation = { state: 'rejected', summary: 'the system cannot express what the task asks for; it was not submitted', machines: [] };
    else if (kind === RecordKind.done) this.explanation = { state: b === TaskOutcome.finished ? 'finished' : b === TaskOutcome.cancelled ? 'cancelled' : 'given up', summary: '', machines: [] };
  }
}
