import type { Progress } from '../experiment/experiment.ts';

/** Where there is no terminal, a line is written at most this often: a log of hours stays short, and what is over sooner says nothing. */
const PLAIN_EVERY_MS = 30_000;

/** One live line on a terminal: runs done, rate, time left. Elsewhere, in the log of a batch job say, the same as a plain line now and then. */
export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #nowMs: () => number;
  readonly #startedMs: number;
  #plainMs: number;
  #shown = false;

  /** @param nowMs a clock that goes on evenly */
  constructor(stream: NodeJS.WriteStream, nowMs: () => number = () => performance.now()) {
    this.#stream = stream;
    this.#nowMs = nowMs;
    this.#startedMs = nowMs();
    this.#plainMs = this.#startedMs;
  }

  show(progress: Progress): void {
    const nowMs = this.#nowMs();
    const line = lineOf(progress, (nowMs - this.#startedMs) / 1000);
    if (this.#stream.isTTY) {
      this.#shown = true;
      this.#stream.write(`\r\u001B[2K${line}`);
    } else if (nowMs - this.#plainMs >= PLAIN_EVERY_MS) {
      this.#plainMs = nowMs;
      this.#stream.write(`${line}\n`);
    }
  }

  /** Takes the line away. */
  end(): void {
    if (this.#shown) this.#stream.write('\r\u001B[2K');
  }
}

/** `3/12 runs, 1 failed, 2.1 runs/s, 4 s left`. */
export function lineOf({ total, before, finished, failed }: Progress, elapsedS: number): string {
  const done = finished + failed;
  const parts = [`${before + done}/${total} runs`];
  if (failed > 0) parts.push(`${failed} failed`);
  if (done > 0 && elapsedS > 0) {
    const rate = done / elapsedS;
    const leftS = (total - before - done) / rate;
    parts.push(rate >= 1 ? `${rate.toFixed(1)} runs/s` : `${(1 / rate).toFixed(1)} s per run`);
    if (leftS > 0) parts.push(leftS < 90 ? `${Math.ceil(leftS)} s left` : `${Math.ceil(leftS / 60)} min left`);
  }
  return parts.join(', ');
}
