import { expect, test } from 'vitest';
import { CAPACITY_COLOURS, isReference, PHASE_COLOURS, seriesStyles } from './palette.ts';

const OKABE_ITO = ['#000000', '#E69F00', '#56B4E9', '#009E73', '#F0E442', '#0072B2', '#D55E00', '#CC79A7'];

/** Relative luminance (WCAG 2.2). */
function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].toSorted((x, y) => x - y);
  return (high! + 0.05) / (low! + 0.05);
}

test('a system has the same style whatever stands beside it', () => {
  const alone = seriesStyles(['mesos']);
  const among = seriesStyles(['reference/fifo', 'kubernetes', 'mesos', 'mine']);
  expect(among[2]).toEqual(alone[0]);
});

test('systems take colours of the Okabe-Ito palette, ideals are grey', () => {
  for (const name of ['kubernetes', 'mesos', 'swarm-classic', 'swarmkit', 'docker-compose']) expect(OKABE_ITO).toContain(seriesStyles([name])[0]!.colour);
  for (const name of ['reference/fifo', 'reference/loss', 'reference/other']) {
    const { colour } = seriesStyles([name])[0]!;
    expect(isReference(name)).toBe(true);
    expect(colour.slice(1, 3)).toBe(colour.slice(3, 5));
    expect(colour.slice(3, 5)).toBe(colour.slice(5, 7));
  }
});

test('lines can be told apart by dash alone, and seen on white and on dark paper', () => {
  const names = ['kubernetes', 'mesos', 'swarm-classic', 'swarmkit', 'reference/fifo', 'reference/loss'];
  const styles = seriesStyles(names);
  expect(new Set(styles.map((style) => style.dash.join())).size).toBe(names.length);
  for (const { colour } of styles) {
    expect(contrast(colour, '#FFFFFF')).toBeGreaterThan(2.7);
    expect(contrast(colour, '#17191C')).toBeGreaterThan(2.7);
  }
});

test('several cells of one orchestrator differ from one another and from other systems', () => {
  const styles = seriesStyles(['kubernetes', 'kubernetes', 'kubernetes', 'kubernetes', 'mesos', 'mesos', 'plugin-b', 'plugin-a']);
  expect(new Set(styles.map((style) => style.colour)).size).toBe(styles.length);
  expect(new Set(styles.slice(0, 4).map((style) => style.dash.join())).size).toBe(4);
});

test('colours of stacked neighbours differ in lightness', () => {
  for (const stack of [Object.values(CAPACITY_COLOURS), PHASE_COLOURS.map(([, colour]) => colour)]) {
    for (let i = 1; i < stack.length; i++) expect(contrast(stack[i - 1]!, stack[i]!)).toBeGreaterThan(1.5);
  }
});
