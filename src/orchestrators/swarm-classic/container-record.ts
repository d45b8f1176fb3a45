import type { PortBinding } from './container-request.ts';
import type { CachedContainer } from './node-table.ts';

/** Calls of the manager to an engine that may be under way for a container, as bits. */
export const Call = { create: 1, pull: 2, start: 4, remove: 8 } as const;

const NO_PORTS: readonly PortBinding[] = [];
const NO_NAMES: readonly string[] = [];

/**
 * One container from the request to its removal: what the engine has, what the manager's cache says of it, and what is under way between the two.
 * A container and the one that replaces it after a failure are two records with the same task and attempt, which is their swarm id.
 */
export class ContainerRecord implements CachedContainer {
  readonly index: number;
  readonly task: number;
  /** How often the user had tried to run the task when this was created; names and swarm ids differ between attempts. */
  readonly attempt: number;
  readonly shape: number;
  readonly node: number;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly taskName: (task: number) => string;
  /** GPU devices of the user's ledger, bit i = device i. */
  gpuMask = 0;
  /** The ledger counts the devices as taken by this container. */
  gpuCharged = false;
  // The engine's side.
  /** Row in the world's containers; -1 = the engine has none. */
  row = -1;
  /** The engine lists it: creating it was not broken off. */
  created = false;
  // The manager's side.
  cached = false;
  pending = true;
  running = false;
  exited = false;
  /** How it ended, as far as the manager has learnt that. */
  outcome = 0;
  /** The user wants it gone: removed as soon as its engine can be reached. */
  unwanted = false;
  /** Bits of {@link Call} sent and not answered. */
  open = 0;
  openedUs = 0;
  /** Incarnation of the engine's process when the last call was sent; -1 = it did not connect. */
  engineIncarnation = 0;
  /** Messages of the engine about the container that are under way. */
  inFlight = 0;
  /** Others that hold on to the record: watchdog, timers. */
  pins = 0;
  /** Next record of the same task. */
  next: ContainerRecord | undefined = undefined;
  /** Create attempts left after this one fails (swarm.createretry). */
  retriesLeft = 0;
  byWatchdog = false;

  constructor(index: number, task: number, attempt: number, shape: number, node: number, cpus: number, memoryBytes: number, name: (task: number) => string) {
    this.index = index;
    this.task = task;
    this.attempt = attempt;
    this.shape = shape;
    this.node = node;
    this.cpus = cpus;
    this.memoryBytes = memoryBytes;
    this.taskName = name;
  }

  get id(): string {
    return this.pending ? '' : this.index.toString(16).padStart(64, '0');
  }

  get names(): readonly string[] {
    return [`/${this.taskName(this.task)}${this.attempt === 1 ? '' : `.${this.attempt}`}`];
  }

  get swarmId(): string {
    return (this.task * 4096 + this.attempt).toString(16).padStart(64, '0');
  }

  get labels(): ReadonlyMap<string, string> {
    return new Map([['com.docker.swarm.id', this.swarmId]]);
  }

  get networkMode(): string {
    return '';
  }

  get exposedPorts(): readonly string[] {
    return NO_NAMES;
  }

  get portBindings(): readonly PortBinding[] {
    return NO_PORTS;
  }

  get allocatedPorts(): readonly PortBinding[] {
    return NO_PORTS;
  }
}
