import { entityOf, type KeyedRandom } from '../engine/random/keyed-random.ts';
import { logNormal } from '../engine/random/distributions.ts';
import type { Simulation } from '../engine/simulation.ts';

export interface ImageProfile {
  /** Median image size in bytes; sizes are log-normal, keyed by image name. 0 = images are always present. */
  readonly medianBytes: number;
  /** Standard deviation of the logarithm of the size. */
  readonly sigma: number;
  /** What one machine can pull, bytes per second. */
  readonly machineBytesPerSecond: number;
  /** What the registry can serve to all machines together, bytes per second. */
  readonly registryBytesPerSecond: number;
}

/**
 * Sizes: compressed sizes on Docker Hub of the 19 most popular images of verified publishers that have a tag `latest` (github.com/Gordonby/Snippets,
 * DockerHub/topimages2.json, commit 1e08db8, LatestTagSize): median 80.8 MB, standard deviation of the logarithm 0.88.
 * Rates: a machine with 10 Gbit/s and a registry on one host with 25 Gbit/s, as `aws ec2 describe-instance-types` (NetworkInfo.NetworkPerformance) gives for
 * m5.8xlarge and m5.24xlarge.
 */
export const DEFAULT_IMAGES: ImageProfile = {
  medianBytes: 80_800_000,
  sigma: 0.88,
  machineBytesPerSecond: 1.25e9,
  registryBytesPerSecond: 3.125e9,
};

/**
 * Images, the cache of each machine and pulls. A pull gets, for its whole length, the share of machine and registry bandwidth that is due to it when it
 * starts; concurrent pulls of one image by one machine are one pull.
 */
export class Images {
  readonly sizeBytes: Float64Array;
  readonly #simulation: Simulation;
  readonly #profile: ImageProfile;
  readonly #imageCount: number;
  /** Row machine, column image: cached or not. */
  readonly #cached: Uint8Array;
  readonly #pulling = new Map<number, number[]>();
  readonly #waiting: Map<number, number[]> = new Map();
  readonly #activeOnMachine: Int32Array;
  readonly #incarnation: Int32Array;
  readonly #done: number;
  readonly #ready: (container: number) => void;
  #active = 0;

  /** @param ready called with the container whose image has become present */
  constructor(simulation: Simulation, random: KeyedRandom, profile: ImageProfile, names: readonly string[], machineCount: number, ready: (container: number) => void) {
    this.#simulation = simulation;
    this.#profile = profile;
    this.#imageCount = names.length;
    this.#ready = ready;
    this.#cached = new Uint8Array(machineCount * names.length);
    this.#activeOnMachine = new Int32Array(machineCount);
    this.#incarnation = new Int32Array(machineCount);
    this.sizeBytes = Float64Array.from(names, (name) =>
      profile.medianBytes === 0 ? 0 : Math.round(logNormal(random.u(entityOf(name), 0, 1), profile.medianBytes, profile.sigma)),
    );
    this.#done = simulation.on('world', (pull, incarnation) => this.#finish(pull, incarnation));
  }

  present(machine: number, image: number): boolean {
    return image < 0 || this.sizeBytes[image] === 0 || this.#cached[machine * this.#imageCount + image] === 1;
  }

  /** Puts an image on a machine before the run begins: built there, or part of its disk image. */
  preload(machine: number, image: number): void {
    this.#cached[machine * this.#imageCount + image] = 1;
  }

  /** Asks for an image on behalf of a container; `ready` follows, never within this call. @param most pulls at a time on this machine */
  pull(machine: number, image: number, container: number, most: number): void {
    const pull = machine * this.#imageCount + image;
    const sharing = this.#pulling.get(pull);
    if (sharing !== undefined) {
      sharing.push(container);
      return;
    }
    this.#pulling.set(pull, [container]);
    if (this.#activeOnMachine[machine]! >= most) {
      const queue = this.#waiting.get(machine);
      if (queue === undefined) this.#waiting.set(machine, [pull]);
      else queue.push(pull);
    } else this.#begin(pull);
  }

  /** A container that waits for an image ended: its row may be used anew, so it must not hear of the pull. The pull goes on (the runtime does not abort it). */
  forget(machine: number, image: number, container: number): void {
    const sharing = this.#pulling.get(machine * this.#imageCount + image);
    const at = sharing?.indexOf(container) ?? -1;
    if (at >= 0) sharing!.splice(at, 1);
  }

  /** The machine crashed: its pulls are void, its cache stays. */
  machineLost(machine: number): void {
    this.#incarnation[machine]!++;
    this.#active -= this.#activeOnMachine[machine]!;
    this.#activeOnMachine[machine] = 0;
    this.#waiting.delete(machine);
    for (const pull of this.#pulling.keys()) if (Math.floor(pull / this.#imageCount) === machine) this.#pulling.delete(pull);
  }

  #begin(pull: number): void {
    const machine = Math.floor(pull / this.#imageCount);
    const { machineBytesPerSecond, registryBytesPerSecond } = this.#profile;
    this.#active++;
    this.#activeOnMachine[machine]!++;
    const rate = Math.min(machineBytesPerSecond / this.#activeOnMachine[machine]!, registryBytesPerSecond / this.#active);
    const durationUs = Math.ceil((this.sizeBytes[pull % this.#imageCount]! / rate) * 1e6);
    this.#simulation.after(durationUs, this.#done, pull, this.#incarnation[machine]!);
  }

  #finish(pull: number, incarnation: number): void {
    const machine = Math.floor(pull / this.#imageCount);
    if (this.#incarnation[machine] !== incarnation) return;
    this.#active--;
    this.#activeOnMachine[machine]!--;
    this.#cached[pull] = 1;
    const containers = this.#pulling.get(pull)!;
    this.#pulling.delete(pull);
    const queue = this.#waiting.get(machine);
    if (queue !== undefined && queue.length > 0) this.#begin(queue.shift()!);
    for (const container of containers) this.#ready(container);
  }
}
