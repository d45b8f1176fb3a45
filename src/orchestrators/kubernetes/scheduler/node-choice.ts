import type { SequentialRandom } from '../../../engine/random/sequential-random.ts';
import { INFEASIBLE, ScoreMemo } from '../../../engine/score-memo.ts';
import { Counter, type Log } from '../../../metrics/log.ts';
import { evaluationKeys, keysByPriority } from './evaluation-keys.ts';
import { FilterVerdict } from './filter-verdict.ts';
import { heapRoot } from './heap-root.ts';
import { numFeasibleNodesToFind } from './node-order.ts';
import type { Nominations } from './nominations.ts';
import type { PendingPods } from './pending-pods.ts';
import { namedNodes } from './plugins/node-affinity.ts';
import { singleImageScore } from './plugins/image-locality.ts';
import type { PodSpec } from './pod-spec.ts';
import type { Profile } from './profile.ts';
import type { SchedulerCache } from './scheduler-cache.ts';

export interface NodeChoiceOptions {
  /** How equals are told apart: uniformly at random (up to v1.34), by v1.35's heap, the first examined, or the least name. */
  readonly tieBreak: 'random' | 'heap-1.35' | 'first' | 'smallest-name';
  /** `percentageOfNodesToScore`; 0 = adaptive. */
  readonly percentageOfNodesToScore: number;
  /** How the same choice is computed: by the memory of scores, or by a plain scan (the oracle). */
  readonly placement: 'memo' | 'scan';
}

/** Nodes that a pod was tried on, for an explanation: rows in order, feasible ones with their total. */
export interface Tried {
  readonly rows: readonly number[];
  readonly feasible: readonly number[];
}

/**
 * The part of a scheduling cycle that finds a node (schedule_one.go findNodesThatFitPod, prioritizeNodes, selectHost; v1.35.4): nodes from the rotating start on,
 * until enough are feasible; the best total among them; ties by the option.
 */
export class NodeChoice {
  /** Result of the last {@link choose}: row or -1, and what it took. */
  row = -1;
  feasible = 0;
  examined = 0;
  scorePlugins = 0;
  /** A filter that looks at the whole cluster took part. */
  clusterWide = false;
  /** nextStartNodeIndex. */
  startIndex = 0;
  /** Per template: what stands for it in what is remembered of nodes. */
  readonly keyOf: Int32Array;
  readonly #cache: SchedulerCache;
  readonly #pending: PendingPods;
  readonly #nominations: Nominations;
  readonly #random: SequentialRandom;
  readonly #log: Log;
  readonly #options: NodeChoiceOptions;
  readonly #memo: ScoreMemo;
  /** Per template, once it was asked for. */
  readonly #named: (readonly number[] | null | undefined)[];
  readonly #templatesOfImage = new Map<string, number[]>();
  readonly #rowOfName: ReadonlyMap<string, number>;
  readonly #others: number[] = [];
  #wantsReasons = false;
  #nominatedReasons: readonly string[] = [];
  readonly #rows: number[] = [];
  readonly #totals: number[] = [];

  constructor(cache: SchedulerCache, pending: PendingPods, nominations: Nominations, random: SequentialRandom, log: Log, options: NodeChoiceOptions) {
    this.#cache = cache;
    this.#pending = pending;
    this.#nominations = nominations;
    this.#random = random;
    this.#log = log;
    this.#options = options;
    const { nodes } = cache;
    const { templates, profiles } = pending;
    this.#named = templates.map(() => undefined);
    this.keyOf = keysByPriority(templates, evaluationKeys(templates, profiles));
    this.#memo = new ScoreMemo(nodes.count, (row, template) => (nominations.isOn(row) ? this.#evaluateHeld(row, template) : profiles[template]!.evaluate(templates[template]!, nodes, row)));
    this.#rowOfName = new Map(nodes.names.map((name, row) => [name, row]));
  }

  /** The state of a node changed. */
  touch(row: number): void {
    this.#memo.touch(row);
  }

  /** There are more or fewer nodes: what images are worth depends on the share of nodes that have them. */
  nodeCountChanged(): void {
    const { templates } = this.#pending;
    for (let template = 0; template < templates.length; template++) {
      if (this.keyOf[template] === template && templates[template] !== null && templates[template]!.images.length > 0) this.#memo.touchKey(template);
    }
  }

  /** A node has one more image: pods of that image are scored anew there, and where it changes what the image is worth, everywhere. */
  imageAdded(row: number, name: string, sizeBytes: number): void {
    const { nodes } = this.#cache;
    nodes.addImage(row, name, sizeBytes);
    const count = nodes.images.get(name)!.nodes;
    const isStep = singleImageScore(sizeBytes, count, nodes.existing) !== singleImageScore(sizeBytes, count - 1, nodes.existing);
    for (const template of this.#templatesWith(name)) {
      // Sizes of several images add up before they are cut to whole scores.
      if (isStep || this.#pending.templates[template]!.images.length > 1) this.#memo.touchKey(template);
      else this.#memo.touchFor(template, row);
    }
  }

  /** Nodes to which node affinity restricts a pod by name; `null` = all. */
  named(pod: number, template: number): readonly number[] | null {
    const target = this.#pending.targetRow(pod);
    if (target >= 0) return [target];
    let rows = this.#named[template];
    if (rows === undefined) {
      const names = namedNodes(this.#pending.templates[template]!);
      rows = names === null ? null : names.map((name) => this.#rowOfName.get(name)).filter((row) => row !== undefined);
      this.#named[template] = rows;
    }
    return rows;
  }

  /** Looks for a node; {@link row} and its neighbours say what came of it. */
  choose(pod: number, template: number): void {
    const spec = this.#pending.templates[template]!;
    const profile = this.#pending.profiles[template]!;
    const { nodes } = this.#cache;
    const group = this.#pending.groupOf(pod);
    const nominated = this.#nominations.rowOf(pod);
    const active = profile.prepare(spec, this.#cache, group);
    this.clusterWide = active;
    this.scorePlugins = 0;
    if (nominated >= 0 && this.#passes(pod, spec, profile, group, nominated)) {
      this.row = nominated;
      this.feasible = this.examined = 1;
      return;
    }
    const named = this.named(pod, template);
    const wanted = numFeasibleNodesToFind(named?.length ?? nodes.existing, profile.percentageOfNodesToScore ?? this.#options.percentageOfNodesToScore);
    const byMemo = this.#options.placement === 'memo' && (this.#options.tieBreak === 'random' || this.#options.tieBreak === 'first');
    // What is remembered of a node that is held for others takes them into account, unless they or the pod look beyond it.
    const looksFurther = this.#nominations.size > 0 && (active || named !== null || this.#nominations.looksFurther || this.#options.placement !== 'memo');
    const uniform = !byMemo || active || named !== null || looksFurther ? -1 : profile.uniformScoreCount(spec, this.#cache, group);
    const before = this.#memo.evaluations;
    if (uniform >= 0) {
      this.#chooseByMemo(template, wanted);
      this.scorePlugins = uniform;
    } else this.#chooseByRows(pod, template, group, wanted, named, looksFurther);
    this.#log.count(Counter.machinesScored, this.#options.placement === 'memo' ? this.#memo.evaluations - before : this.examined);
    this.startIndex = (this.startIndex + this.examined) % Math.max(1, nodes.count);
  }

  /** Nodes that the last {@link choose} of the pod looked at from `start` on, once more, with verdicts as of now. */
  tried(pod: number, template: number, start: number): Tried {
    const { nodes } = this.#cache;
    const named = this.named(pod, template);
    const rows = named ?? Array.from({ length: this.examined }, (_, i) => (start + i) % nodes.count);
    const spec = this.#pending.templates[template]!;
    const profile = this.#pending.profiles[template]!;
    const group = this.#pending.groupOf(pod);
    profile.prepare(spec, this.#cache, group);
    return { rows, feasible: rows.filter((row) => this.#passes(pod, spec, profile, group, row)) };
  }

  /** GPU devices that a pod will have on a node once its victims have gone, beside those of pods that are nominated for it already. */
  devicesWithout(pod: number, row: number, victims: readonly number[]): number {
    const cache = this.#cache;
    const going = victims.filter((victim) => cache.pods.isPlaced(victim));
    for (const victim of going) cache.lift(victim);
    this.holdDevices(pod, row, 1);
    const devices = cache.devicesFor(this.#specOf(pod), row);
    this.holdDevices(pod, row, -1);
    for (const victim of going) cache.settle(victim);
    return devices;
  }

  /** Counts the devices of other pods that are nominated for a node and as important, so that what a pod is given there leaves them theirs (sign 1), or no longer (-1). */
  holdDevices(pod: number, row: number, sign: number): void {
    const { priority } = this.#specOf(pod);
    for (const other of this.#nominations.on(row)) {
      const spec = this.#specOf(other);
      if (other !== pod && spec.priority >= priority) this.#cache.holdDevices(spec, row, this.#nominations.devices(other), sign);
    }
  }

  /** Whether the filters that look at one node alone let the template's pods pass. */
  fits(template: number, row: number): boolean {
    return this.#pending.profiles[template]!.evaluate(this.#pending.templates[template]!, this.#cache.nodes, row) !== INFEASIBLE;
  }

  /** Whether a pod passes all filters on a node, those for more important nominated pods included. */
  passes(pod: number, template: number, row: number): boolean {
    const spec = this.#pending.templates[template]!;
    const profile = this.#pending.profiles[template]!;
    const group = this.#pending.groupOf(pod);
    profile.prepare(spec, this.#cache, group);
    return this.#passes(pod, spec, profile, group, row);
  }

  /** Why a pod that would pass on a node does not beside the pods that are nominated for it; empty = it does. */
  rejectionBesideNominated(pod: number, template: number, row: number): readonly string[] {
    this.#wantsReasons = true;
    const passes = this.passes(pod, template, row);
    this.#wantsReasons = false;
    return passes ? [] : this.#nominatedReasons;
  }

  /** Templates of an image, those that stand for others in the memory alone. */
  #templatesWith(image: string): readonly number[] {
    let found = this.#templatesOfImage.get(image);
    if (found === undefined) {
      found = this.#pending.templates.flatMap((template, i) => (template !== null && this.keyOf[i] === i && template.images.includes(image) ? [i] : []));
      this.#templatesOfImage.set(image, found);
    }
    return found;
  }

  /** {@link Profile.evaluate} on a node that pods are nominated for: the pod has to fit beside those of its own priority or higher, too. */
  #evaluateHeld(row: number, template: number): number {
    const { templates, profiles, table } = this.#pending;
    const { nodes } = this.#cache;
    const spec = templates[template]!;
    const profile = profiles[template]!;
    const nominated = this.#nominations.on(row);
    for (let i = 0; i < nominated.length; i++) if (templates[table.template[nominated[i]!]!]!.priority >= spec.priority) this.#count(nominated[i]!, row, 1);
    const beside = profile.evaluate(spec, nodes, row);
    for (let i = 0; i < nominated.length; i++) if (templates[table.template[nominated[i]!]!]!.priority >= spec.priority) this.#count(nominated[i]!, row, -1);
    return beside === INFEASIBLE ? INFEASIBLE : profile.evaluate(spec, nodes, row);
  }

  #chooseByMemo(template: number, wanted: number): void {
    const memo = this.#memo;
    memo.walk(this.keyOf[template]!, this.startIndex, wanted);
    this.row = memo.bestCount === 0 ? -1 : memo.pick(this.#tie(memo.bestCount));
    this.feasible = memo.feasible;
    this.examined = memo.examined;
  }

  #chooseByRows(pod: number, template: number, group: number, wanted: number, named: readonly number[] | null, hasNominated: boolean): void {
    const spec = this.#pending.templates[template]!;
    const profile = this.#pending.profiles[template]!;
    const { nodes } = this.#cache;
    const { placement } = this.#options;
    const memo = this.#memo;
    const rows = this.#rows;
    const totals = this.#totals;
    const count = named?.length ?? nodes.count;
    let examined = 0;
    const { clusterWide } = this;
    const admits = (row: number): boolean =>
      (!clusterWide || profile.admits(spec, nodes, row)) && (!hasNominated || this.#passesNominated(pod, spec, profile, group, row));
    if (placement === 'memo' && named === null) {
      memo.collect(this.keyOf[template]!, this.startIndex, wanted, rows, totals, clusterWide || hasNominated ? admits : null);
      examined = memo.examined;
    } else {
      rows.length = totals.length = 0;
      let row = count === 0 ? 0 : this.startIndex % count;
      for (; examined < count && rows.length < wanted; examined++, row = row + 1 === count ? 0 : row + 1) {
        const at = named === null ? row : named[row]!;
        const total = placement === 'memo' ? memo.score(this.keyOf[template]!, at) : profile.evaluate(spec, nodes, at);
        if (total === INFEASIBLE || !admits(at)) continue;
        rows.push(at);
        totals.push(total);
      }
    }
    this.feasible = rows.length;
    this.examined = examined;
    if (rows.length <= 1) {
      this.row = rows.length === 0 ? -1 : rows[0]!;
      return;
    }
    this.scorePlugins = profile.addClusterScores(spec, this.#cache, group, rows, totals);
    this.row = this.#best(rows, totals);
  }

  #best(rows: readonly number[], totals: readonly number[]): number {
    const { tieBreak } = this.#options;
    if (tieBreak === 'heap-1.35') return rows[heapRoot(totals)]!;
    let best = totals[0]!;
    let tied = 1;
    for (let i = 1; i < totals.length; i++) {
      if (totals[i]! > best) {
        best = totals[i]!;
        tied = 1;
      } else if (totals[i] === best) tied++;
    }
    if (tieBreak === 'smallest-name') {
      const { names } = this.#cache.nodes;
      return rows.reduce((least, row, i) => (totals[i] === best && (least < 0 || names[row]! < names[least]!) ? row : least), -1);
    }
    let left = this.#tie(tied);
    for (let i = 0; ; i++) if (totals[i] === best && left-- === 0) return rows[i]!;
  }

  /** Which of several equals; draws only where there is a choice. */
  #tie(count: number): number {
    return count === 1 || this.#options.tieBreak === 'first' ? 0 : this.#random.below(count);
  }

  /** All filters on one node. Needs `prepare`. */
  #passes(pod: number, spec: PodSpec, profile: Profile, group: number, row: number): boolean {
    return profile.verdict(spec, this.#cache.nodes, row) === FilterVerdict.success && this.#passesNominated(pod, spec, profile, group, row);
  }

  /**
   * RunFilterPluginsWithNominatedPods: the pod must also fit beside the pods of its own priority or higher that are nominated for the node. Leaves the profile
   * prepared for the pod.
   */
  #passesNominated(pod: number, spec: PodSpec, profile: Profile, group: number, row: number): boolean {
    const { templates, table } = this.#pending;
    const nominated = this.#nominations.on(row);
    if (nominated.length === 0) return true;
    const others = this.#others;
    others.length = 0;
    let isLocal = !profile.isClusterWide;
    for (let i = 0; i < nominated.length; i++) {
      const other = nominated[i]!;
      const otherSpec = templates[table.template[other]!]!;
      if (other === pod || otherSpec.priority < spec.priority) continue;
      others.push(other);
      if (otherSpec.podAntiAffinity.required.length > 0) isLocal = false;
    }
    if (others.length === 0) return true;
    return isLocal ? this.#fitsBeside(others, spec, profile, row) : this.#passesBeside(others, spec, profile, group, row);
  }

  /** The same where nobody looks beyond the node: its books suffice. */
  #fitsBeside(others: readonly number[], spec: PodSpec, profile: Profile, row: number): boolean {
    const { nodes } = this.#cache;
    for (let i = 0; i < others.length; i++) this.#count(others[i]!, row, 1);
    const fits = profile.evaluate(spec, nodes, row) !== INFEASIBLE;
    if (!fits && this.#wantsReasons) this.#nominatedReasons = profile.rejection(spec, nodes, row);
    for (let i = 0; i < others.length; i++) this.#count(others[i]!, row, -1);
    return fits;
  }

  #passesBeside(others: readonly number[], spec: PodSpec, profile: Profile, group: number, row: number): boolean {
    const { templates, table } = this.#pending;
    const { nodes, pods } = this.#cache;
    // A pod that is to go may still have the port that it is to go for.
    const ports = pods.savePorts(row);
    for (const other of others) {
      const otherSpec = templates[table.template[other]!]!;
      this.#count(other, row, 1);
      pods.add(other, otherSpec, row, 0, this.#pending.groupOf(other));
    }
    profile.prepare(spec, this.#cache, group);
    const fits = profile.verdict(spec, nodes, row) === FilterVerdict.success;
    if (!fits && this.#wantsReasons) this.#nominatedReasons = profile.rejection(spec, nodes, row);
    for (const other of others) {
      this.#count(other, row, -1);
      pods.remove(other);
    }
    pods.restorePorts(row, ports);
    profile.prepare(spec, this.#cache, group);
    return fits;
  }

  /** Counts a nominated pod in the books of its node for a trial (sign 1), or no longer (-1): its requests, and the devices that it is to have. */
  #count(nominated: number, row: number, sign: number): void {
    const spec = this.#specOf(nominated);
    this.#cache.nodes.add(row, spec, sign);
    this.#cache.holdDevices(spec, row, this.#nominations.devices(nominated), sign);
  }

  #specOf(pod: number): PodSpec {
    return this.#pending.templates[this.#pending.table.template[pod]!]!;
  }
}
