import { expect, test } from 'vitest';
import { Counter, type Collector, RecordKind } from '../metrics/log.ts';
import { assemble } from '../orchestrators/assemble.ts';
import { ORCHESTRATORS } from '../orchestrators/registry.ts';
import { optionsThatKeepUp, STANDARD_END_US, standardLoad, standardMachines } from './standard-load.ts';

/** Binds: the placements that counts are stated per. */
class Binds implements Collector {
  count = 0;
  record(_timeUs: number, kind: RecordKind): void {
    if (kind === RecordKind.bind) this.count++;
  }
}

const TASKS = 9_000;

function counts(name: string, more: object = {}) {
  const definition = ORCHESTRATORS.find((candidate) => candidate.name === name)!;
  const binds = new Binds();
  const options = { ...optionsThatKeepUp(name), ...more };
  const { simulation, log } = assemble({ definition, options, inventory: standardMachines(300), workload: standardLoad(TASKS), seed: 1, collectors: [binds] });
  simulation.run(STANDARD_END_US);
  const { counters } = log;
  return {
    eventsPerTask: simulation.eventCount / TASKS,
    scoredPerDecision: counters[Counter.machinesScored]! / counters[Counter.decisions]!,
    offersPerLaunch: counters[Counter.offersSent]! / binds.count,
    recordsPerTask: log.digest.recordCount / TASKS,
  };
}

/*
 * What one task costs in events, looks and offers on 300 machines. Counts do not depend on the machine that measures: when one of these fails, a change made the
 * cost of a task grow. Limits are a fifth above what is measured.
 */
test.each([
  { name: 'reference/fifo', eventsPerTask: 3.9, scoredPerDecision: 1.2, offersPerLaunch: 0, recordsPerTask: 6.9 },
  { name: 'swarm-classic', eventsPerTask: 8.8, scoredPerDecision: 25.9, offersPerLaunch: 0, recordsPerTask: 6.9 },
  { name: 'swarmkit', eventsPerTask: 18.1, scoredPerDecision: 30.7, offersPerLaunch: 0, recordsPerTask: 6.9 },
  // An offer is one agent: a framework with work is offered all that is free, again and again, as in reality (in bulk here).
  { name: 'mesos', eventsPerTask: 18.5, scoredPerDecision: 1.4, offersPerLaunch: 285, recordsPerTask: 6.9 },
  { name: 'kubernetes', eventsPerTask: 18.1, scoredPerDecision: 25.6, offersPerLaunch: 0, recordsPerTask: 6.9 },
])('a task on $name costs a bounded number of events, looks and offers', ({ name, ...limits }) => {
  const measured = counts(name);
  const beyond = Object.entries(limits).filter(([key, limit]) => !(measured[key as keyof typeof measured] <= limit));
  expect(beyond, JSON.stringify(measured)).toEqual([]);
});

// What a hundred frameworks cost that have a job now and then: nothing for those that are idle, and offers are for those that have work.
test('a task on mesos with a hundred frameworks costs little more than with one', () => {
  const limits = { eventsPerTask: 19.3, offersPerLaunch: 355 };
  const measured = counts('mesos', { frameworks: [{ kind: 'batch', name: 'busy', jobs: { share: 0.5 } }, { kind: 'batch', name: 'idle', role: 'idle-{n}', count: 99 }] });
  const beyond = Object.entries(limits).filter(([key, limit]) => !(measured[key as keyof typeof measured] <= limit));
  expect(beyond, JSON.stringify(measured)).toEqual([]);
});

test('a task of a trace takes at most 25 bytes in hot columns', () => {
  const { jobSubmitUs, jobShape, jobKey, taskDurationUs } = standardLoad(1_000);
  const bytes = [jobSubmitUs, jobShape, jobKey, taskDurationUs].reduce((sum, column) => sum + column.byteLength, 0);
  expect(bytes / 1_000).toBeLessThanOrEqual(25);
});
