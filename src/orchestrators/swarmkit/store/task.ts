import { type GenericClaim, NO_CLAIMS } from '../scheduler/generic-resources.ts';
import { TaskState } from '../task-state.ts';
import type { Service } from './service.ts';
import type { ServiceSpec } from './service-spec.ts';

/**
 * One task object of the store (api/objects.proto, Task): an attempt to run one instance in a slot. It is never moved; a replacement is a new task. Fields change in transactions only,
 * but for those that the leader's components keep of it in their own memory.
 */
export class Task {
  /** Of a row that was used before it tells one task from the other. */
  id: number;
  service: Service;
  /** 1, 2, 3...; of a global service 0. */
  slot: number;
  /** Task of the workload that this is an attempt at. */
  index: number;
  /** Specification as it was when the task was created. */
  spec: ServiceSpec;
  /** The scheduler does not choose the node, it only checks it. */
  preassigned: boolean;
  node: number;
  /** As observed: only ever grows. */
  state: TaskState = TaskState.new;
  desired: TaskState;
  /** Time of the last change of the observed state that was applied; kept only where the restart policy has a window, which is all that asks for it. */
  appliedUs: number;
  deleted = false;
  // What the agent has on disk of it (agent/storage.go).
  /** Agent: as it sees the task; the store's {@link state} follows by reports. `new` = it has not been told, or the manager has deleted the task. */
  agentState: TaskState = TaskState.new;
  /** Agent: what it was told. */
  agentDesired: TaskState = TaskState.new;
  /** Agent: container of the world; -1 = none. */
  container = -1;
  /** Agent: row in its table, what containers are found by; -1 = there is nothing left to do about the task. */
  agentRow = -1;
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
    this.appliedUs = service.spec.restart.windowUs > 0 ? nowUs : 0;
    this.preassigned = node >= 0;
    this.node = node;
    this.desired = desired;
  }

  /** The object becomes another task: only for one of which nobody knows any more ({@link Store.recycle}). */
  reuse(id: number, service: Service, slot: number, index: number, node: number, desired: TaskState, nowUs: number): this {
    this.id = id;
    this.service = service;
    this.slot = slot;
    this.index = index;
    this.spec = service.spec;
    this.appliedUs = service.spec.restart.windowUs > 0 ? nowUs : 0;
    this.preassigned = node >= 0;
    this.node = node;
    this.desired = desired;
    this.state = TaskState.new;
    this.deleted = false;
    this.agentState = TaskState.new;
    this.agentDesired = TaskState.new;
    this.claims = NO_CLAIMS;
    return this;
  }

  /** Whether no component of the manager and no agent has anything to do about it any more. */
  get settled(): boolean {
    return this.deleted && this.container < 0 && this.agentRow < 0 && !this.held && !this.counted && !this.queued && !this.routed;
  }
}
