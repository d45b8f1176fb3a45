import type { Explanation, Orchestrator, OrchestratorContext } from '../orchestrator.ts';
import { AgentFit } from './agent-fit.ts';
import { Agents } from './agent/agents.ts';
import type { Offers } from './allocator/offers.ts';
import type { QuotaCycle } from './allocator/quota.ts';
import { createFramework } from './create-framework.ts';
import { frameworkSpecs } from './framework-entries.ts';
import type { Framework } from './framework-parts.ts';
import { JobRouting } from './job-routing.ts';
import { AgentStatus } from './master/agent-registry.ts';
import { Master } from './master/master.ts';
import { quantities } from './quantities.ts';
import type { MesosOptions } from './mesos-options.ts';
import { shortage, usable } from './shortage.ts';
import { createServiceDiscovery } from './service-discovery.ts';
import { RESOURCE_NAMES, TASK_STATE_NAMES } from './task-state.ts';
import { Holder, TaskTable } from './task-table.ts';
import { TaskWork } from './task-work.ts';
import { isChoosy } from './marathon/app-spec.ts';
import { marathonRoles } from './marathon/app-roles.ts';
import { ResourceKinds } from './resource-kinds.ts';
import { memoryThousandths } from './translate.ts';

/** A Mesos cluster with one master and the frameworks that its options name; jobs go to frameworks by their routing rules. */
export class MesosCluster implements Orchestrator {
  readonly tasks = new TaskTable();
  readonly agents: Agents;
  readonly master: Master;
  /** In the order of their subscription. */
  readonly frameworks: readonly Framework[];
  readonly #routing: JobRouting;
  readonly #context: OrchestratorContext;
  readonly #demands: readonly Float64Array[];
  readonly #kinds: ResourceKinds;
  #waiting = 0;
  /** What the watched task has been offered so far: looks, time of the last, agents by reason of refusal at the last. */
  #seen = { looks: 0, lastUs: 0, reasons: new Map<string, number>() };

  constructor(context: OrchestratorContext, options: MesosOptions) {
    this.#context = context;
    this.#demands = context.requests.map((request) =>
      request === null ? new Float64Array(RESOURCE_NAMES.length) : Float64Array.of(request.cpuMilli, Math.ceil(memoryThousandths(request.memoryBytes)), request.gpuCount * 1000),
    );
    const { shapes } = context.workload;
    this.#kinds = new ResourceKinds(context.inventory, {
      reservations: options.reservations,
      quota: Object.keys(options.allocator.quota).length > 0,
      revocable: options.agent.oversubscription !== undefined,
      choosy: shapes.some(isChoosy),
    });
    this.agents = new Agents(context, options, this.tasks);
    this.master = new Master(context, options, this.tasks, this.agents, this.#kinds);
    this.agents.connect(this.master);
    this.master.followTasks(createServiceDiscovery(options.serviceDiscovery, context, this.tasks));
    for (const [role, weight] of Object.entries(options.allocator.weights)) this.master.allocator.setWeight(role, weight);
    const work = new TaskWork(context.workload.taskCount);
    const fit = new AgentFit(context.inventory, context.requests);
    this.#routing = new JobRouting(options.frameworks, context.workload, context.random);
    const specs = frameworkSpecs(options.frameworks);
    this.frameworks = specs.map((spec) =>
      createFramework(
        spec,
        {
          name: spec.name,
          roles: spec.entry.kind === 'marathon' ? marathonRoles(spec, shapes) : spec.roles,
          subscription: { gpuResources: spec.entry.gpuResources, minAllocatable: spec.entry.minAllocatable.map(quantities) },
          choice: (use) => this.#kinds.choice(use),
          context,
          tasks: this.tasks,
          master: this.master,
          agents: this.agents,
          fit,
          gpuColumns: this.#kinds.columns.columns.flatMap(({ name }, column) => (name === 'gpus' ? [column] : [])),
          work,
          demands: this.#demands,
          waitingChanged: (by) => context.log.queueDepth((this.#waiting += by)),
          explainMatch: (task, offers, agent) => this.#explainMatch(task, offers, agent),
        },
        options,
      ),
    );
    if (options.partitioning === 'static') this.master.partition(specs.map(({ entry }) => entry.machineShare));
  }

  submit(job: number): void {
    const framework = this.#frameworkOf(job);
    if (framework !== undefined) framework.submit(job);
    else {
      const { workload, client } = this.#context;
      const first = workload.firstTask(job);
      for (let task = first; task < first + workload.size(job); task++) client.refused(task, NO_FRAMEWORK);
    }
  }

  retry(task: number): void {
    const framework = this.#frameworkOf(this.#context.workload.jobOf(task));
    if (framework === undefined) this.#context.client.refused(task, NO_FRAMEWORK);
    else framework.retry(task);
  }

  cancel(job: number): void {
    this.#frameworkOf(job)?.cancel(job);
  }

  remove(): void {}

  scale(job: number, count: number): void {
    this.#frameworkOf(job)?.scale?.(job, count);
  }

  victims(job: number, count: number): readonly number[] | undefined {
    return this.#frameworkOf(job)?.victims?.(job, count);
  }

  update(job: number, shape: number): void {
    this.#frameworkOf(job)?.update?.(job, shape);
  }

  drain(machine: number, drained: boolean): void {
    this.master.registry.drain(machine, drained);
  }

  explain(task: number): Explanation {
    const { inventory, workload } = this.#context;
    const framework = this.#frameworkOf(workload.jobOf(task));
    if (framework === undefined) return { state: 'none', summary: NO_FRAMEWORK, machines: [] };
    const { waiting, row, note } = framework.view(task);
    if (row >= 0) {
      const state = TASK_STATE_NAMES[this.tasks.holds(row, Holder.master) ? this.tasks.masterState[row]! : this.tasks.stateOf(row)]!;
      return { state, summary: `launched on agent ${inventory.names[this.tasks.agent[row]!]} from an offer to role ${this.tasks.role[row]}`, machines: [] };
    }
    if (!waiting) return { state: 'none', summary: 'neither waits nor runs', machines: [] };
    const shape = workload.shapeOf(task);
    const roles = framework.rolesOf(shape);
    const quota = this.master.allocator.quotaNow();
    const machines = inventory.names.map((machine, agent) => ({ machine, verdict: this.#verdict(framework, task, shape, agent, quota) }));
    const order = this.master.allocator.roleOrder();
    const parts = [`waits for an offer to role ${roles.join(' or ')}`];
    if (!inventory.names.some((_, agent) => this.#fitsEmpty(framework, shape, agent))) parts.push('no agent could ever hold it, even if empty');
    for (const role of roles) {
      const position = order.indexOf(role);
      const share = this.master.allocator.roleShare(role);
      if (position >= 0) parts.push(`${roles.length === 1 ? 'the role' : `role ${role}`} is number ${position + 1} of ${order.length} in the sorter${share === undefined ? '' : ` with a weighted dominant share of ${share.toFixed(3)}`}`);
    }
    if (task === this.#context.watchedTask && this.#seen.looks > 0) {
      const { looks, lastUs, reasons } = this.#seen;
      parts.push(`seen ${looks} times in offers, last at ${lastUs / 1e6} s: ${[...reasons].map(([reason, count]) => `${count} x ${reason}`).join(', ')}`);
    }
    if (note !== '') parts.push(note);
    return { state: 'waiting', summary: parts.join('; '), machines };
  }

  invariants(): string[] {
    return [...this.master.invariants(), ...this.frameworks.flatMap((framework) => framework.invariants())];
  }

  /** Tasks that wait in any framework. */
  get waiting(): number {
    return this.#waiting;
  }

  /** The framework that a job goes to; undefined = no routing rule admits it. */
  #frameworkOf(job: number): Framework | undefined {
    return this.frameworks[this.#routing.frameworkOf(job)];
  }

  /** Why an agent is not what the task waits for, from the master's books as an operator sees them. */
  #verdict(framework: Framework, task: number, shape: number, agent: number, quota: QuotaCycle | undefined): string {
    const { registry } = this.master;
    const status = registry.status[agent];
    if (status === AgentStatus.unreachable) return 'the agent is unreachable: not offered';
    if (status === AgentStatus.gone) return 'the operator has taken the agent out of the cluster: not offered';
    if (status === AgentStatus.disconnected) return 'the agent is disconnected: not offered';
    if (!registry.usable(agent)) return 'the agent is being drained: not offered';
    const verdicts = framework.rolesOf(shape).map((role) => this.#verdictIn(framework, role, task, shape, agent, quota));
    return verdicts.find((verdict) => verdict.startsWith('fits: ')) ?? verdicts.find((verdict) => verdict.startsWith('fits')) ?? verdicts[0]!;
  }

  #verdictIn(framework: Framework, role: string, task: number, shape: number, agent: number, quota: QuotaCycle | undefined): string {
    const { books } = this.master.allocator;
    const free = (column: number): number => books.free[agent * books.width + column]!;
    const refused = this.#refusal(framework, role, task, shape, agent, free);
    if (refused !== undefined) return `${refused}${refused.startsWith('Insufficient') ? this.#kinds.besides(framework.choiceOf(shape, role), free) : ''}`;
    const offerable = this.master.allocator.offerable(framework.index, role, agent, quota);
    const standing = this.master.allocator.standing(framework.index, role, agent, offerable);
    if (standing === 'reserved') return 'fits; the agent is reserved to another role, or belongs to another framework';
    if (standing === 'suppressed') return 'fits; the framework has suppressed offers';
    const short = quota && shortage(this.#demands[shape]!, usable(framework.choiceOf(shape, role), (column) => offerable[column]!));
    if (short !== undefined) return `fits; the role may not have that much within its quota limits and the quota headroom: ${short}`;
    if (standing === 'filtered') return 'fits; the framework has refused the agent, the filter has not expired';
    return 'fits: in the next offers of the role';
  }

  #fitsEmpty(framework: Framework, shape: number, agent: number): boolean {
    const total = this.#kinds.totalOf(agent);
    return framework.fit.verdict(shape, agent) === undefined && framework.rolesOf(shape).some((role) => shortage(this.#demands[shape]!, usable(framework.choiceOf(shape, role), (column) => total[column]!)) === undefined);
  }

  /** Why a framework would not launch a task on an offer to a role with these entries left. */
  #refusal(framework: Framework, role: string, task: number, shape: number, agent: number, left: (column: number) => number): string | undefined {
    if (!framework.rolesOf(shape).includes(role)) return `UnfulfilledRole: offered to ${role}, the job is for ${framework.rolesOf(shape).join(', ')}`;
    if (framework.refusal !== undefined) return framework.refusal(task, agent, left);
    return framework.fit.verdict(shape, agent) ?? shortage(this.#demands[shape]!, usable(framework.choiceOf(shape, role), left));
  }

  #explainMatch(task: number, offers: Offers, agent: number): void {
    const { inventory, workload } = this.#context;
    const shape = workload.shapeOf(task);
    const framework = this.#frameworkOf(workload.jobOf(task))!;
    const machines = offers.agents().map((offered) => ({
      machine: inventory.names[offered]!,
      verdict: offered === agent ? 'launched on this offer' : (this.#refusal(framework, offers.role, task, shape, offered, (column) => offers.left(offered, column)) ?? 'fits, another offer came first'),
    }));
    const reasons = new Map<string, number>();
    for (const { verdict } of machines) reasons.set(verdict.split(':')[0]!, (reasons.get(verdict.split(':')[0]!) ?? 0) + 1);
    this.#seen = { looks: this.#seen.looks + 1, lastUs: this.#context.simulation.nowUs, reasons };
    const standing = this.master.allocator.standingOf(offers);
    const order = standing === undefined ? '' : `; when they were made the role was number ${standing.position + 1} of ${standing.roles} in the sorter with a weighted dominant share of ${standing.share.toFixed(3)}`;
    const where = agent < 0 ? `declined: none of ${machines.length} offers fits` : `${machines.length} offers, launched on agent ${inventory.names[agent]}`;
    this.#context.explained({ state: agent < 0 ? 'waiting' : 'TASK_STAGING', summary: `offers to role ${offers.role}: ${where}${order}`, machines });
  }
}

const NO_FRAMEWORK = 'no framework takes the job: no rule under frameworks[].jobs admits it';
