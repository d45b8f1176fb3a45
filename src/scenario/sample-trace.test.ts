import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fifo } from '../orchestrators/reference/fifo.ts';
import { offeredLoad } from '../workload/offered-load.ts';
import { loadWorkload, WORKLOAD_SOURCE } from '../workload/source.ts';
import { Workload } from '../workload/workload.ts';
import { machineRows, taskRows } from '../workload/write-seatrial-csv.ts';
import { MachineInventory } from '../world/machine-inventory.ts';
import { expand } from './expand.ts';
import { loadScenario } from './load.ts';

const ROOT = join(import.meta.dirname, '../..');
const SAMPLE = join(ROOT, 'traces/sample');
const WINDOW_US = 6 * 3600e6;

describe('the sample trace', () => {
  it('is what its scenario generates, byte for byte', () => {
    const { inputs } = expand(loadScenario(join(ROOT, 'scenarios/generate-sample.yaml'), { orchestrators: [fifo] }), { cacheFolder: null });
    const [columns] = inputs.workloads.values();
    const [machines] = inputs.machines.values();
    expect([...taskRows(columns!)].join('')).toBe(readFileSync(join(SAMPLE, 'tasks.csv'), 'utf8'));
    expect([...machineRows(machines!)].join('')).toBe(readFileSync(join(SAMPLE, 'machines.csv'), 'utf8'));
  });

  it('is a realistic mix at about 0.8 of the CPU of a hundred machines', () => {
    const source = WORKLOAD_SOURCE.parse({ trace: { format: 'seatrial-csv', tasks: 'tasks.csv', machines: 'machines.csv' } });
    const { columns, machines, report } = loadWorkload(source, SAMPLE, 0, null);
    const workload = new Workload(columns);
    const load = offeredLoad(columns, new MachineInventory(machines!), WINDOW_US);
    expect([machines!.length, report.rejected.total]).toEqual([100, 0]);
    expect(workload.taskCount).toBeGreaterThan(3500);
    expect(workload.taskCount).toBeLessThan(4500);
    for (const { cpu } of [load.arriving, load.held]) {
      expect(cpu).toBeGreaterThan(0.75);
      expect(cpu).toBeLessThan(0.85);
    }
    let services = 0;
    let all = 0;
    let dependentJobs = 0;
    let constrained = 0;
    let largest = 0;
    for (let job = 0; job < workload.jobCount; job++) {
      const shape = workload.shapes[columns.jobShape[job]!]!;
      const first = workload.firstTask(job);
      largest = Math.max(largest, workload.size(job));
      if (columns.dependencies!.first[job + 1]! > columns.dependencies!.first[job]!) dependentJobs++;
      if (shape.constraints.length > 0) constrained += workload.size(job);
      for (let task = first; task < first + workload.size(job); task++) {
        const held = shape.cpuMilli * Math.min(columns.taskDurationUs[task]!, WINDOW_US - columns.jobSubmitUs[job]!);
        all += held;
        if (shape.kind === 'service') services += held;
      }
    }
    expect(services / all).toBeGreaterThan(0.3);
    expect(services / all).toBeLessThan(0.4);
    expect(dependentJobs / workload.jobCount).toBeGreaterThan(0.02);
    expect(constrained / workload.taskCount).toBeGreaterThan(0.1);
    expect(largest).toBeGreaterThan(30);
    expect(largest).toBeLessThanOrEqual(50);
  });
});
