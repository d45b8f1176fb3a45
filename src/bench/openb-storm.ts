import { createMetrics } from '../metrics/metrics.ts';
import { assemble } from '../orchestrators/assemble.ts';
import { ORCHESTRATORS } from '../orchestrators/registry.ts';
import { loadWorkload, WORKLOAD_SOURCE } from '../workload/source.ts';
import { Workload } from '../workload/workload.ts';
import { MachineInventory } from '../world/machine-inventory.ts';

/*
 * All GPU pods of OpenB at once on its GPU nodes, as in scenarios/openb-storm.yaml, cold, metrics included: `node openb-storm.ts ORCHESTRATOR FOLDER GPU_SHARE`. CPU is
 * counted as in openb-run.ts, until an hour of simulated time has passed.
 */
const HOUR_US = 3_600_000_000;
const [name, folder, gpuShare] = process.argv.slice(2);
const definition = ORCHESTRATORS.find((candidate) => candidate.name === name);
if (definition === undefined) throw new Error(`unknown orchestrator ${name}`);
const source = WORKLOAD_SOURCE.parse({ trace: { format: 'openb', nodes: 'openb_node_list_gpu_node.csv', pods: 'openb_pod_list_default.csv.gz', only: 'gpu', together: true } });
const loaded = loadWorkload(source, folder!, 1, null);
const inventory = new MachineInventory(loaded.machines!);
const before = process.cpuUsage();
const threadBefore = process.threadCpuUsage();
const options = { apiLimits: 'scalability-test', gpuShare };
const parsed = definition.options.parse(options);
const workload = new Workload(loaded.columns);
const requests = workload.shapes.map((shape) => definition.translate(shape, parsed).request);
const metrics = createMetrics({ workload, requests, inventory, window: { fromUs: 0, toUs: HOUR_US }, gridUs: HOUR_US / 200 });
const { simulation, log, orchestrator } = assemble({ definition, options, inventory, workload: loaded.columns, seed: 1, collectors: metrics.collectors });
simulation.run(HOUR_US);
const { summary, problems } = metrics.finish(simulation.nowUs, log);
const cpu = process.cpuUsage(before);
const thread = process.threadCpuUsage(threadBefore);
const broken = [...problems, ...orchestrator.invariants()];
if (broken.length > 0) throw new Error(broken.join('\n'));
const figures = new Map(summary);
process.stdout.write(
  `${JSON.stringify({
    nodes: inventory.count,
    pods: workload.taskCount,
    threadMs: Math.round((thread.user + thread.system) / 1000),
    cpuMs: Math.round((cpu.user + cpu.system) / 1000),
    maxRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
    started: figures.get('started'),
    preemptions: figures.get('preemptions'),
    decisions: figures.get('decisions'),
    events: simulation.eventCount,
  })}\n`,
);
