import { Loop } from '../../engine/loop.ts';
import { entityOf } from '../../engine/random/keyed-random.ts';
import { RedrawnSchedule } from '../../engine/tick-schedule.ts';
import type { OrchestratorContext } from '../orchestrator.ts';
import type { DockerEngines } from './docker-engines.ts';
import { EngineHealth, EngineState, HealthChange } from './engine-health.ts';
import type { SwarmClassicOptions } from './options.ts';

/** What the manager does when an engine's state changes in its eyes. */
export interface EngineEvents {
  /** A list of the engine's containers has come in. */
  listed(engine: number): void;
  /** Health indicator or registration changed. */
  healthChanged(engine: number): void;
  /** Events `engine_connect` and `engine_reconnect`. */
  connected(engine: number): void;
  /** Event `engine_disconnect`. */
  disconnected(engine: number): void;
}

/** How the manager deals with an engine right now. */
const Mode = { none: 0, refreshing: 1, failing: 2, connecting: 3 } as const;

const SECOND_US = 1_000_000;
/** cluster/swarm/cluster.go, monitorPendingEngines: minimumValidationInterval. */
const PENDING_SCAN_US = 10 * SECOND_US;
/** cluster/engine.go, TimeToValidate: failureBackoff, validationLimit. */
const PENDING_BACK_OFF_US = 30 * SECOND_US;
const PENDING_LIMIT_US = 4 * 3600 * SECOND_US;

const WAIT = 3;

/**
 * The manager's connections to the engines: health, refresh loops, connecting (docker/classicswarm 1.2.9, cluster/engine.go). A refresh that finds nothing new costs
 * nothing: the loop's ticks are materialised only after something may have changed. An attempt is judged by the state of the network at its start.
 */
export class EngineLinks {
  readonly health: EngineHealth;
  readonly #context: OrchestratorContext;
  readonly #options: SwarmClassicOptions;
  readonly #engines: DockerEngines;
  readonly #managerEndpoint: number;
  readonly #events: EngineEvents;
  readonly #loops: readonly Loop[];
  readonly #mode: Uint8Array;
  /** Voids what was scheduled for an earlier phase of the connection. */
  readonly #epoch: Int32Array;
  readonly #loopStarts: Int32Array;
  readonly #waits: Int32Array;
  readonly #entity: Float64Array;
  readonly #refreshOp: number;
  readonly #refreshFailedOp: number;
  readonly #connectOp: number;
  readonly #connectedOp: number;
  readonly #connectFailedOp: number;

  constructor(context: OrchestratorContext, options: SwarmClassicOptions, engines: DockerEngines, managerEndpoint: number, events: EngineEvents) {
    this.#context = context;
    this.#options = options;
    this.#engines = engines;
    this.#managerEndpoint = managerEndpoint;
    this.#events = events;
    const { inventory, simulation } = context;
    const { count } = inventory;
    this.health = new EngineHealth(count, options.engineFailureRetry);
    this.#mode = new Uint8Array(count);
    this.#epoch = new Int32Array(count);
    this.#loopStarts = new Int32Array(count);
    this.#waits = new Int32Array(count);
    this.#entity = Float64Array.from(inventory.names, (name) => entityOf(name));
    const component = 'swarm-classic/manager';
    const current = (work: (engine: number) => void): number => simulation.on(component, (engine, epoch) => (this.#epoch[engine] === epoch ? work(engine) : undefined));
    this.#refreshOp = current((engine) => this.#refresh(engine));
    this.#refreshFailedOp = current((engine) => this.#refreshFailed(engine));
    this.#connectOp = current((engine) => this.#connect(engine));
    this.#connectedOp = current((engine) => this.#connected(engine));
    this.#connectFailedOp = current((engine) => this.#connectFailed(engine));
    this.#loops = inventory.names.map((_, engine) => {
      const loop = new Loop(simulation, component, () => {
        this.#refresh(engine);
        return false;
      });
      context.processes.watch(engines.processes[engine]!, () => loop.wake());
      return loop;
    });
    // The manager has been running for ever.
    for (let engine = 0; engine < count; engine++) {
      this.health.validated(engine);
      this.#startLoop(engine, true);
    }
  }

  /** Discovery lists the engine: connect. */
  add(engine: number): void {
    if (this.#mode[engine] !== Mode.none) return;
    this.#epoch[engine]!++;
    this.health.reset(engine);
    this.#mode[engine] = Mode.connecting;
    this.#connect(engine);
  }

  /** Discovery does not list the engine any more: forget it. False if it was not known. */
  remove(engine: number): boolean {
    if (this.#mode[engine] === Mode.none) return false;
    const wasConnected = this.#mode[engine] !== Mode.connecting;
    this.#epoch[engine]!++;
    this.#mode[engine] = Mode.none;
    this.#loops[engine]!.stop();
    this.health.state[engine] = EngineState.disconnected;
    return wasConnected;
  }

  /** A request of a user or of the watchdog was answered. */
  callSucceeded(engine: number): void {
    if (this.#mode[engine] === Mode.none || this.health.failures[engine] === 0) return;
    const change = this.health.succeeded(engine);
    this.#events.healthChanged(engine);
    if (change !== HealthChange.cameBack) return;
    // The refresh loop is woken out of its wait (refreshDelayer.resumeCh) and waits anew afterwards.
    this.#epoch[engine]!++;
    this.#loops[engine]!.stop();
    this.#mode[engine] = Mode.failing;
    this.#refresh(engine);
    this.#events.connected(engine);
  }

  /** A request could not connect. It counts as much as a refresh. */
  callFailed(engine: number): void {
    if (this.#mode[engine] === Mode.none) return;
    this.#countFailure(engine);
    this.wake(engine);
  }

  /** The next refresh may find something. */
  wake(engine: number): void {
    this.#loops[engine]!.wake();
  }

  #startLoop(engine: number, stationary: boolean): void {
    const { engineRefreshMinInterval: minUs, engineRefreshMaxInterval: maxUs } = this.#options;
    this.#mode[engine] = Mode.refreshing;
    const start = this.#loopStarts[engine]!++;
    this.#loops[engine]!.start(
      new RedrawnSchedule({
        random: this.#context.random,
        entity: start === 0 ? this.#entity[engine]! : entityOf(`${this.#context.inventory.names[engine]!}#${start}`),
        originUs: this.#context.simulation.nowUs,
        minUs,
        widthUs: Math.max(0, maxUs - minUs),
        stationary,
      }),
      false,
    );
  }

  /** One round of the refresh loop. */
  #refresh(engine: number): void {
    const { network, simulation } = this.#context;
    const to = this.#engines.endpoint(engine);
    if (network.reachable(this.#managerEndpoint, to)) {
      const failed = this.health.failures[engine]! > 0;
      const change = this.health.succeeded(engine);
      if (failed) this.#events.healthChanged(engine);
      if (this.#mode[engine] !== Mode.refreshing) this.#startLoop(engine, false);
      this.#events.listed(engine);
      if (change === HealthChange.cameBack) this.#events.connected(engine);
      return;
    }
    // From here on the waits depend on how the attempts go: no more a schedule of its own.
    this.#loops[engine]!.stop();
    this.#mode[engine] = Mode.failing;
    simulation.after(this.#failureUs(to), this.#refreshFailedOp, engine, this.#epoch[engine]!);
  }

  /** Refused at once, or unanswered until the time-out. */
  #failureUs(to: number): number {
    const { network } = this.#context;
    return network.connected(this.#managerEndpoint, to) ? 2 * network.delayUs(this.#managerEndpoint, to) : this.#options.requestTimeout;
  }

  #refreshFailed(engine: number): void {
    this.#countFailure(engine);
    const { engineRefreshMinInterval: minUs, engineRefreshMaxInterval: maxUs } = this.#options;
    const u = this.#context.random.u(this.#entity[engine]!, this.#waits[engine]!++, WAIT);
    const waitUs = minUs * (1 + this.health.backOff(engine)) + Math.floor(Math.max(0, maxUs - minUs) * u);
    this.#context.simulation.after(waitUs, this.#refreshOp, engine, this.#epoch[engine]!);
  }

  #countFailure(engine: number): void {
    const change = this.health.connectionFailed(engine);
    this.#events.healthChanged(engine);
    if (change === HealthChange.becameUnhealthy) this.#events.disconnected(engine);
  }

  #connect(engine: number): void {
    const { network, simulation } = this.#context;
    const to = this.#engines.endpoint(engine);
    const epoch = this.#epoch[engine]!;
    if (network.reachable(this.#managerEndpoint, to)) simulation.after(CONNECT_ROUND_TRIPS * 2 * network.delayUs(this.#managerEndpoint, to), this.#connectedOp, engine, epoch);
    else simulation.after(this.#failureUs(to), this.#connectFailedOp, engine, epoch);
  }

  #connected(engine: number): void {
    if (!this.#context.network.reachable(this.#managerEndpoint, this.#engines.endpoint(engine))) {
      this.#connectFailed(engine);
      return;
    }
    this.health.validated(engine);
    this.#startLoop(engine, false);
    this.#events.healthChanged(engine);
    this.#events.listed(engine);
    this.#events.connected(engine);
  }

  #connectFailed(engine: number): void {
    this.health.connectionFailed(engine);
    let backOffUs = SECOND_US;
    for (let i = 0; i < this.health.failures[engine]! && backOffUs < PENDING_LIMIT_US; i++) backOffUs *= 2;
    const { simulation } = this.#context;
    const earliestUs = simulation.nowUs + Math.min(PENDING_LIMIT_US, backOffUs + PENDING_BACK_OFF_US);
    simulation.at((Math.floor(earliestUs / PENDING_SCAN_US) + 1) * PENDING_SCAN_US, this.#connectOp, engine, this.#epoch[engine]!);
  }
}

/** Info, version, container list, images: one after the other (cluster/engine.go, ConnectWithClient). */
const CONNECT_ROUND_TRIPS = 4;
