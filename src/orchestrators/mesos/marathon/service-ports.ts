/**
 * Service ports: names by which load balancers know apps, unique in one Marathon and drawn from a range where an app asks for none (mesosphere/marathon 1.11,
 * src/main/scala/mesosphere/marathon/core/group/impl/AssignDynamicServiceLogic.scala). They are not taken on any agent.
 */
export class ServicePorts {
  readonly #begin: number;
  readonly #end: number;
  readonly #draw: () => number;
  readonly #used = new Map<number, number>();

  constructor(begin: number, end: number, draw: () => number) {
    this.#begin = begin;
    this.#end = end;
    this.#draw = draw;
  }

  /** @param wanted 0 = any; when the range is used up, 0 stays */
  assign(wanted: readonly number[]): readonly number[] {
    if (wanted.length === 0) return wanted;
    return wanted.map((port) => {
      const assigned = port === 0 ? this.#free() : port;
      if (assigned !== 0) this.#used.set(assigned, (this.#used.get(assigned) ?? 0) + 1);
      return assigned;
    });
  }

  release(ports: readonly number[]): void {
    for (const port of ports) {
      const users = this.#used.get(port) ?? 0;
      if (users > 1) this.#used.set(port, users - 1);
      else this.#used.delete(port);
    }
  }

  #free(): number {
    const count = this.#end - this.#begin;
    if (count <= 0) return 0;
    const start = Math.floor(this.#draw() * count);
    for (let i = 0; i < count; i++) {
      const port = this.#begin + ((start + i) % count);
      if (!this.#used.has(port)) return port;
    }
    return 0;
  }
}
