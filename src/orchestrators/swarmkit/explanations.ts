import { ContainerState } from '../../world/container-state.ts';
import type { Explanation, OrchestratorContext } from '../orchestrator.ts';
import { MAX_FAILURES } from './scheduler/recent-failures.ts';
import type { NodeVerdict, Scheduler } from './scheduler/scheduler.ts';
import type { Task } from './store/task.ts';
import { stateName, TaskState } from './task-state.ts';

/** Says where tasks are and why, in the words of the scheduler and of `docker service ps`. */
export class Explanations {
  readonly #context: OrchestratorContext;
  readonly #scheduler: Scheduler;

  constructor(context: OrchestratorContext, scheduler: Scheduler) {
    this.#context = context;
    this.#scheduler = scheduler;
  }

  /** A task as it is now. */
  of(task: Task): Explanation {
    const { inventory, containers } = this.#context;
    const state = stateName(task.state);
    if (task.node < 0 || task.state < TaskState.assigned) return this.#waiting(task, this.#scheduler.verdicts(task));
    const machine = inventory.names[task.node]!;
    const runs = containers.on(task.node).some((row) => containers.task[row] === task.index && containers.state[row] === ContainerState.running);
    const wanted = task.desired >= TaskState.shutdown && task.state <= TaskState.running ? `, to be ${stateName(task.desired).toLowerCase()}` : '';
    return { state, summary: `${state} on ${machine}${wanted}`, machines: [{ machine, verdict: runs ? 'runs' : state.toLowerCase() }] };
  }

  /** A decision of the scheduler, from what it knew when it took it. @param node -1 = there was none for the task */
  decision(task: Task, node: number): Explanation {
    const verdicts = this.#scheduler.verdicts(task);
    const chosen = verdicts.find((verdict) => verdict.node === node);
    if (chosen === undefined) return this.#waiting(task, verdicts);
    const feasible = verdicts.filter(({ refusal }) => refusal === null).sort(better);
    const equal = feasible.filter((verdict) => better(verdict, chosen) === 0).length;
    const refused = this.#scheduler.refusals(task);
    const name = this.#context.inventory.names[node]!;
    const others = [
      task.preassigned
        ? 'the only node that a task of a global service may be on'
        : better(feasible[0]!, chosen) < 0
          ? `${feasible.length} nodes fit; its turn by ${task.spec.task.spread.length > 0 ? 'the spread preferences' : 'the order in which a group of tasks fills nodes'}`
          : equal === 1
            ? `${feasible.length === 1 ? 'the only node that fits' : `the first of ${feasible.length} nodes that fit`}`
            : `drawn from ${equal} equals, first of ${feasible.length} nodes that fit`,
      ...(refused === '' ? [] : [refused]),
    ];
    const order = [chosen, ...feasible.filter((verdict) => verdict !== chosen), ...verdicts.filter(({ refusal }) => refusal !== null)];
    return { state: stateName(TaskState.assigned), summary: `assigned to ${name} (${others.join('; ')})`, machines: this.#told(order, node) };
  }

  #waiting(task: Task, verdicts: readonly NodeVerdict[]): Explanation {
    const text = this.#scheduler.explanation(task);
    const feasible = verdicts.filter(({ refusal }) => refusal === null);
    const order = [...feasible.toSorted(better), ...verdicts.filter(({ refusal }) => refusal !== null)];
    return { state: stateName(task.state), summary: text === '' ? `${feasible.length} of ${verdicts.length} nodes pass all filters` : text, machines: this.#told(order, -1) };
  }

  #told(verdicts: readonly NodeVerdict[], chosen: number): Explanation['machines'] {
    return verdicts.map(({ node, refusal, key: [failures, own, all] }) => ({
      machine: this.#context.inventory.names[node]!,
      verdict: refusal ?? `${node === chosen ? 'assigned' : 'fits'} (${failures} recent failures, ${own} tasks of the service, ${all} tasks)`,
    }));
  }
}

/** The order of nodes; recent failures count from five on (manager/scheduler/scheduler.go, nodeLess). */
function better(a: NodeVerdict, b: NodeVerdict): number {
  const [failuresA, ownA, allA] = a.key;
  const [failuresB, ownB, allB] = b.key;
  return (failuresA >= MAX_FAILURES || failuresB >= MAX_FAILURES ? failuresA - failuresB : 0) || ownA - ownB || allA - allB;
}
