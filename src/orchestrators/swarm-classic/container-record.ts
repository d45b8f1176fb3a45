import type { ContainerRequest, PortBinding } from './container-request.ts';
import type { CachedContainer } from './node-table.ts';

/** Calls of the manager to an engine that may be under way for a container, as bits. */
export const Call = { create: 1, start: 2, remove: 4 } as const;

// Bits of what is or is not so: a dozen fields of their own would make a record twice as long, and tens of thousands wait in memory at a time.
const IN_USE = 1;
const CACHED = 2;
const PENDING = 4;
const RUNNING = 8;
const EXITED = 16;
const UNWANTED = 32;
const BY_WATCHDOG = 64;
const CREATED = 128;
const GPU_CHARGED = 256;
const WITH_IMAGE = 512;
const RESTARTING = 1024;
const STARTED_ONCE = 2048;

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
  #flags = 0;
  task = 0;
  node = 0;
  /** Row in the world's containers; -1 = the engine has none. */
  row = -1;
  /** Messages of the engine about the container that are under way. */
  inFlight = 0;
  /** Bits of {@link Call} sent and not answered. */
  open = 0;
  /** Others that hold on to the record: watchdog, timers. */
  pins = 0;
  /** How often the user had tried to run the task when this was created; names and swarm ids differ between attempts. */
  attempt = 0;
  shape = 0;
  /** How it ended, as far as the manager has learnt that. */
  outcome = 0;
  /** Next record of the same task. */
  next: ContainerRecord | undefined = undefined;
  readonly index: number;
  readonly facts: RecordFacts;
  /** GPU devices of the user's ledger, bit i = device i. */
  gpuMask = 0;
  /** Incarnation of the engine's process when the last call was sent; -1 = it did not connect. */
  engineIncarnation = 0;
  /** Create attempts left after this one fails (swarm.createretry). */
  retriesLeft = 0;
  restarts = 0;
  restartDelayUs = 0;

  constructor(index: number, facts: RecordFacts) {
    this.index = index;
    this.facts = facts;
  }

  /** Makes the record that of a new container, in use and pending. */
  reset(task: number, attempt: number, shape: number, node: number): void {
    this.#flags = IN_USE | PENDING;
    this.task = task;
    this.attempt = attempt;
    this.shape = shape;
    this.node = node;
    this.row = -1;
    this.inFlight = 0;
    this.open = 0;
    this.pins = 0;
    this.outcome = 0;
    this.next = undefined;
    this.gpuMask = 0;
    this.engineIncarnation = 0;
    this.retriesLeft = 0;
    this.restarts = 0;
    this.restartDelayUs = 0;
  }

  /** Somebody holds it; else it waits for its next container. */
  get inUse(): boolean {
    return (this.#flags & IN_USE) !== 0;
  }

  set inUse(value: boolean) {
    this.#flags = value ? this.#flags | IN_USE : this.#flags & ~IN_USE;
  }

  /** In the cache of its node. */
  get cached(): boolean {
    return (this.#flags & CACHED) !== 0;
  }

  set cached(value: boolean) {
    this.#flags = value ? this.#flags | CACHED : this.#flags & ~CACHED;
  }

  /** Being created: the engine does not list it yet. */
  get pending(): boolean {
    return (this.#flags & PENDING) !== 0;
  }

  set pending(value: boolean) {
    this.#flags = value ? this.#flags | PENDING : this.#flags & ~PENDING;
  }

  get running(): boolean {
    return (this.#flags & RUNNING) !== 0;
  }

  set running(value: boolean) {
    this.#flags = value ? this.#flags | RUNNING : this.#flags & ~RUNNING;
  }

  get exited(): boolean {
    return (this.#flags & EXITED) !== 0;
  }

  set exited(value: boolean) {
    this.#flags = value ? this.#flags | EXITED : this.#flags & ~EXITED;
  }

  /** The user wants it gone: removed as soon as its engine can be reached. */
  get unwanted(): boolean {
    return (this.#flags & UNWANTED) !== 0;
  }

  set unwanted(value: boolean) {
    this.#flags = value ? this.#flags | UNWANTED : this.#flags & ~UNWANTED;
  }

  get byWatchdog(): boolean {
    return (this.#flags & BY_WATCHDOG) !== 0;
  }

  set byWatchdog(value: boolean) {
    this.#flags = value ? this.#flags | BY_WATCHDOG : this.#flags & ~BY_WATCHDOG;
  }

  /** The engine lists it: creating it was not broken off. */
  get created(): boolean {
    return (this.#flags & CREATED) !== 0;
  }

  set created(value: boolean) {
    this.#flags = value ? this.#flags | CREATED : this.#flags & ~CREATED;
  }

  /** The ledger counts the devices as taken by this container. */
  get gpuCharged(): boolean {
    return (this.#flags & GPU_CHARGED) !== 0;
  }

  set gpuCharged(value: boolean) {
    this.#flags = value ? this.#flags | GPU_CHARGED : this.#flags & ~GPU_CHARGED;
  }

  /** Placed where its image is (an attempt after `image not found`). */
  get withImage(): boolean {
    return (this.#flags & WITH_IMAGE) !== 0;
  }

  set withImage(value: boolean) {
    this.#flags = value ? this.#flags | WITH_IMAGE : this.#flags & ~WITH_IMAGE;
  }

  /** Its engine will start it again by its restart policy: it has not ended for anybody. */
  get restarting(): boolean {
    return (this.#flags & RESTARTING) !== 0;
  }

  set restarting(value: boolean) {
    this.#flags = value ? this.#flags | RESTARTING : this.#flags & ~RESTARTING;
  }

  /** Its engine has been asked to start it. */
  get startedOnce(): boolean {
    return (this.#flags & STARTED_ONCE) !== 0;
  }

  set startedOnce(value: boolean) {
    this.#flags = value ? this.#flags | STARTED_ONCE : this.#flags & ~STARTED_ONCE;
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
