import { describe, expect, test } from 'vitest';
import { MachineState } from './world-observer.ts';
import { WorldBench } from './testing/world-bench.ts';

const M = [{ name: 'm' }];
const THREE = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];

/** A bench whose programs write down what happens to them. */
function withPrograms(machines: readonly { readonly name: string }[], startupUs: number) {
  const lives: string[] = [];
  const bench: WorldBench = new WorldBench(machines, [{ workUs: 1000 }, { workUs: 1000 }], {
    startupUs,
    program: {
      started: (process) => void lives.push(`${bench.simulation.nowUs}: ${process} started`),
      died: (process) => void lives.push(`${bench.simulation.nowUs}: ${process} died`),
      continued: (process) => void lives.push(`${bench.simulation.nowUs}: ${process} continued`),
    },
  });
  return { bench, lives, world: bench.world };
}

describe('a crash', () => {
  test('ends containers and processes at once and silently; after boot processes serve when they are up', () => {
    const { bench, lives, world } = withPrograms(M, 50);
    world.processes.store(0).set('checkpoint', 17);
    bench.run(0);
    bench.at(100, () => world.crash(0));
    bench.at(101, () => expect([world.processes.serving(0), world.machineState(0)]).toEqual([false, MachineState.down]));
    bench.at(300, () => world.boot(0));
    bench.at(349, () => expect(world.processes.serving(0)).toBe(false));
    bench.at(351, () => expect([world.processes.serving(0), world.processes.incarnation[0]]).toEqual([true, 1]));
    expect(bench.finish()).toEqual(['0: 0 runs', '100: m down', '100: 0 machine-lost', '300: m up']);
    expect(bench.heard).toEqual(['0: 0 runs']);
    expect(lives).toEqual(['100: 0 died', '350: 0 started']);
    expect(world.processes.store(0).get('checkpoint')).toBe(17);
  });

  test('during start-up voids that start', () => {
    const { bench, lives, world } = withPrograms(M, 50);
    bench.at(0, () => world.crash(0));
    bench.at(10, () => world.boot(0));
    bench.at(40, () => world.crash(0));
    bench.at(200, () => expect(world.processes.serving(0)).toBe(false));
    bench.at(210, () => world.boot(0));
    bench.finish();
    expect(lives).toEqual(['0: 0 died', '260: 0 started']);
  });

  test('keeps a process from being restarted until the machine is up again', () => {
    const { bench, lives, world } = withPrograms(M, 50);
    bench.at(0, () => world.crash(0));
    bench.at(10, () => world.processes.restart(0));
    bench.at(500, () => world.boot(0));
    bench.finish();
    expect(lives).toEqual(['0: 0 died', '550: 0 started']);
  });

  test('ends a hang: after boot the machine runs at full pace', () => {
    const { bench, lives, world } = withPrograms(M, 0);
    bench.at(0, () => world.hang(0));
    bench.at(10, () => world.crash(0));
    bench.at(20, () => world.boot(0));
    bench.at(30, () => world.continue(0));
    bench.at(40, () => void bench.run(0));
    expect(bench.finish()).toEqual(['0: m hung', '10: m down', '20: m up', '40: 0 runs', '1040: 0 finished']);
    expect(lives).toEqual(['10: 0 died', '20: 0 started']);
  });

  test('leaves slowness and partitions as they were', () => {
    const { bench, world } = withPrograms(THREE, 0);
    let cut = 0;
    bench.at(0, () => world.slow(0, 3));
    bench.at(0, () => (cut = world.partition([0])));
    bench.at(10, () => world.crash(0));
    bench.at(20, () => world.boot(0));
    bench.at(30, () => void bench.run(0));
    bench.at(40, () => world.endPartition(cut));
    expect(bench.finish()).toEqual(['0: a cut off', '10: a down', '20: a cut off', '30: 0 runs', '40: a up', '3030: 0 finished']);
  });
});

describe('a hang', () => {
  test('stops work, start-ups and processes in their tracks until the machine goes on', () => {
    const { bench, lives, world } = withPrograms(M, 0);
    bench.run(0);
    bench.run(1, 0, { startLatencyUs: 200 });
    bench.at(150, () => world.hang(0));
    bench.at(160, () => expect([world.processes.serving(0), world.network.reachable(0, 0)]).toEqual([false, false]));
    bench.at(5150, () => world.continue(0));
    expect(bench.finish()).toEqual(['0: 0 runs', '150: m hung', '5150: m up', '5200: 1 runs', '6000: 0 finished', '6200: 1 finished']);
    expect(lives).toEqual(['5150: 0 continued']);
  });

  test('holds up a process that is on its way up', () => {
    const { bench, lives, world } = withPrograms(M, 50);
    bench.at(0, () => world.processes.kill(0));
    bench.at(0, () => world.processes.restart(0));
    bench.at(10, () => world.hang(0));
    bench.at(100, () => world.continue(0));
    bench.finish();
    expect(lives).toEqual(['0: 0 died', '100: 0 started']);
  });

  test('of a process alone leaves its containers at work and its exits unheard', () => {
    const { bench, lives, world } = withPrograms(M, 0);
    bench.run(0);
    bench.at(10, () => world.processes.hang(0));
    bench.at(20, () => world.hang(0));
    bench.at(30, () => world.continue(0));
    bench.at(40, () => expect(world.processes.serving(0)).toBe(false));
    bench.at(2000, () => world.processes.continue(0));
    expect(bench.finish()).toEqual(['0: 0 runs', '20: m hung', '30: m up', '1010: 0 finished']);
    expect(bench.heard).toEqual(['0: 0 runs']);
    expect(lives).toEqual(['2000: 0 continued']);
  });
});

test('slowness stretches work and start-up by its factor, on top of over-commit, and delays messages', () => {
  const bench = new WorldBench(THREE, [{ workUs: 1000, cpuMilli: 1000 }, { workUs: 1000, cpuMilli: 500 }]);
  const fast = bench.world.network.delayUs(0, 1);
  bench.at(0, () => bench.world.slow(0, 4));
  bench.at(0, () => void bench.run(0, 0, { startLatencyUs: 100 }));
  bench.at(2400, () => bench.world.slow(0, 1));
  bench.at(2400, () => void bench.run(1));
  // 500 done in the 2,000 us from 400 on; then both share 1,000 milli-cores: 1.5 times as long.
  expect(bench.finish()).toEqual(['400: 0 runs', '2400: 1 runs', '3150: 0 finished', '3650: 1 finished']);
  bench.world.slow(0, 4);
  expect(bench.world.network.delayUs(0, 1)).toBeGreaterThan(3.9 * fast);
  expect(() => bench.world.slow(0, 0.5)).toThrow(RangeError);
});

describe('partitions', () => {
  const reaches = (bench: WorldBench) => {
    const pairs: string[] = [];
    for (let a = 0; a < 3; a++) for (let b = a + 1; b < 3; b++) if (bench.world.network.reachable(a, b)) pairs.push(`${'abc'[a]}${'abc'[b]}`);
    return pairs.join(' ');
  };

  test('cut machines off from the others and not from each other; they go on working', () => {
    const bench = new WorldBench(THREE, [{ workUs: 100 }]);
    bench.run(0, 0);
    const cut = bench.world.partition([0, 1]);
    expect(reaches(bench)).toBe('ab');
    bench.world.endPartition(cut);
    expect(reaches(bench)).toBe('ab ac bc');
    expect(bench.finish()).toEqual(['0: a cut off', '0: b cut off', '0: a up', '0: b up', '0: 0 runs', '100: 0 finished']);
  });

  test('that overlap cut along every line, and each can end by itself', () => {
    const bench = new WorldBench(THREE, []);
    const first = bench.world.partition([0, 1]);
    const second = bench.world.partition([1, 2]);
    expect(reaches(bench)).toBe('');
    bench.world.endPartition(first);
    expect(reaches(bench)).toBe('bc');
    bench.world.endPartition(second);
    expect(reaches(bench)).toBe('ab ac bc');
    bench.world.partition([0]);
    bench.world.partition([0, 1]);
    bench.world.heal(0);
    expect(reaches(bench)).toBe('ac');
  });
});

test('watchers are woken by death, start, hang, continuation and changes of the network', () => {
  const { bench, world } = withPrograms(THREE, 5);
  const woken: number[] = [];
  world.processes.watch(1, () => {
    if (woken.at(-1) !== bench.simulation.nowUs) woken.push(bench.simulation.nowUs);
  });
  let cut = 0;
  bench.at(10, () => world.processes.kill(1));
  bench.at(20, () => world.processes.restart(1));
  bench.at(30, () => world.hang(1));
  bench.at(40, () => world.continue(1));
  bench.at(50, () => (cut = world.partition([1, 2])));
  bench.at(60, () => world.endPartition(cut));
  bench.at(70, () => world.crash(1));
  bench.at(80, () => world.boot(1));
  bench.at(90, () => world.crash(0));
  bench.finish();
  expect(woken).toEqual([10, 25, 30, 40, 50, 60, 70, 80, 85]);
});
