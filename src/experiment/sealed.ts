/**
 * Runs a function while `Math.random` and `Date` throw: a run must be a function of its spec, and a linter cannot look into other people's modules.
 * Both are back when it returns or throws.
 */
export function sealed<T>(body: () => T): T {
  const { random } = Math;
  const RealDate = globalThis.Date;
  Math.random = () => {
    throw new Error('Math.random was called during a run; use the keyed or sequential random numbers of the context');
  };
  globalThis.Date = class {
    constructor() {
      throw new Error(CLOCK);
    }
    static now(): never {
      throw new Error(CLOCK);
    }
    static parse(): never {
      throw new Error(CLOCK);
    }
    static UTC(): never {
      throw new Error(CLOCK);
    }
  } as unknown as DateConstructor;
  try {
    return body();
  } finally {
    Math.random = random;
    globalThis.Date = RealDate;
  }
}

const CLOCK = 'the wall clock was read during a run; simulated time is simulation.nowUs';
