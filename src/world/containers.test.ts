import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WorldBench } from './testing/world-bench.ts';

const M = [{ name: 'm' }];

describe('the CPU of a machine', () => {
  test('serves what it has: below capacity work takes its time', () => {
    const bench = new WorldBench(M, [{ workUs: 100, cpuMilli: 600 }, { workUs: 50, cpuMilli: 400 }]);
    bench.run(0);
    bench.run(1);
    expect(bench.finish()).toEqual(['0: 0 runs', '0: 1 runs', '50: 1 finished', '100: 0 finished']);
  });

  test('when over-committed stretches work by exactly use over capacity, only as long as that lasts', () => {
    // 2,000 of 1,000 milli-cores from 0 on; the second ends after 100 of its own, so at 200; the first then has 900 - 100 left.
    const bench = new WorldBench(M, [{ workUs: 900, cpuMilli: 1000 }, { workUs: 100, cpuMilli: 1000 }]);
    bench.run(0);
    bench.run(1);
    expect(bench.finish().slice(2)).toEqual(['200: 1 finished', '1000: 0 finished']);
  });

  test('stretches by a third, not by something near it', () => {
    const bench = new WorldBench(M, [{ workUs: 3_000_000_000, cpuMilli: 700 }, { workUs: Infinity, cpuMilli: 800 }]);
    bench.run(1);
    bench.run(0);
    bench.at(9_000_000_000, () => bench.world.crash(0));
    expect(bench.finish()).toContain('4500000000: 0 finished');
  });

  test('loses no work in whatever order containers come and go', () => {
    const arrival = fc.record({ atUs: fc.nat(2000), workUs: fc.integer({ min: 1, max: 3000 }), cpuMilli: fc.integer({ min: 0, max: 1500 }) });
    fc.assert(
      fc.property(fc.array(arrival, { minLength: 1, maxLength: 12 }), (tasks) => {
        const bench = new WorldBench(M, tasks);
        tasks.forEach((task, i) => bench.at(task.atUs, () => void bench.run(i)));
        bench.finish();
        // Fluid model, event by event, as a second opinion.
        const left = tasks.map((task) => task.workUs);
        const ended = new Map<number, number>();
        for (let now = 0; ended.size < tasks.length; ) {
          const active = tasks.flatMap((task, i) => (task.atUs <= now && !ended.has(i) ? [i] : []));
          const stretch = Math.max(1, active.reduce((sum, i) => sum + tasks[i]!.cpuMilli, 0) / 1000);
          const nextEnd = Math.min(...active.map((i) => now + left[i]! * stretch));
          const nextArrival = Math.min(...tasks.filter((task) => task.atUs > now).map((task) => task.atUs));
          const next = Math.min(nextEnd, nextArrival);
          for (const i of active) {
            left[i]! -= (next - now) / stretch;
            if (left[i]! < 1e-6) ended.set(i, next);
          }
          now = next;
        }
        for (const [i, atUs] of ended) {
          const actual = Number(bench.seen.find((line) => line.endsWith(`: ${i} finished`))!.split(':')[0]);
          // Ends fall on whole microseconds, which moves those that share the machine with them by a little.
          expect(Math.abs(actual - atUs)).toBeLessThanOrEqual(tasks.length);
        }
      }),
    );
  });
});

describe('memory above capacity', () => {
  test('kills the largest container until the rest fits', () => {
    const bench = new WorldBench(M, [{ memoryBytes: 300 }, { memoryBytes: 450 }, { memoryBytes: 200 }, { memoryBytes: 900 }]);
    for (const [i, task] of [0, 1, 2].entries()) bench.at(i, () => void bench.run(task));
    bench.at(10, () => void bench.run(3));
    bench.at(20, () => bench.world.crash(0));
    expect(bench.finish().slice(3)).toEqual(['10: 3 runs', '10: 3 out-of-memory', '20: m down', '20: 2 machine-lost', '20: 1 machine-lost', '20: 0 machine-lost']);
    expect(bench.heard.slice(3)).toEqual(['10: 3 runs', '10: 3 out-of-memory']);
  });

  test('kills as many as it takes', () => {
    const bench = new WorldBench(M, [{ memoryBytes: 500 }, { memoryBytes: 450 }, { memoryBytes: 700 }]);
    for (const [i, task] of [0, 1].entries()) bench.at(i, () => void bench.run(task));
    bench.at(10, () => void bench.run(2, 0, { oomScoreAdj: -700 }));
    // 700 bytes less 700 thousandths of the machine: nothing at all. The others go by size.
    expect(bench.finish().slice(2)).toEqual(['10: 2 runs', '10: 0 out-of-memory', '10: 1 out-of-memory']);
  });

  test('spares what may not be killed, and takes the youngest of equals', () => {
    const bench = new WorldBench(M, [{ memoryBytes: 900 }, { memoryBytes: 60 }, { memoryBytes: 60 }]);
    bench.at(0, () => void bench.run(0, 0, { oomScoreAdj: -1000 }));
    bench.at(1, () => void bench.run(1));
    bench.at(2, () => void bench.run(2));
    expect(bench.finish().slice(3)).toEqual(['2: 2 out-of-memory']);
    const hopeless = new WorldBench(M, [{ memoryBytes: 1500 }]);
    hopeless.run(0, 0, { oomScoreAdj: -1000 });
    expect(hopeless.finish()).toEqual(['0: 0 runs']);
  });
});

describe('the life of a container', () => {
  test('is start latency, work, exit; its supervisor hears of it', () => {
    const bench = new WorldBench(M, [{ workUs: 100 }]);
    bench.run(0, 0, { startLatencyUs: 30 });
    expect(bench.finish()).toEqual(['30: 0 runs', '130: 0 finished']);
    expect(bench.heard).toEqual(bench.seen);
  });

  test('can be stopped at any stage; a second stop does nothing', () => {
    const bench = new WorldBench(M, [{ workUs: 100 }, { workUs: 100 }]);
    const [early, late] = [bench.run(0, 0, { startLatencyUs: 30 }), bench.run(1)];
    bench.at(20, () => bench.world.containers.stop(early));
    bench.at(40, () => {
      bench.world.containers.stop(late);
      bench.world.containers.stop(late);
    });
    expect(bench.finish()).toEqual(['0: 1 runs', '20: 0 stopped before it ran', '40: 1 stopped']);
    expect(bench.heard).toEqual(['0: 1 runs', '20: 0 stopped', '40: 1 stopped']);
  });

  test('ends with its removal, which the supervisor that removes it does not hear as an exit', () => {
    const bench = new WorldBench(M, [{ workUs: 100 }, { workUs: 5 }]);
    const container = bench.run(0);
    bench.at(40, () => {
      bench.world.containers.remove(container);
      expect(bench.run(1)).toBe(container);
    });
    expect(bench.finish()).toEqual(['0: 0 runs', '40: 0 stopped', '40: 1 runs', '45: 1 finished']);
    expect(bench.heard).toEqual(['0: 0 runs', '40: 1 runs', '45: 1 finished']);
  });

  test('is listed on its machine until it is removed, latest first', () => {
    const bench = new WorldBench([{ name: 'a' }, { name: 'b' }], Array.from({ length: 700 }, () => ({ workUs: 1 })));
    const made = Array.from({ length: 700 }, (_, i) => bench.run(i, i % 2));
    bench.finish();
    expect(bench.world.containers.on(0)).toEqual(made.filter((_, i) => i % 2 === 0).reverse());
    for (const container of made.slice(10, 690)) bench.world.containers.remove(container);
    expect(bench.world.containers.on(1)).toEqual([1, 3, 5, 7, 9, 691, 693, 695, 697, 699].map((i) => made[i]).reverse());
  });

  test('ends early by itself as often as its failure share says, keyed by task and start', () => {
    const tasks = Array.from({ length: 2000 }, () => ({ workUs: 1_000_000, failureShare: 0.3 }));
    const endings = (order: readonly number[], entity = (i: number) => i) => {
      const bench = new WorldBench(M, order.map((i) => ({ ...tasks[i]!, entity: entity(i) })));
      order.forEach((_, position) => bench.run(position));
      const found = new Map<number, string>();
      for (const line of bench.finish()) {
        const [atUs, position, outcome] = line.split(/:? /);
        if (outcome !== 'runs') found.set(order[Number(position)]!, `${outcome} ${atUs}`);
      }
      return found;
    };
    const all = endings(tasks.map((_, i) => i));
    const failed = [...all.values()].filter((ending) => ending.startsWith('failed'));
    expect(Math.abs(failed.length / 2000 - 0.3)).toBeLessThan(0.03);
    expect(new Set(failed).size).toBe(failed.length);
    // Half of the tasks, in the opposite order: nobody's end changes.
    const half = endings(tasks.flatMap((_, i) => (i % 2 === 0 ? [i] : [])).reverse());
    for (const [task, ending] of half) expect(all.get(task)).toBe(ending);
  });

  test('a second start draws anew whether it fails', () => {
    const tasks = Array.from({ length: 1000 }, () => ({ workUs: 1000, failureShare: 0.5 }));
    const bench = new WorldBench(M, tasks);
    tasks.forEach((_, i) => bench.run(i));
    bench.at(5000, () => tasks.forEach((_, i) => bench.run(i)));
    const failed = (from: number) => tasks.map((_, i) => bench.seen.some((line) => line.endsWith(`: ${i} failed`) && Number(line.split(':')[0]) >= from && Number(line.split(':')[0]) < from + 5000));
    bench.finish();
    const [first, second] = [failed(0), failed(5000)];
    const both = first.filter((fails, i) => fails && second[i]).length;
    // A quarter, give or take.
    expect(both).toBeGreaterThan(200);
    expect(both).toBeLessThan(300);
  });

  test('the fate of a start is its own, also while another instance of the task runs', () => {
    // Start numbers, not the latest start of the task: two instances at once keep their own fates when their pace changes.
    const fates = (disturb: boolean) => {
      const bench = new WorldBench([{ name: 'a' }, { name: 'b' }], [{ workUs: 1000, failureShare: 0.5, cpuMilli: 1 }, { workUs: 1, cpuMilli: 2000 }]);
      bench.run(0, 0);
      bench.at(1, () => void bench.run(0, 1));
      bench.at(2, () => void (disturb && bench.run(0, 1)));
      bench.finish();
      return bench.seen.filter((line) => line.includes(': 0 f'));
    };
    const [alone, disturbed] = [fates(false), fates(true)];
    for (const line of alone) expect(disturbed).toContain(line);
    expect(disturbed).toHaveLength(3);
  });
});

describe('the death of a supervisor', () => {
  test('takes its containers along where they do not survive it', () => {
    const bench = new WorldBench(M, [{ workUs: 100 }, { workUs: 100 }], { containersSurvive: false });
    bench.run(0);
    bench.run(1, 0, { startLatencyUs: 50 });
    bench.at(20, () => bench.world.processes.kill(bench.processes[0]!));
    expect(bench.finish()).toEqual(['0: 0 runs', '20: 1 supervisor-lost before it ran', '20: 0 supervisor-lost']);
    expect(bench.heard).toEqual(['0: 0 runs']);
  });

  test('leaves them running where they survive, and their exits unheard until it lives again', () => {
    const bench = new WorldBench(M, [{ workUs: 100 }, { workUs: 500 }], { startupUs: 200 });
    bench.run(0);
    bench.run(1);
    bench.at(20, () => {
      bench.world.processes.kill(bench.processes[0]!);
      bench.world.processes.restart(bench.processes[0]!);
    });
    expect(bench.finish()).toEqual(['0: 0 runs', '0: 1 runs', '100: 0 finished', '500: 1 finished']);
    expect(bench.heard).toEqual(['0: 0 runs', '0: 1 runs', '500: 1 finished']);
  });
});

describe('GPU devices in use', () => {
  const GPUS = [{ name: 'm', gpuCount: 2 }];

  test('are counted per device while containers run', () => {
    const bench = new WorldBench(GPUS, [{ workUs: 100, gpuCount: 1, gpuMilli: 300 }, { workUs: 50, gpuCount: 1, gpuMilli: 600 }, { workUs: 70, gpuCount: 1, gpuMilli: 1000 }]);
    const { gpuUse } = bench.world.containers;
    bench.run(0, 0, { gpuMask: 1 });
    bench.run(1, 0, { gpuMask: 1, startLatencyUs: 10 });
    bench.run(2, 0, { gpuMask: 2 });
    const samples: number[][] = [];
    for (const timeUs of [5, 20, 65, 80]) bench.at(timeUs, () => void samples.push([gpuUse.of(0, 0), gpuUse.of(0, 1), gpuUse.ofMachine(0)]));
    bench.finish();
    expect(samples).toEqual([
      [300, 1000, 1300],
      [900, 1000, 1900],
      [300, 1000, 1300],
      [300, 0, 300],
    ]);
    expect(gpuUse.ofMachine(0)).toBe(0);
  });

  test('beyond what a device has break an invariant that stays on record', () => {
    const bench = new WorldBench(GPUS, [{ workUs: 10, gpuCount: 1, gpuMilli: 600 }, { workUs: 10, gpuCount: 1, gpuMilli: 600 }]);
    bench.run(0, 0, { gpuMask: 1 });
    bench.run(1, 0, { gpuMask: 1 });
    expect(() => bench.finish()).toThrow('m: GPU 0 was used at more than 1000 milli-GPU');
  });

  test('that the machine does not have break an invariant', () => {
    const bench = new WorldBench(GPUS, [{ workUs: 10, gpuCount: 1, gpuMilli: 600 }]);
    bench.run(0, 0, { gpuMask: 4 });
    expect(() => bench.finish()).toThrow('m: a container uses GPU 2, the machine has 2');
  });
});

describe('actual use', () => {
  const use = (cpu: [number, number], memory: [number, number], growthUs = 0) => ({ cpuMilli: cpu, memoryBytes: memory, growthUs });

  test('counts instead of the request: CPU above it stretches work only where the machine has no more', () => {
    const bench = new WorldBench(M, [{ workUs: 100, cpuMilli: 500, use: use([1500, 1500], [0, 0]) }, { workUs: 100, cpuMilli: 900, use: use([100, 100], [0, 0]) }]);
    bench.run(1);
    expect(bench.world.containers.cpuUsedMilli[0]).toBe(0);
    bench.at(200, () => void bench.run(0));
    expect(bench.finish()).toEqual(['0: 1 runs', '100: 1 finished', '200: 0 runs', '350: 0 finished']);
  });

  test('is drawn once per task: the same on every attempt and in whatever company', () => {
    const tasks = [{ workUs: 10, use: use([0, 1000], [100, 400]) }, { workUs: 1000, use: use([0, 1000], [100, 400]) }];
    const used = (company: boolean) => {
      const bench = new WorldBench(M, tasks);
      const seen: number[][] = [];
      if (company) bench.run(1);
      for (const atUs of [100, 200]) {
        bench.at(atUs, () => {
          const container = bench.run(0);
          bench.at(atUs + 1, () => void seen.push([bench.world.containers.cpuUseMilli[container]!, bench.world.containers.memoryUseBytes[container]!]));
        });
      }
      bench.finish();
      return seen;
    };
    const [first, second] = used(false);
    expect(second).toEqual(first);
    expect(used(true)[0]).toEqual(first);
    expect(first![1]).toBeGreaterThanOrEqual(100);
    expect(first![1]).toBeLessThanOrEqual(400);
  });

  test('memory above the machine ends what uses most, whatever it has asked for', () => {
    const bench = new WorldBench(M, [{ memoryBytes: 800, use: use([0, 0], [300, 300]) }, { memoryBytes: 100, use: use([0, 0], [750, 750]) }]);
    bench.run(0);
    bench.at(10, () => void bench.run(1));
    expect(bench.finish()).toContain('10: 1 out-of-memory');
  });

  test('memory above the container\'s own limit ends it alone', () => {
    const bench = new WorldBench(M, [{ use: use([0, 0], [300, 300]) }, { use: use([0, 0], [200, 200]) }]);
    bench.run(0, 0, { memoryLimitBytes: 250 });
    bench.run(1, 0, { memoryLimitBytes: 250 });
    expect(bench.finish()).toEqual(['0: 0 runs', '0: 0 out-of-memory', '0: 1 runs']);
    expect(bench.world.containers.memoryUsedBytes[0]).toBe(200);
  });

  test('memory that grows passes a watched threshold on its way, once each time', () => {
    const bench = new WorldBench(M, [{ workUs: 640, use: use([0, 0], [960, 960], 320) }]);
    const crossed: number[] = [];
    bench.world.containers.use.watch(Float64Array.of(600), () => void crossed.push(bench.simulation.nowUs));
    bench.run(0);
    bench.at(1000, () => void bench.run(0));
    bench.finish();
    // 30 bytes every 10 us: 630 at the 21st step.
    expect(crossed).toEqual([210, 1210]);
    expect(bench.world.containers.memoryUsedBytes[0]).toBe(0);
    expect(bench.world.containers.invariants()).toEqual([]);
  });

  test('growth ends with the container, and waits on a frozen machine', () => {
    const bench = new WorldBench(M, [{ workUs: 5000, use: use([0, 0], [640, 640], 320) }, { workUs: 1, use: use([0, 0], [640, 640], 320) }]);
    const container = bench.run(0);
    bench.run(1);
    bench.at(101, () => bench.world.containers.setFrozen(0, true));
    bench.at(1000, () => {
      expect(bench.world.containers.memoryUseBytes[container]).toBe(200);
      bench.world.containers.setFrozen(0, false);
    });
    bench.at(1500, () => expect(bench.world.containers.memoryUseBytes[container]).toBe(640));
    expect(bench.finish().filter((line) => line.includes('out-of-memory'))).toEqual([]);
  });
});
