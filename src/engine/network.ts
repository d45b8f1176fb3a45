import { grown32, grown64 } from './columns.ts';
import { entityOf } from './random/keyed-random.ts';
import { mix32 } from './random/mix.ts';
import type { Simulation } from './simulation.ts';

/**
 * One-way delay between two hosts: `baseUs` plus a part of `spreadUs` that is fixed per pair of endpoints and keyed by it, so that messages of one pair
 * keep their order, as on a TCP connection.
 */
export interface LatencyProfile {
  readonly baseUs: number;
  readonly spreadUs: number;
}

/** Round trip inside one data centre 500 us: J. Dean, "Designs, Lessons and Advice from Building Large Distributed Systems", LADIS 2009, slide "Numbers everyone should know". */
export const DATA_CENTRE_LATENCY: LatencyProfile = { baseUs: 200, spreadUs: 100 };

/** Why a request came to nothing. `refused`: the host is up, nobody listens: known after a round trip. `dropped`: no answer at all: known at the time-out. */
export const RequestFailure = { refused: 1, dropped: 2 } as const;

/**
 * Simulated network between endpoints (processes) on hosts. Delivery is checked against the receiver's epoch: what was sent to an endpoint that died,
 * hung, was restarted or cut off in the meantime does not arrive.
 */
export class Network {
  readonly #simulation: Simulation;
  readonly #latency: LatencyProfile;
  readonly #deliver: number;
  // Endpoints
  readonly #host: number[] = [];
  /** Lower words of the names' identities. */
  readonly #entity: number[] = [];
  readonly #listening: boolean[] = [];
  readonly #epoch: number[] = [];
  // Hosts
  readonly #hostUp: boolean[] = [];
  readonly #segment: number[] = [];
  readonly #delayFactor: number[] = [];
  /** Hosts that are down or outside segment 0: while there are none, packets pass everywhere. */
  #cutOff = 0;
  /** Latest arrival per ordered pair of endpoints, kept once a delay has ever changed: a shorter delay must not let a message overtake an earlier one. */
  #lastArrivalUs: Map<number, number> | null = null;
  // Messages in flight, recycled rows.
  readonly #messages = new Messages();

  constructor(simulation: Simulation, latency: LatencyProfile = DATA_CENTRE_LATENCY) {
    this.#simulation = simulation;
    this.#latency = latency;
    this.#deliver = simulation.on('network', (message) => this.#arrive(message));
  }

  /** Adds a host, up and in segment 0. */
  addHost(): number {
    this.#hostUp.push(true);
    this.#segment.push(0);
    this.#delayFactor.push(1);
    return this.#hostUp.length - 1;
  }

  /** Adds an endpoint on a host, listening. */
  addEndpoint(name: string, host: number): number {
    this.#host.push(host);
    this.#entity.push(entityOf(name) | 0);
    this.#listening.push(true);
    this.#epoch.push(0);
    return this.#host.length - 1;
  }

  /** Starts or stops listening; both end what is in flight to the endpoint. */
  setListening(endpoint: number, listening: boolean): void {
    this.#listening[endpoint] = listening;
    this.#epoch[endpoint]!++;
  }

  setHostUp(host: number, up: boolean): void {
    this.#cutOff -= this.#isCutOff(host);
    this.#hostUp[host] = up;
    this.#cutOff += this.#isCutOff(host);
  }

  /** Hosts in different segments cannot reach each other. */
  setSegment(host: number, segment: number): void {
    this.#cutOff -= this.#isCutOff(host);
    this.#segment[host] = segment;
    this.#cutOff += this.#isCutOff(host);
  }

  /** Multiplies the delay of everything from and to the host. */
  setDelayFactor(host: number, factor: number): void {
    this.#delayFactor[host] = factor;
    if (factor !== 1) this.#lastArrivalUs ??= new Map();
  }

  /** Whether packets pass between the hosts of two endpoints now. */
  connected(from: number, to: number): boolean {
    if (this.#cutOff === 0) return true;
    const a = this.#host[from]!;
    const b = this.#host[to]!;
    return a === b ? this.#hostUp[a]! : this.#hostUp[a]! && this.#hostUp[b]! && this.#segment[a] === this.#segment[b];
  }

  /** Whether a message sent now would find a listener. */
  reachable(from: number, to: number): boolean {
    return this.#listening[to]! && this.connected(from, to);
  }

  /** False as long as the delay from one endpoint to another is always the same. */
  get delaysVary(): boolean {
    return this.#lastArrivalUs !== null;
  }

  /** One-way delay from one endpoint to another in microseconds; 0 on the same host. */
  delayUs(from: number, to: number): number {
    const a = this.#host[from]!;
    const b = this.#host[to]!;
    if (a === b) return 0;
    const { baseUs, spreadUs } = this.#latency;
    const u = (mix32(this.#entity[from]!, this.#entity[to]!) >>> 8) / 16777216;
    // No delay factor was ever set while nobody keeps track of arrivals.
    return Math.round(this.#lastArrivalUs === null ? baseUs + spreadUs * u : (baseUs + spreadUs * u) * Math.max(this.#delayFactor[a]!, this.#delayFactor[b]!));
  }

  /** Sends a message; when it arrives, `operation(a, b, c)` runs at the receiver. Lost without notice if the receiver cannot be reached on sending or on arrival. */
  send(from: number, to: number, operation: number, a = 0, b = 0, c = 0): void {
    if (!this.connected(from, to)) return;
    const message = this.#messages.add(from, to, this.#epoch[to]!, operation, a, b, c, -1);
    this.#simulation.at(this.#arrivalUs(from, to), this.#deliver, message);
  }

  /**
   * Sends a message whose failure the sender notices: `failed(a, b, failure)` runs with a {@link RequestFailure} after a round trip (refused) or after
   * `timeoutUs` (dropped). The answer is a message of the receiver's own. The notice is an event of the sender's, not a message: a sender that may have died in
   * between compares its incarnation.
   */
  request(from: number, to: number, operation: number, a: number, b: number, c: number, failed: number, timeoutUs: number): void {
    if (!this.connected(from, to)) this.#simulation.after(timeoutUs, failed, a, b, RequestFailure.dropped);
    else if (!this.#listening[to]) this.#simulation.after(2 * this.delayUs(from, to), failed, a, b, RequestFailure.refused);
    else {
      const message = this.#messages.add(from, to, this.#epoch[to]!, operation, a, b, c, failed);
      this.#messages.failsAtUs[message] = this.#simulation.nowUs + timeoutUs;
      this.#simulation.at(this.#arrivalUs(from, to), this.#deliver, message);
    }
  }

  #isCutOff(host: number): number {
    return +(!this.#hostUp[host]! || this.#segment[host] !== 0);
  }

  /** When a message sent now arrives: after the pair's delay, and not before one sent earlier. */
  #arrivalUs(from: number, to: number): number {
    const arrivalUs = this.#simulation.nowUs + this.delayUs(from, to);
    if (this.#lastArrivalUs === null) return arrivalUs;
    const pair = from * ENDPOINT_LIMIT + to;
    const inOrderUs = Math.max(arrivalUs, this.#lastArrivalUs.get(pair) ?? 0);
    this.#lastArrivalUs.set(pair, inOrderUs);
    return inOrderUs;
  }

  #arrive(message: number): void {
    const m = this.#messages;
    const { operation, from, to, epoch, failed, failsAtUs } = m;
    const op = operation[message]!;
    const sender = from[message]!;
    const receiver = to[message]!;
    const a = m.a[message]!;
    const b = m.b[message]!;
    const c = m.c[message]!;
    const failedOp = failed[message]!;
    const failsAt = failsAtUs[message]!;
    const sameEpoch = epoch[message] === this.#epoch[receiver];
    m.remove(message);
    if (!this.connected(sender, receiver)) {
      if (failedOp >= 0) this.#simulation.at(Math.max(this.#simulation.nowUs, failsAt), failedOp, a, b, RequestFailure.dropped);
    } else if (!sameEpoch || !this.#listening[receiver]) {
      if (failedOp >= 0) this.#simulation.after(this.delayUs(sender, receiver), failedOp, a, b, RequestFailure.refused);
    } else this.#simulation.dispatch(op, a, b, c);
  }
}

const ENDPOINT_LIMIT = 67_108_864;

/** Rows of messages in flight. */
class Messages {
  from = new Int32Array(256);
  to = new Int32Array(256);
  epoch = new Int32Array(256);
  operation = new Int32Array(256);
  failed = new Int32Array(256);
  a = new Float64Array(256);
  b = new Float64Array(256);
  c = new Float64Array(256);
  failsAtUs = new Float64Array(256);
  #next = new Int32Array(256);
  #free = -1;
  #used = 0;

  add(from: number, to: number, epoch: number, operation: number, a: number, b: number, c: number, failed: number): number {
    let row = this.#free;
    if (row >= 0) this.#free = this.#next[row]!;
    else {
      if (this.#used === this.from.length) this.#grow();
      row = this.#used++;
    }
    this.from[row] = from;
    this.to[row] = to;
    this.epoch[row] = epoch;
    this.operation[row] = operation;
    this.failed[row] = failed;
    this.a[row] = a;
    this.b[row] = b;
    this.c[row] = c;
    return row;
  }

  remove(row: number): void {
    this.#next[row] = this.#free;
    this.#free = row;
  }

  #grow(): void {
    this.from = grown32(this.from);
    this.to = grown32(this.to);
    this.epoch = grown32(this.epoch);
    this.operation = grown32(this.operation);
    this.failed = grown32(this.failed);
    this.#next = grown32(this.#next);
    this.a = grown64(this.a);
    this.b = grown64(this.b);
    this.c = grown64(this.c);
    this.failsAtUs = grown64(this.failsAtUs);
  }
}
