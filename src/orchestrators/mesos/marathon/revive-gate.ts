import type { Simulation } from '../../../engine/simulation.ts';

/** What the gate lets through. */
export interface ReviveTarget {
  revive(): void;
  suppress(): void;
}

/**
 * Marathon's gate on revive and suppress: at most one change per interval, and each revive is repeated once after the second interval, in case a decline
 * crossed it (mesosphere/marathon 1.11, src/main/scala/mesosphere/marathon/core/flow/impl/ReviveOffersStreamLogic.scala).
 */
export class ReviveGate {
  readonly #simulation: Simulation;
  readonly #intervalUs: number;
  readonly #target: ReviveTarget;
  #wanted: 'revive' | 'suppress' = 'suppress';
  #sent: 'revive' | 'suppress' = 'suppress';
  #lastUs = -Infinity;
  #scheduled = false;
  #serial = 0;
  readonly #change: number;
  readonly #repeat: number;

  constructor(simulation: Simulation, component: string, intervalUs: number, target: ReviveTarget) {
    this.#simulation = simulation;
    this.#intervalUs = intervalUs;
    this.#target = target;
    this.#change = simulation.on(component, () => {
      this.#scheduled = false;
      if (this.#wanted !== this.#sent || this.#again) this.#send();
    });
    this.#repeat = simulation.on(component, (serial) => {
      if (serial === this.#serial && this.#sent === 'revive') this.#target.revive();
    });
  }

  /** A new revive is wanted although offers flow: new instances wait that refused agents may suit. */
  #again = false;

  /** Asks for offers; `fresh`: for something that earlier offers were not tried for. */
  want(wanted: 'revive' | 'suppress', fresh: boolean): void {
    this.#wanted = wanted;
    this.#again = wanted === 'revive' && (this.#again || fresh);
    if ((wanted === this.#sent && !this.#again) || this.#scheduled) return;
    const atUs = this.#lastUs + this.#intervalUs;
    if (atUs <= this.#simulation.nowUs) this.#send();
    else {
      this.#scheduled = true;
      this.#simulation.at(atUs, this.#change);
    }
  }

  #send(): void {
    this.#again = false;
    this.#sent = this.#wanted;
    this.#lastUs = this.#simulation.nowUs;
    this.#serial++;
    if (this.#wanted === 'suppress') {
      this.#target.suppress();
      return;
    }
    this.#target.revive();
    this.#simulation.after(2 * this.#intervalUs, this.#repeat, this.#serial);
  }
}
