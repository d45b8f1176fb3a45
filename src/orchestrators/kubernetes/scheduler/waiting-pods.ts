import { InfeasibleTemplates } from './infeasible-templates.ts';
import type { NodeChoice } from './node-choice.ts';
import type { NodeColumns } from './node-columns.ts';
import type { Nominations } from './nominations.ts';
import type { PodSpec } from './pod-spec.ts';
import { touches } from './requeue-hints.ts';

/**
 * Pods that fitted nowhere, by template, and the events that wake them: queueing hints (backend/queue/scheduling_queue.go isPodWorthRequeuing and the plugins'
 * isSchedulableAfter functions, v1.35.4). An event that comes while a pod is in flight is kept for it (active_queue.go, in-flight events).
 */
export class WaitingPods {
  /** An event came that would have woken the pod in flight. */
  eventMissed = false;
  readonly #infeasible: InfeasibleTemplates;
  readonly #templates: readonly (PodSpec | null)[];
  readonly #nodes: NodeColumns;
  readonly #choice: NodeChoice;
  readonly #nominations: Nominations;
  readonly #wake: (template: number) => void;
  /** Template of the pod in flight, once it is clear that it fits nowhere; -1 = none. */
  #inFlight = -1;

  /** @param wake puts the template's pods back into the queue */
  constructor(templates: readonly (PodSpec | null)[], nodes: NodeColumns, choice: NodeChoice, nominations: Nominations, wake: (template: number) => void) {
    this.#templates = templates;
    this.#nodes = nodes;
    this.#choice = choice;
    this.#nominations = nominations;
    this.#wake = wake;
    this.#infeasible = new InfeasibleTemplates(templates.length);
  }

  /** Whether a pod of the template was found to fit nowhere, by each node on its own, and nothing has changed since that would make another fit. */
  isKnownToFitNowhere(template: number): boolean {
    return this.#infeasible.has(template) && !this.#infeasible.isClusterWide(template);
  }

  /** A pod was popped: events from now on concern it too. */
  began(): void {
    this.eventMissed = false;
  }

  /** The pod in flight fits nowhere. */
  fitsNowhere(template: number): void {
    this.#inFlight = template;
  }

  ended(): void {
    this.#inFlight = -1;
  }

  /** The pod goes to unschedulablePods. */
  wait(template: number, clusterWide: boolean): void {
    this.#infeasible.add(template, clusterWide);
  }

  /** Templates of this kind are tried again. */
  wake(template: number): void {
    this.#infeasible.delete(template);
    this.#wake(template);
  }

  /**
   * Hint of node changes and of pods that leave: templates that fitted nowhere and now fit here are tried again.
   * @param left the pod that left the node
   */
  nodeImproved(row: number, left: PodSpec | null): void {
    const choice = this.#choice;
    if (this.#inFlight >= 0 && (choice.fits(this.#inFlight, row) || (left !== null && choice.clusterWide && touches(this.#templates[this.#inFlight]!, left)))) this.eventMissed = true;
    const infeasible = this.#infeasible;
    for (let i = infeasible.count - 1; i >= 0; i--) {
      const template = infeasible.at(i);
      const clusterWide = infeasible.isClusterWide(template);
      if (clusterWide && left !== null && touches(this.#templates[template]!, left)) {
        this.wake(template);
        continue;
      }
      if (!choice.fits(template, row)) continue;
      // Where more than this node's own state decides, only a node that did not fit before is news, or one that is held for somebody else.
      if (clusterWide && left !== null && this.#nominations.on(row).length === 0) {
        this.#nodes.add(row, left, 1);
        const before = choice.fits(template, row);
        this.#nodes.add(row, left, -1);
        if (before) continue;
      }
      this.wake(template);
    }
  }

  /** Hint of pods that come or begin to terminate: they matter to pods with affinity, spread constraints or host ports alone. */
  podChanged(changed: PodSpec): void {
    if (this.#inFlight >= 0 && this.#choice.clusterWide && touches(this.#templates[this.#inFlight]!, changed)) this.eventMissed = true;
    const infeasible = this.#infeasible;
    for (let i = infeasible.count - 1; i >= 0; i--) {
      const template = infeasible.at(i);
      if (infeasible.isClusterWide(template) && touches(this.#templates[template]!, changed)) this.wake(template);
    }
  }
}
