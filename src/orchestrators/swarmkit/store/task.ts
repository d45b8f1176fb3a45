import type { AgentTask } from '../agent/agent-task.ts';
import { type GenericClaim, NO_CLAIMS } from '../scheduler/generic-resources.ts';
import { TaskState } from '../task-state.ts';
import type { Service } from './service.ts';
import type { ServiceSpec } from './service-spec.ts';

/**
 * One task object of the store (api/objects.proto, Task): an attempt to run one instance in a slot. It is never moved; a replacement is a new task. Fields change in transactions only,
 * but for those that the leader's components keep of it in their own memory.
 */
export class Task {
  readonly id: number;
  readonly service: Service;
  /** 1, 2, 3...; of a global service 0. */
  readonly slot: number;
  /** Task of the workload that this is an attempt at. */
  readonly index: number;
  /** Specification as it was when the task was created. */
  readonly spec: ServiceSpec;
  readonly createdUs: number;
  /** The scheduler does not choose the node, it only checks it. */
  readonly preassigned: boolean;
  node: number;
  /** As observed: only ever grows. */
  state: TaskState = TaskState.new;
  desired: TaskState;
  /** Time of the last change of the observed state that was applied. */
  appliedUs: number;
  deleted = false;
  /** The agent's own record of it, once it has been told. */
  agent: AgentTask | null = null;
  /** Scheduler: counted on {@link chosen}. */
  held = false;
  /** Scheduler: counted as active there. */
  counted = false;
  /** Scheduler: node of the decision, before and after it is committed. */
  chosen = -1;
  claims: readonly GenericClaim[] = NO_CLAIMS;
  /** Scheduler: in the queue of those that wait for a node. */
  queued = false;
  /** Dispatcher: the service's address leads here. */
  routed = false;

  constructor(id: number, service: Service, slot: number, index: number, node: number, desired: TaskState, nowUs: number) {
    this.id = id;
    this.service = service;
    this.slot = slot;
    this.index = index;
    this.spec = service.spec;
    this.createdUs = nowUs;
    this.appliedUs = nowUs;
    this.preassigned = node >= 0;
    this.node = node;
    this.desired = desired;
  }
}
