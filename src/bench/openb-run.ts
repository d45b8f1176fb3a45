import { createMetrics } from '../metrics/metrics.ts';
import { assemble } from '../orchestrators/assemble.ts';
import { ORCHESTRATORS } from '../orchestrators/registry.ts';
import { rescale } from '../workload/offered-load.ts';
import { loadWorkload, WORKLOAD_SOURCE } from '../workload/source.ts';
import { Workload } from '../workload/workload.ts';
import { MachineInventory } from '../world/machine-inventory.ts';

/*
 * One cold replay of OpenB at an offered GPU load of 0.9, metrics included: `node openb-run.ts ORCHESTRATOR FOLDER`. CPU is counted from after the trace is read
 * (start-up: Node, modules, parsing), of the thread that simulates and of the whole process, in which V8's compiler and collector have threads of their own; memory is that of the whole process,
 * reading included.
 */
const [name, folder] = process.argv.slice(2);
const definition = ORCHESTRATORS.find((candidate) => candidate.name === name);
if (definition === undefined) throw new Error(`unknown orchestrator ${name}`);
const source = WORKLOAD_SOURCE.parse({ trace: { format: 'openb', nodes: 'openb_node_list_all_node.csv', pods: 'openb_pod_list_default.csv.gz' } });
const loaded = loadWorkload(source, folder!, 1, null);
const inventory = new MachineInventory(loaded.machines!);
const scaled = rescale(loaded.columns, inventory, 'gpu', 0.9, loaded.report.horizonUs);
const before = process.cpuUsage();
const threadBefore = process.threadCpuUsage();
const options = name === 'swarm-classic' ? { gpu: 'ledger', gpuShare: 'share' } : {};
const parsed = definition.options.parse(options);
const workload = new Workload(scaled.columns);
const requests = workload.shapes.map((shape) => definition.translate(shape, parsed).request);
const metrics = createMetrics({ workload, requests, inventory, window: { fromUs: 0, toUs: scaled.horizonUs }, gridUs: Math.ceil(scaled.horizonUs / 200) });
const { simulation, log, orchestrator } = assemble({ definition, options, inventory, workload: scaled.columns, seed: 1, collectors: metrics.collectors });
simulation.run(scaled.horizonUs);
const { summary, problems } = metrics.finish(simulation.nowUs, log);
const cpu = process.cpuUsage(before);
const thread = process.threadCpuUsage(threadBefore);
const broken = [...problems, ...orchestrator.invariants()];
if (broken.length > 0) throw new Error(broken.join('\n'));
process.stdout.write(
  `${JSON.stringify({
    threadMs: Math.round((thread.user + thread.system) / 1000),
    cpuMs: Math.round((cpu.user + cpu.system) / 1000),
    maxRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
    placements: new Map(summary).get('started'),
    events: simulation.eventCount,
  })}\n`,
);
