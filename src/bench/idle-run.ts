import { assemble } from '../orchestrators/assemble.ts';
import { ORCHESTRATORS } from '../orchestrators/registry.ts';
import { standardLoad, standardMachines } from './standard-load.ts';

/* A simulated month in which nothing happens: `node idle-run.ts ORCHESTRATOR MACHINES`. Assembly is start-up and not counted. */
const [name, machines] = process.argv.slice(2);
const definition = ORCHESTRATORS.find((candidate) => candidate.name === name);
if (definition === undefined) throw new Error(`unknown orchestrator ${name}`);
const { simulation } = assemble({ definition, inventory: standardMachines(Number(machines)), workload: standardLoad(0), seed: 1 });
const HOUR_US = 3_600_000_000;
// The first hour is the system's own start-up (registrations, first lists).
simulation.run(HOUR_US);
const eventsBefore = simulation.eventCount;
const before = process.cpuUsage();
simulation.run(30 * 24 * HOUR_US);
const cpu = process.cpuUsage(before);
process.stdout.write(`${JSON.stringify({ cpuMs: Number(((cpu.user + cpu.system) / 1000).toFixed(1)), events: simulation.eventCount - eventsBefore })}\n`);
