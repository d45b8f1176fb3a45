import type { ContainerRequest, PortBinding } from './container-request.ts';
import type { CachedContainer } from './node-table.ts';

/** Calls of the manager to an engine that may be under way for a container, as bits. */
export const Call = { create: 1, start: 2, remove: 4 } as const;

const NO_PORTS: readonly PortBinding[] = [];

/** What records look up instead of carrying it along. */
export interface RecordFacts {
  /** By shape. */
  readonly requests: readonly (ContainerRequest | null)[];
  taskName(task: number): string;
}

/**
 * One container from the request to its removal: what the engine has, what the manager's cache says of it, and what is under way between the two.
 * A container and the one that replaces it after a failure are two records with the same task and attempt, which is their swarm id.
 * Records are recycled once nobody holds them ({@link ContainerRecords.release}): whoever keeps one counts as a pin, a message in flight or a call.
 */
export class ContainerRecord implements CachedContainer {
  // What an ordinary exit and removal look at comes first, so that it lies together in memory.
  readonly index: number;
  /** Somebody holds it; else it waits for its next container. */
  inUse = false;
  task = 0;
  /** How often the user had tried to run the task when this was created; names and swarm ids differ between attempts. */
  attempt = 0;
  shape = 0;
  node = 0;
  /** Row in the world's containers; -1 = the engine has none. */
  row = -1;
  /** Messages of the engine about the container that are under way. */
  inFlight = 0;
  /** Bits of {@link Call} sent and not answered. */
  open = 0;
  /** Others that hold on to the record: watchdog, timers. */
  pins = 0;
  // The manager's side.
  cached = false;
  pending = true;
  running = false;
  exited = false;
  /** How it ended, as far as the manager has learnt that. */
  outcome = 0;
  /** The user wants it gone: removed as soon as its engine can be reached. */
  unwanted = false;
  byWatchdog = false;
  /** Next record of the same task. */
  next: ContainerRecord | undefined = undefined;
  readonly facts: RecordFacts;
  /** The engine lists it: creating it was not broken off. */
  created = false;
  /** The ledger counts the devices as taken by this container. */
  gpuCharged = false;
  /** GPU devices of the user's ledger, bit i = device i. */
  gpuMask = 0;
  /** Incarnation of the engine's process when the last call was sent; -1 = it did not connect. */
  engineIncarnation = 0;
  /** Create attempts left after this one fails (swarm.createretry). */
  retriesLeft = 0;
  /** Placed where its image is (an attempt after `image not found`). */
  withImage = false;
  /** Its engine will start it again by its restart policy: it has not ended for anybody. */
  restarting = false;
  restarts = 0;
  restartDelayUs = 0;
  /** Its engine has been asked to start it. */
  startedOnce = false;

  constructor(index: number, facts: RecordFacts) {
    this.index = index;
    this.facts = facts;
  }

  /** Makes the record that of a new container. */
  reset(task: number, attempt: number, shape: number, node: number): void {
    this.task = task;
    this.attempt = attempt;
    this.shape = shape;
    this.node = node;
    this.row = -1;
    this.inFlight = 0;
    this.open = 0;
    this.pins = 0;
    this.cached = false;
    this.pending = true;
    this.running = false;
    this.exited = false;
    this.outcome = 0;
    this.unwanted = false;
    this.byWatchdog = false;
    this.next = undefined;
    this.created = false;
    this.gpuCharged = false;
    this.gpuMask = 0;
    this.engineIncarnation = 0;
    this.retriesLeft = 0;
    this.withImage = false;
    this.restarting = false;
    this.restarts = 0;
    this.restartDelayUs = 0;
    this.startedOnce = false;
  }

  get request(): ContainerRequest {
    return this.facts.requests[this.shape]!;
  }

  get cpus(): number {
    return this.request.cpus;
  }

  get memoryBytes(): number {
    return this.request.memoryBytes;
  }

  get id(): string {
    return this.pending ? '' : this.index.toString(16).padStart(64, '0');
  }

  get names(): readonly string[] {
    return [`/${this.facts.taskName(this.task)}${this.attempt === 1 ? '' : `.${this.attempt}`}`];
  }

  get swarmId(): string {
    return (this.task * 4096 + this.attempt).toString(16).padStart(64, '0');
  }

  get labels(): ReadonlyMap<string, string> {
    return new Map([...this.request.labels, ['com.docker.swarm.id', this.swarmId]]);
  }

  get networkMode(): string {
    return this.request.networkMode;
  }

  get exposedPorts(): readonly string[] {
    return this.request.exposedPorts;
  }

  get portBindings(): readonly PortBinding[] {
    return this.request.portBindings;
  }

  /** Ports that the engine picks are not modelled. */
  get allocatedPorts(): readonly PortBinding[] {
    return NO_PORTS;
  }
}
