import { grown32, grown64, grown8 } from '../../../engine/columns.ts';
import { CarriedTerms } from './carried-terms.ts';
import type { HostPort, PodSpec } from './pod-spec.ts';
import { RowCounts } from './row-counts.ts';

interface Matcher {
  readonly matches: (pod: PodSpec) => boolean;
  readonly terminatingToo: boolean;
  readonly counts: RowCounts;
}

/**
 * The pods that the scheduler's cache has on nodes: a list per node, and numbers per node of those that match a selector, carry affinity terms, or belong to one
 * owner. The numbers are kept as pods come and go, so that a plugin never walks over pods.
 */
export class PodIndex {
  /** Row per pod; -1 = on no node. */
  row = new Int32Array(64).fill(-1);
  /** `status.startTime`, microseconds. */
  startUs = new Float64Array(64);
  /** 1 = has a deletionTimestamp. */
  terminating = new Uint8Array(64);
  /** Owner whose replicas spread over the cluster by default; -1 = none. */
  group = new Int32Array(64).fill(-1);
  /** Grows with every pod that comes, goes or begins to terminate. */
  version = 0;
  readonly #rows: number;
  readonly #spec: (PodSpec | null)[] = [];
  #next = new Int32Array(64);
  #previous = new Int32Array(64);
  readonly #first: Int32Array;
  readonly #matchers = new Map<string, Matcher>();
  readonly #matchersOf = new Map<PodSpec, Matcher[]>();
  /** Terms of affinity and anti-affinity that pods on nodes carry. */
  readonly carried: CarriedTerms;
  readonly #groups = new Map<number, RowCounts>();
  /** Host ports per row that are taken, by what they are called. */
  readonly #ports = new Map<number, Map<string, HostPort>>();

  /** @param rows number of nodes */
  constructor(rows: number) {
    this.#rows = rows;
    this.carried = new CarriedTerms(rows);
    this.#first = new Int32Array(rows).fill(-1);
  }

  spec(pod: number): PodSpec {
    return this.#spec[pod]!;
  }

  isPlaced(pod: number): boolean {
    return pod < this.row.length && this.row[pod]! >= 0;
  }

  add(pod: number, spec: PodSpec, row: number, startUs: number, group = -1): void {
    while (pod >= this.row.length) this.#grow();
    const first = this.#first[row]!;
    this.row[pod] = row;
    this.startUs[pod] = startUs;
    this.terminating[pod] = 0;
    this.group[pod] = group;
    this.#spec[pod] = spec;
    this.#next[pod] = first;
    this.#previous[pod] = -1;
    if (first >= 0) this.#previous[first] = pod;
    this.#first[row] = pod;
    this.#count(pod, spec, row, 1, true);
    this.#count(pod, spec, row, 1, false);
    this.version++;
  }

  remove(pod: number): void {
    const row = this.row[pod]!;
    const spec = this.#spec[pod]!;
    const next = this.#next[pod]!;
    const previous = this.#previous[pod]!;
    if (previous >= 0) this.#next[previous] = next;
    else this.#first[row] = next;
    if (next >= 0) this.#previous[next] = previous;
    this.#count(pod, spec, row, -1, true);
    if (this.terminating[pod] === 0) this.#count(pod, spec, row, -1, false);
    this.row[pod] = -1;
    this.version++;
  }

  /** The pod got a deletionTimestamp; it holds its node until it is removed. */
  terminate(pod: number): void {
    if (!this.isPlaced(pod) || this.terminating[pod] === 1) return;
    this.terminating[pod] = 1;
    this.#count(pod, this.#spec[pod]!, this.row[pod]!, -1, false);
    this.version++;
  }

  /** Pods on a node, latest first. */
  on(row: number): number[] {
    const found: number[] = [];
    for (let pod = this.#first[row]!; pod >= 0; pod = this.#next[pod]!) found.push(pod);
    return found;
  }

  /** Pods on a node that are less important than `priority`, latest first. */
  below(row: number, priority: number): number[] {
    let found: number[] | null = null;
    for (let pod = this.#first[row]!; pod >= 0; pod = this.#next[pod]!) if (this.#spec[pod]!.priority < priority) (found ??= []).push(pod);
    return found ?? NOBODY;
  }

  /**
   * Host ports that are taken on a node (framework/types.go HostPortInfo, v1.35.4): a set, so that a port which two pods have, as only a pod placed by hand can, is free
   * when one of them goes.
   */
  portsOn(row: number): Iterable<HostPort> {
    return this.#ports.get(row)?.values() ?? NO_PORTS;
  }

  /** The ports taken on a node as they are now, to be put back by {@link restorePorts} when pods were there for a trial. */
  savePorts(row: number): ReadonlyMap<string, HostPort> | null {
    const ports = this.#ports.get(row);
    return ports === undefined ? null : new Map(ports);
  }

  restorePorts(row: number, saved: ReadonlyMap<string, HostPort> | null): void {
    if (saved !== null) this.#ports.set(row, new Map(saved));
    else this.#ports.delete(row);
  }

  /** How many pods of an owner are on each node, without those that terminate; `undefined` = none anywhere. */
  ofGroup(group: number): RowCounts | undefined {
    return this.#groups.get(group);
  }

  /**
   * How many pods that match are on each node, kept up to date from now on.
   * @param key the same for the same question
   */
  matching(key: string, matches: (pod: PodSpec) => boolean, terminatingToo: boolean): RowCounts {
    const id = terminatingToo ? `+${key}` : key;
    const known = this.#matchers.get(id);
    if (known !== undefined) return known.counts;
    const matcher = { matches, terminatingToo, counts: new RowCounts(this.#rows) };
    this.#matchers.set(id, matcher);
    for (const [spec, list] of this.#matchersOf) if (matches(spec)) list.push(matcher);
    for (let pod = 0; pod < this.#spec.length; pod++) {
      if (this.row[pod]! >= 0 && (terminatingToo || this.terminating[pod] === 0) && matches(this.#spec[pod]!)) matcher.counts.add(this.row[pod]!, 1);
    }
    return matcher.counts;
  }

  /** @param terminatingToo which of the two kinds of numbers to change */
  #count(pod: number, spec: PodSpec, row: number, sign: number, terminatingToo: boolean): void {
    const matchers = this.#matchersOf.get(spec) ?? this.#matchersFor(spec);
    for (let i = 0; i < matchers.length; i++) if (matchers[i]!.terminatingToo === terminatingToo) matchers[i]!.counts.add(row, sign);
    if (!terminatingToo) {
      const group = this.group[pod]!;
      if (group >= 0) {
        let counts = this.#groups.get(group);
        if (counts === undefined) this.#groups.set(group, (counts = new RowCounts(this.#rows)));
        counts.add(row, sign);
        if (counts.total === 0) this.#groups.delete(group);
      }
      return;
    }
    this.carried.count(spec, row, sign);
    if (spec.hostPorts.length > 0) {
      let ports = this.#ports.get(row);
      if (ports === undefined) this.#ports.set(row, (ports = new Map()));
      for (const port of spec.hostPorts) {
        const name = `${port.ip} ${port.protocol} ${port.port}`;
        if (sign > 0) ports.set(name, port);
        else ports.delete(name);
      }
    }
  }

  #matchersFor(spec: PodSpec): Matcher[] {
    const list = [...this.#matchers.values()].filter((matcher) => matcher.matches(spec));
    this.#matchersOf.set(spec, list);
    return list;
  }

  #grow(): void {
    const before = this.row.length;
    this.row = grown32(this.row);
    this.row.fill(-1, before);
    this.group = grown32(this.group);
    this.group.fill(-1, before);
    this.startUs = grown64(this.startUs);
    this.terminating = grown8(this.terminating);
    this.#next = grown32(this.#next);
    this.#previous = grown32(this.#previous);
  }
}

const NOBODY: number[] = [];
const NO_PORTS: readonly HostPort[] = [];
