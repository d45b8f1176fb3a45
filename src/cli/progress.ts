import type { Progress } from '../experiment/experiment.ts';

/** One live line on a terminal: runs done, rate, time left. Elsewhere nothing. */
export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #startedMs = performance.now();
  #shown = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  show(progress: Progress): void {
    if (!this.#stream.isTTY) return;
    this.#shown = true;
    this.#stream.write(`\r\u001B[2K${lineOf(progress, (performance.now() - this.#startedMs) / 1000)}`);
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
