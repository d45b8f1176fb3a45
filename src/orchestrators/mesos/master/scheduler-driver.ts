import { DEDICATED } from '../../../world/processes.ts';
import type { OrchestratorContext } from '../../orchestrator.ts';
import type { TaskTable } from '../task-table.ts';
import { Holder } from '../task-table.ts';
import { isAgentState, olderState } from '../task-state.ts';
import { type Answer, type FrameworkInfo, type Scheduler, splitStatus } from './framework-port.ts';
import type { Master } from './master.ts';

/** What a framework registers with. */
export interface DriverSpec {
  readonly name: string;
  readonly roles: readonly string[];
  readonly checkpoint: boolean;
  /** Takes revocable resources; default: no. */
  readonly revocable?: boolean;
  readonly partitionAware: boolean;
  readonly subscription: Pick<FrameworkInfo, 'gpuResources' | 'minAllocatable'>;
  /** Does something when a task of its own begins to run. */
  readonly heedsRunning: boolean;
}

/** The library that a framework's scheduler links to talk to the master (Apache Mesos 1.12, src/sched/sched.cpp). Has a process and a host of its own. */
export class SchedulerDriver {
  readonly framework: number;
  readonly #roles: readonly string[];
  readonly #context: OrchestratorContext;
  readonly #tasks: TaskTable;
  readonly #master: Master;
  /** Of the scheduler's process. */
  readonly endpoint: number;
  readonly #answerOp: number;

  constructor(context: OrchestratorContext, tasks: TaskTable, master: Master, spec: DriverSpec, scheduler: Scheduler) {
    this.#context = context;
    this.#tasks = tasks;
    this.#master = master;
    this.#roles = spec.roles;
    const { simulation, processes } = context;
    const component = `mesos/${spec.name}`;
    const process = processes.spawn({ role: `${component}-0`, machine: DEDICATED, program: {}, startupUs: 0 });
    this.endpoint = processes.endpoint[process]!;
    this.#answerOp = simulation.on(component, (index) => this.#send(index));
    this.framework = master.subscribe({
      name: spec.name,
      roles: spec.roles,
      endpoint: this.endpoint,
      checkpoint: spec.checkpoint,
      revocable: spec.revocable ?? false,
      partitionAware: spec.partitionAware,
      ...spec.subscription,
      heedsRunning: spec.heedsRunning,
      offersOp: simulation.on(component, (index) => scheduler.resourceOffers(master.offersAt(index))),
      inverseOp:
        scheduler.inverseOffer === undefined
          ? -1
          : simulation.on(component, (agent) => {
              const unavailability = master.allocator.inverse.unavailability(agent);
              if (unavailability !== undefined) scheduler.inverseOffer!(agent, unavailability);
            }),
      statusOp: simulation.on(component, (row, id, packed) => {
        const { state, reason } = splitStatus(packed);
        if (tasks.keeps(row, id, Holder.framework)) scheduler.statusUpdate(row, spec.partitionAware ? state : olderState(state), reason);
        else if (tasks.is(row, id)) scheduler.unknownTask(row, id, state);
        if (isAgentState(state) && tasks.keeps(row, id, Holder.agent)) master.acknowledge(this.endpoint, row, id);
      }),
    });
  }

  /** Sends an answer once the scheduler has thought for so long. */
  answer(answer: Answer, thinkUs: number): void {
    for (const row of answer.launches) this.#tasks.undecided[row] = 1;
    this.#context.simulation.after(thinkUs, this.#answerOp, this.#master.answerIndex(answer));
  }

  /** Answers an inverse offer; the master asks again after the default refusal. */
  answerInverse(agent: number, accepted: boolean): void {
    this.#context.network.send(this.endpoint, this.#master.endpoint, this.#master.answerInverse, this.framework, agent, accepted ? 1 : 0);
  }

  /** Asks for offers again in some of its roles; absent: in all. */
  revive(roles = this.#roles): void {
    this.#context.network.send(this.endpoint, this.#master.endpoint, this.#master.revive, this.framework, this.#bits(roles));
  }

  suppress(roles = this.#roles): void {
    this.#context.network.send(this.endpoint, this.#master.endpoint, this.#master.suppress, this.framework, this.#bits(roles));
  }

  /** Asks the master for the state of a task. */
  reconcile(row: number): void {
    this.#context.network.send(this.endpoint, this.#master.endpoint, this.#master.reconcile, row, this.#tasks.id[row]!);
  }

  kill(row: number, id = this.#tasks.id[row]!): void {
    // The scheduler is one thread: it sends the launch first.
    if (this.#tasks.undecided[row] !== 0) {
      this.#tasks.undecided[row] = 2;
      return;
    }
    this.#context.network.send(this.endpoint, this.#master.endpoint, this.#master.kill, row, id);
  }

  /** Roles as a message names them: bit i = the framework's role i. */
  #bits(roles: readonly string[]): number {
    let bits = 0;
    for (const [i, role] of this.#roles.entries()) if (roles.includes(role)) bits |= 1 << i;
    return bits;
  }

  #send(index: number): void {
    const { network } = this.#context;
    const { launches } = this.#master.answerAt(index);
    network.send(this.endpoint, this.#master.endpoint, this.#master.accept, index);
    for (const row of launches) {
      const killed = this.#tasks.undecided[row] === 2;
      this.#tasks.undecided[row] = 0;
      if (killed) this.kill(row);
    }
  }
}
