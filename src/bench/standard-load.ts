import { KeyedRandom } from '../engine/random/keyed-random.ts';
import { exponential } from '../engine/random/distributions.ts';
import { EMPTY_SHAPE, type Shape } from '../workload/shape.ts';
import type { WorkloadColumns } from '../workload/workload.ts';
import { sharedFloat64, sharedUint32 } from '../workload/workload-builder.ts';
import { type MachineSpec, MachineInventory } from '../world/machine-inventory.ts';

/** Machines of 32 CPUs and 128 GiB in racks of 40 and three zones. */
export function standardMachines(count: number): MachineInventory {
  const specs: MachineSpec[] = [];
  for (let i = 0; i < count; i++) {
    specs.push({ name: `machine-${i}`, cpuMilli: 32_000, memoryBytes: 128 * 2 ** 30, rack: `rack-${Math.floor(i / 40)}`, zone: `zone-${i % 3}` });
  }
  return new MachineInventory(specs);
}

const WINDOW_US = 7_200_000_000;

/** Tasks of one job each, arriving evenly at random over two simulated hours; 20 shapes, 30 tasks per machine keep it about three quarters full. */
export function standardLoad(taskCount: number, kind: Shape['kind'] = 'batch'): WorkloadColumns {
  const random = new KeyedRandom(1, 'bench');
  const shapes: Shape[] = [];
  for (let i = 0; i < 20; i++) {
    shapes.push({ ...EMPTY_SHAPE, kind, cpuMilli: 1000 * (1 + (i % 4)), memoryBytes: (2 + (i % 5)) * 2 ** 30, image: `image-${i}` });
  }
  const jobSubmitUs = sharedFloat64(taskCount);
  const jobShape = sharedUint32(taskCount);
  const jobKey = sharedUint32(taskCount);
  const taskDurationUs = sharedFloat64(taskCount);
  for (let i = 0; i < taskCount; i++) {
    jobSubmitUs[i] = Math.floor((WINDOW_US * (i + random.u(i, 0, 1))) / taskCount);
    jobShape[i] = Math.floor(20 * random.u(i, 0, 2));
    jobKey[i] = i;
    taskDurationUs[i] = Math.ceil(exponential(random.u(i, 0, 3), 2_400_000_000));
  }
  return { name: 'standard', shapes, jobSubmitUs, jobShape, jobKey, jobFirstTask: null, taskJob: null, taskDurationUs, dependencies: null, jobNames: null };
}

/**
 * Options under which a control plane keeps up with the standard load at any size: cost per placement needs that. Default API limits allow Kubernetes a few Jobs a second; SwarmKit's scheduler
 * goes over all nodes for every service, and every service costs its store transactions (results of their own).
 */
export function optionsThatKeepUp(orchestrator: string): object {
  if (orchestrator === 'kubernetes') return { apiLimits: 'scalability-test' };
  // Ten thousand machines that pull at once wait longer for the registry than Mesos waits for an executor: it would fail and launch again what merely pulls (a result of its own, too).
  if (orchestrator === 'mesos') return { agent: { executorRegistration: '3h' } };
  return orchestrator === 'swarmkit' ? { nodeTimeUs: 0, commitTime: '200us' } : {};
}

/** End of the measured window: the last arrivals have had an hour. */
export const STANDARD_END_US = WINDOW_US + 3_600_000_000;
