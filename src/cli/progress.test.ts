import { describe, expect, it } from 'vitest';
import { lineOf, ProgressLine } from './progress.ts';

describe('the progress line', () => {
  it('counts runs, failures, rate and time left', () => {
    expect(lineOf({ total: 12, before: 2, finished: 3, failed: 1 }, 2)).toBe('6/12 runs, 1 failed, 2.0 runs/s, 3 s left');
  });

  it('gives the time per run where runs are slow, and minutes where they are many', () => {
    expect(lineOf({ total: 100, before: 0, finished: 2, failed: 0 }, 20)).toBe('2/100 runs, 10.0 s per run, 17 min left');
  });

  it('promises nothing before the first run is done', () => {
    expect(lineOf({ total: 4, before: 0, finished: 0, failed: 0 }, 5)).toBe('0/4 runs');
  });

  const written: string[] = [];
  const stream = (isTTY: boolean): NodeJS.WriteStream => ({ isTTY, write: (text: string) => written.push(text) > 0 }) as unknown as NodeJS.WriteStream;

  it('is one live line on a terminal, taken away at the end', () => {
    written.length = 0;
    const live = new ProgressLine(stream(true));
    live.show({ total: 1, before: 0, finished: 0, failed: 0 });
    live.end();
    expect(written).toEqual(['\r\u001B[2K0/1 runs', '\r\u001B[2K']);
  });

  it('is a plain line every half minute elsewhere, and nothing where work is over sooner', () => {
    written.length = 0;
    let nowMs = 5;
    const piped = new ProgressLine(stream(false), () => nowMs);
    for (let second = 0; second <= 70; second++) {
      nowMs = 5 + second * 1000;
      piped.show({ total: 140, before: 0, finished: second, failed: 0 });
    }
    piped.end();
    expect(written).toEqual(['30/140 runs, 1.0 runs/s, 2 min left\n', '60/140 runs, 1.0 runs/s, 80 s left\n']);
  });
});
