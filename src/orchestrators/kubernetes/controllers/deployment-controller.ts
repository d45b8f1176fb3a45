import type { Simulation } from '../../../engine/simulation.ts';
import type { Log } from '../../../metrics/log.ts';
import { ApiClient } from '../apiserver/api-client.ts';
import type { ClientLimit } from '../apiserver/api-limits.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import { ConditionalUpdates, WriteTimes } from '../apiserver/conditional-updates.ts';
import { OwnerKind, OwnerState } from '../apiserver/owner-table.ts';
import { RequestKind } from '../apiserver/request-kinds.ts';
import { type DeploymentSettings, fenceposts } from './deployment-settings.ts';
import { proportionalSizes } from './proportional-scaling.ts';
import type { ReplicaSetController } from './replica-set-controller.ts';
import { rolloutStep } from './rollout.ts';
import { retryDelayUs } from './work-queue-delay.ts';

const COMPONENT = 'kubernetes/deployment-controller';

interface Deployment {
  readonly firstTask: number;
  readonly tasks: number;
  /** `spec.replicas`. */
  replicas: number;
  settings: DeploymentSettings;
  /** Owners in order of creation; the last is the new one. */
  readonly sets: number[];
  /** `spec.replicas` per set, as this controller has written it. */
  readonly specs: number[];
  /** `spec.replicas` that its sets were last sized for (annotation desired-replicas). */
  sizedFor: number;
  /** The creation of a ReplicaSet is under way. */
  creating: boolean;
  /** Since when nothing has moved, for the progress deadline. */
  progressUs: number;
  /** Sum of new replicas, new available and old gone, to see progress. */
  progress: number;
  /** The template that the newest set should have; -1 = it has it. */
  wantedTemplate: number;
  rolling: boolean;
  /** Writes of the Deployment's spec and status. */
  readonly writes: WriteTimes;
  /** Updates in a row that were refused. */
  conflicts: number;
}

/**
 * Deployment controller (pkg/controller/deployment, v1.35): a new template becomes a new ReplicaSet, which grows while the old ones shrink within maxSurge and maxUnavailable;
 * Recreate waits for the old pods to be gone. The controller sees ReplicaSets through their status, one write and two watches behind their pods.
 *
 * A service is a plain ReplicaSet until its user scales or updates it; from then on it is kept here (a Deployment adopts the ReplicaSet that matches it).
 */
export class DeploymentController {
  readonly #simulation: Simulation;
  readonly #api: ApiServer;
  readonly #replicaSets: ReplicaSetController;
  readonly #settings: (template: number) => DeploymentSettings;
  readonly #requests: ApiClient;
  readonly #sync: number;
  readonly #replicasWritten: number;
  readonly #setCreated: number;
  readonly #updates: ConditionalUpdates;
  /** Writes of status by the ReplicaSet controller, per ReplicaSet. */
  readonly #statusWrites = new Map<number, WriteTimes>();
  /** By first task. */
  readonly #deployments = new Map<number, Deployment>();

  constructor(simulation: Simulation, log: Log, api: ApiServer, replicaSets: ReplicaSetController, settings: (template: number) => DeploymentSettings, limit: ClientLimit) {
    this.#simulation = simulation;
    this.#api = api;
    this.#replicaSets = replicaSets;
    this.#settings = settings;
    this.#requests = new ApiClient(simulation, api, limit);
    // No retry in place: the sync ends with the error.
    this.#updates = new ConditionalUpdates(simulation, log, COMPONENT, { steps: 1, delayUs: () => 0 });
    this.#sync = simulation.on(COMPONENT, (firstTask) => {
      const deployment = this.#deployments.get(firstTask);
      if (deployment !== undefined) this.#synchronise(deployment);
    });
    this.#replicasWritten = simulation.on(COMPONENT, (owner, replicas) => {
      const { owners } = api;
      if (owners.state[owner] === OwnerState.active) {
        owners.slotsOf(owner).wanted = replicas;
        this.#replicaSets.sync(owner);
      }
      owners.drop(owner);
    });
    this.#setCreated = simulation.on(COMPONENT, (firstTask, template, replicas) => this.#createSet(firstTask, template, replicas));
    api.readinessListeners.push((pod) => this.#podChanged(pod));
    api.goneListeners.push((pod) => this.#podChanged(pod));
  }

  /** The Deployment's `spec.replicas` was changed by its user or an autoscaler; tasks from `replicas` on are not wanted any more. */
  scale(firstTask: number, tasks: number, replicas: number): void {
    const deployment = this.#adopt(firstTask, tasks);
    if (deployment === null) return;
    deployment.replicas = replicas;
    this.#written(deployment);
    for (const owner of deployment.sets) this.#api.owners.slotsOf(owner).limit = replicas;
    this.#wake(deployment, this.#api.controllersHearOfOwnerUs(deployment.sets[0]!));
  }

  /** The Deployment's template was changed. */
  update(firstTask: number, tasks: number, template: number): void {
    const deployment = this.#adopt(firstTask, tasks);
    if (deployment === null) return;
    this.#written(deployment);
    deployment.wantedTemplate = template;
    deployment.settings = this.#settings(template);
    deployment.rolling = true;
    deployment.progressUs = this.#simulation.nowUs;
    this.#wake(deployment, this.#api.controllersHearOfOwnerUs(deployment.sets[0]!));
  }

  /** All its ReplicaSets that are still there, and it is forgotten; `null` = not kept here. */
  remove(firstTask: number): readonly number[] | null {
    const deployment = this.#deployments.get(firstTask);
    if (deployment === undefined) return null;
    this.#deployments.delete(firstTask);
    for (const owner of deployment.sets) this.#statusWrites.delete(owner);
    return deployment.sets;
  }

  /** Active pods of all its ReplicaSets; `null` = not kept here. */
  pods(firstTask: number): readonly number[] | null {
    return this.#deployments.get(firstTask)?.sets.flatMap((owner) => this.#api.owners.podsOf(owner)) ?? null;
  }

  #written({ writes }: Deployment): void {
    this.#api.written();
    writes.add(this.#simulation.nowUs, this.#simulation.nowUs);
  }

  /** What `kubectl rollout status` would say; '' = not kept here. */
  status(firstTask: number): string {
    const deployment = this.#deployments.get(firstTask);
    if (deployment === undefined) return '';
    const current = deployment.sets.at(-1)!;
    const updated = this.#api.owners.managedSlots(current)?.filled ?? 0;
    if (!deployment.rolling) return `deployment successfully rolled out, ${updated} of ${deployment.replicas} replicas`;
    const late = this.#simulation.nowUs - deployment.progressUs > deployment.settings.progressDeadlineUs;
    return late ? 'deployment exceeded its progress deadline' : `${updated} out of ${deployment.replicas} new replicas have been updated`;
  }

  #adopt(firstTask: number, tasks: number): Deployment | null {
    const known = this.#deployments.get(firstTask);
    if (known !== undefined) return known;
    const { owners } = this.#api;
    const owner = owners.ownerOf[firstTask]!;
    if (owner < 0 || owners.state[owner] !== OwnerState.active || owners.kind[owner] !== OwnerKind.replicaSet) return null;
    const slots = owners.slotsOf(owner);
    const deployment: Deployment = {
      firstTask,
      tasks,
      replicas: slots.wanted,
      settings: this.#settings(owners.template[owner]!),
      sets: [owner],
      specs: [slots.wanted],
      sizedFor: slots.wanted,
      creating: false,
      progressUs: this.#simulation.nowUs,
      progress: 0,
      wantedTemplate: -1,
      rolling: false,
      writes: new WriteTimes(),
      conflicts: 0,
    };
    this.#deployments.set(firstTask, deployment);
    return deployment;
  }

  /** Availability changed: the ReplicaSet's status follows, the controller looks at it, and the Deployment's status follows that. */
  #podChanged(pod: number): void {
    const { owners, pods } = this.#api;
    const deployment = this.#deployments.get(owners.firstTask[pods.owner[pod]!]!);
    if (deployment === undefined) return;
    const { nowUs } = this.#simulation;
    const owner = pods.owner[pod]!;
    const statusUs = this.#api.ownerStoredUs(owner, RequestKind.ownerStatus, this.#api.controllersHearOfPodUs(pod));
    const heardUs = statusUs + this.#api.ownerWatchUs(owner);
    this.#writesOf(owner).add(statusUs, nowUs);
    deployment.writes.add(this.#api.ownerStoredUs(owner, RequestKind.ownerStatus, heardUs), nowUs);
    if (deployment.rolling) this.#wake(deployment, heardUs + (pods.ready[pod] === 1 ? deployment.settings.minReadyUs : 0));
  }

  /** Whether the Deployment has been written after a time; without one, nobody but its user has written the ReplicaSet. */
  changedSince(firstTask: number, timeUs: number): boolean {
    return this.#deployments.get(firstTask)?.writes.anyWithin(timeUs, this.#simulation.nowUs) ?? false;
  }

  #writesOf(owner: number): WriteTimes {
    let times = this.#statusWrites.get(owner);
    if (times === undefined) this.#statusWrites.set(owner, (times = new WriteTimes()));
    return times;
  }

  /** Another sync at that time; one that finds nothing to do costs nothing else. */
  #wake({ firstTask }: Deployment, timeUs: number): void {
    this.#simulation.at(timeUs, this.#sync, firstTask);
  }

  #synchronise(deployment: Deployment): void {
    const { sets, specs, replicas } = deployment;
    if (deployment.creating) return;
    if (deployment.wantedTemplate >= 0 && !this.#beginRevision(deployment)) return;
    const last = sets.length - 1;
    if (!deployment.rolling) {
      deployment.sizedFor = replicas;
      if (specs[last] !== replicas) this.#setReplicas(deployment, last, replicas);
      return;
    }
    if (this.#scaleInProportion(deployment)) return;
    const { surge, unavailable } = fenceposts(deployment.settings, replicas);
    const seen = sets.map((owner, i) => ({ replicas: specs[i]!, available: Math.min(specs[i]!, this.#available(owner, deployment.settings.minReadyUs)) }));
    const { newReplicas, oldReplicas } = rolloutStep(seen[last]!, seen.slice(0, last), replicas, surge, unavailable);
    let changed = false;
    [...oldReplicas, newReplicas].forEach((count, i) => {
      if (count === specs[i]) return;
      this.#setReplicas(deployment, i, count);
      changed = true;
    });
    const progress = newReplicas + seen[last]!.available - oldReplicas.reduce((sum, count) => sum + count, 0);
    if (progress !== deployment.progress) {
      deployment.progress = progress;
      deployment.progressUs = this.#simulation.nowUs;
    }
    const emptied = sets.slice(0, last).every((owner, i) => oldReplicas[i] === 0 && this.#api.owners.slotsOf(owner).filled === 0);
    if (!changed && newReplicas === replicas && seen[last]!.available === replicas && emptied) this.#complete(deployment);
  }

  /** A Deployment that was scaled while several of its sets have replicas: all of them grow or shrink, and the rollout goes on from there. */
  #scaleInProportion(deployment: Deployment): boolean {
    const { specs, settings, replicas, sizedFor } = deployment;
    if (replicas === sizedFor) return false;
    deployment.sizedFor = replicas;
    if (settings.recreate || specs.filter((spec) => spec > 0).length < 2) return false;
    const most = (count: number): number => (count === 0 ? 0 : count + fenceposts(settings, count).surge);
    const next = proportionalSizes(specs, { before: Math.max(1, most(sizedFor)), now: most(replicas) });
    const before = [...specs];
    next.forEach((size, i) => {
      if (size !== before[i]) this.#setReplicas(deployment, i, size);
    });
    return next.some((size, i) => size !== before[i]);
  }

  /** Makes the ReplicaSet of the template that is wanted; false while that has to wait or is under way. */
  #beginRevision(deployment: Deployment): boolean {
    const { sets, specs, replicas, wantedTemplate, settings } = deployment;
    const same = sets.findIndex((owner) => this.#api.owners.template[owner] === wantedTemplate);
    if (same >= 0) {
      // A way back: the old ReplicaSet of this template is the new one again.
      sets.push(...sets.splice(same, 1));
      specs.push(...specs.splice(same, 1));
      deployment.wantedTemplate = -1;
      return true;
    }
    let count = replicas;
    if (settings.recreate) {
      specs.forEach((spec, i) => {
        if (spec > 0) this.#setReplicas(deployment, i, 0);
      });
      if (this.#anyPodOf(sets)) return false;
    } else {
      const total = specs.reduce((sum, spec) => sum + spec, 0);
      count = Math.min(Math.max(0, replicas + fenceposts(settings, replicas).surge - total), replicas);
    }
    deployment.creating = true;
    deployment.wantedTemplate = -1;
    this.#simulation.at(this.#requests.owner(sets.at(-1)!, RequestKind.ownerSpec), this.#setCreated, deployment.firstTask, wantedTemplate, count);
    return false;
  }

  #createSet(firstTask: number, template: number, replicas: number): void {
    const deployment = this.#deployments.get(firstTask);
    if (deployment === undefined) return;
    const owner = this.#api.createOwner(OwnerKind.replicaSet, template, firstTask, deployment.tasks, true);
    const slots = this.#api.owners.slotsOf(owner);
    slots.wanted = replicas;
    slots.limit = deployment.replicas;
    deployment.sets.push(owner);
    deployment.specs.push(replicas);
    deployment.creating = false;
    this.#wake(deployment, this.#api.controllersHearOfOwnerUs(owner));
  }

  /** Updates a ReplicaSet's `spec.replicas`. One whose status was written since it was read is a conflict: the Deployment's key comes back after 5 ms, twice as long each time. */
  #setReplicas(deployment: Deployment, index: number, replicas: number): void {
    const { owners } = this.#api;
    const owner = deployment.sets[index]!;
    const before = deployment.specs[index]!;
    deployment.specs[index] = replicas;
    this.#api.written();
    owners.hold(owner);
    this.#updates.send({
      readUs: this.#simulation.nowUs - this.#api.watchDelayUs,
      storedUs: this.#requests.owner(owner, RequestKind.ownerSpec),
      changedSince: (timeUs) => this.#statusWrites.get(owner)?.anyWithin(timeUs, this.#simulation.nowUs) ?? false,
      request: (sentUs) => this.#api.ownerStoredUs(owner, RequestKind.ownerSpec, this.#requests.sentUs(sentUs)),
      draw: () => 0,
      apply: () => {
        deployment.conflicts = 0;
        const heardUs = this.#simulation.nowUs + this.#api.ownerWatchUs(owner);
        this.#simulation.at(heardUs, this.#replicasWritten, owner, replicas);
        // Its own write wakes the controller too.
        if (deployment.rolling) this.#wake(deployment, heardUs);
      },
      givenUp: () => {
        owners.drop(owner);
        const at = deployment.sets.indexOf(owner);
        // A later sync may have asked for something else meanwhile.
        if (at >= 0 && deployment.specs[at] === replicas) deployment.specs[at] = before;
        this.#wake(deployment, this.#simulation.nowUs + retryDelayUs(deployment.conflicts++));
      },
    });
  }

  #available(owner: number, minReadyUs: number): number {
    const { owners, pods } = this.#api;
    let available = 0;
    for (const pod of owners.slotsOf(owner).pod) if (pod >= 0 && pods.ready[pod] === 1 && pods.readySinceUs[pod]! + minReadyUs <= this.#simulation.nowUs) available++;
    return available;
  }

  #anyPodOf(sets: readonly number[]): boolean {
    const { pods } = this.#api;
    for (let pod = 0; pod < pods.rows; pod++) if (pods.alive[pod] === 1 && sets.includes(pods.owner[pod]!)) return true;
    return false;
  }

  /** The old ReplicaSets have no replicas left: history, which the model does not keep. */
  #complete(deployment: Deployment): void {
    deployment.rolling = false;
    for (const owner of deployment.sets.splice(0, deployment.sets.length - 1)) {
      this.#api.owners.end(owner, OwnerState.complete);
      this.#statusWrites.delete(owner);
    }
    deployment.specs.splice(0, deployment.specs.length - 1);
  }
}
