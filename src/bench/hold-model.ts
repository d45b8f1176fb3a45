import { EventQueue, ROW } from '../engine/event-queue.ts';

/** Result of a hold-model measurement: best of five rounds. */
export interface HoldResult {
  readonly nsPerOperation: number;
  readonly checksum: number;
}

/** Hold model on the engine's event queue: take the earliest, insert one new. Same entries and generator as `hold-model.cpp`. */
export function holdModel(pending: number, operations: number): HoldResult {
  const queue = new EventQueue(pending + 8);
  let state = 12345;
  const gap = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % 1_000_000;
  };
  let sequence = 0;
  for (let i = 0; i < pending; i++) queue.push(gap(), sequence++, 0, i, 0, 0);
  let best = Infinity;
  let checksum = 0;
  for (let round = 0; round < 5; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < operations; i++) {
      const timeUs = queue.headTimeUs;
      const slot = queue.pop();
      const value = queue.row[slot * ROW]!;
      queue.release(slot);
      checksum += value;
      queue.push(timeUs + gap(), sequence++, 0, value, 0, 0);
    }
    best = Math.min(best, Number(process.hrtime.bigint() - start) / operations);
  }
  return { nsPerOperation: best, checksum };
}
