import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';

/** A result folder made up for tests of the report: shaped like real results, computed by a few formulas. */
export interface FixtureOptions {
  /** Cell label and orchestrator; default three systems and one ideal. */
  readonly cells?: readonly (readonly [cell: string, orchestrator: string])[];
  readonly seeds?: readonly number[];
  readonly faults?: number;
  readonly gpu?: boolean;
  /** Nothing ever starts. */
  readonly everythingCensored?: boolean;
  /** No recovery ends within the run. */
  readonly nothingRecovers?: boolean;
  /** Values of a swept parameter called `load`. */
  readonly loads?: readonly number[];
  readonly horizonS?: number;
  readonly gridPoints?: number;
}

const CELLS = [
  ['swarm-classic', 'swarm-classic'],
  ['mesos', 'mesos'],
  ['kubernetes', 'kubernetes'],
  ['reference/fifo', 'reference/fifo'],
] as const;

/** How good each made-up system is. */
const TRAITS: Readonly<Record<string, { useful: number; detectS: number; decideS: number; replaceS: number; restoreS: number; waitS: number; censored: number }>> = {
  'swarm-classic': { useful: 0.49, detectS: 95, decideS: 1.5, replaceS: 6, restoreS: 14, waitS: 240, censored: 0.09 },
  mesos: { useful: 0.57, detectS: 72, decideS: 12, replaceS: 3, restoreS: 8, waitS: 40, censored: 0.03 },
  kubernetes: { useful: 0.61, detectS: 40, decideS: 300, replaceS: 1.2, restoreS: 5, waitS: 12, censored: 0.012 },
  'reference/fifo': { useful: 0.66, detectS: 0.001, decideS: 0.001, replaceS: 0.02, restoreS: 0.5, waitS: 4, censored: 0 },
};

type Row = Record<string, string | number>;

/** Writes the folder. */
export function writeFixtureResults(folder: string, options: FixtureOptions = {}): void {
  const cells = options.cells ?? CELLS;
  const seeds = options.seeds ?? [1, 2];
  const loads = options.loads ?? [Number.NaN];
  const horizonS = options.horizonS ?? 86400;
  const gridPoints = options.gridPoints ?? 288;
  const faultCount = options.faults ?? 20;
  const tables = { runs: [] as Row[], timeline: [] as Row[], waits: [] as Row[], recoveries: [] as Row[], translations: [] as Row[] };
  let runNumber = 0;
  for (const load of loads) {
    for (const [cell, orchestrator] of cells) {
      for (const seed of seeds) {
        runNumber += 1;
        const run = { run: (0xabc000000000 + runNumber).toString(16), cell, orchestrator, seed };
        const traits = TRAITS[orchestrator] ?? TRAITS['mesos']!;
        const noise = noiseOf(seed * 1000 + runNumber);
        const useful = traits.useful * (Number.isNaN(load) ? 1 : load) + (noise() - 0.5) * 0.01;
        addTimeline(tables.timeline, run, useful, options, horizonS, gridPoints, noise);
        const censored = options.everythingCensored ? 1 : traits.censored;
        addWaits(tables.waits, run, traits.waitS, censored, options.everythingCensored ?? false);
        const restored = addRecoveries(tables.recoveries, run, traits, faultCount, options.nothingRecovers ?? false, horizonS, noise);
        tables.runs.push(runRow(run, load, useful, traits, censored, faultCount, restored, options));
        if (orchestrator !== 'reference/fifo') tables.translations.push({ ...run, rule: 'cpu: ceil', meaning: 'fractions of a core are rounded up', shapes: 14, tasks: 812 + runNumber, rejectedTasks: 0 }, { ...run, rule: 'gpuShare: whole', meaning: 'a share of a GPU occupies the whole device', shapes: 9, tasks: 455, rejectedTasks: 12 });
      }
    }
  }
  mkdirSync(folder, { recursive: true });
  for (const [name, rows] of Object.entries(tables)) writeFileSync(join(folder, `${name}.csv`), stringify(rows, { header: true, columns: Object.keys(rows[0] ?? { run: '', cell: '', orchestrator: '', seed: '', fault: '', kind: '', label: '', injectedS: '', rule: '' }) }));
  writeFileSync(join(folder, 'failures.csv'), 'run,cell,orchestrator,seed,error,command\n');
  writeFileSync(join(folder, 'plan.json'), `${JSON.stringify({ name: 'three-way', question: 'Which system does the most useful work, and which recovers fastest, when 20 of 64 machines fail within a day?', cells: [{ label: 'kubernetes', orchestrator: 'kubernetes', models: 'Kubernetes 1.34', options: { apiserver: { profile: 'default-qps' } } }] }, undefined, 2)}\n`);
  writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify({ command: ['run', 'scenarios/three-way.yaml', '--seeds', '1..2', '--set', 'name=a b'], versions: { seatrial: '0.1.0', node: '24.21.0' }, hashes: { scenario: 'sha256:7f3a', trace: 'sha256:91bc', lockfile: 'sha256:55d0' } }, undefined, 2)}\n`);
}

/** Uniform numbers in [0, 1) from a linear congruential generator (Numerical Recipes constants); no quality needed. */
function noiseOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function addTimeline(rows: Row[], run: Row, useful: number, options: FixtureOptions, horizonS: number, gridPoints: number, noise: () => number): void {
  const stepS = horizonS / gridPoints;
  for (let i = 0; i < gridPoints; i++) {
    const t = i / gridPoints;
    const busy = options.everythingCensored ? 0 : useful * Math.min(1, t * 12 + 0.2) * (1 + 0.12 * Math.sin(t * 9)) * (1 - (t > 0.55 && t < 0.62 ? 0.15 : 0)) + (noise() - 0.5) * 0.02;
    const gpu: Row = options.gpu === false ? { reservedGpuShare: '', heldGpuShare: '', usefulGpuShare: '' } : { reservedGpuShare: busy, heldGpuShare: busy, usefulGpuShare: busy * 0.8 };
    rows.push({ ...run, timeS: i * stepS, reservedCpuShare: busy * 1.1, heldCpuShare: busy * 1.05, usefulCpuShare: busy, ...gpu, pending: Math.max(0, Math.round((0.7 - busy) * 2400 * t + noise() * 30)), running: Math.round(busy * 2000), machinesUp: 64, leaderPresent: 1, queueDepth: 3 });
  }
}

function addWaits(rows: Row[], run: Row, waitS: number, censored: number, nothing: boolean): void {
  for (const kind of ['all', 'batch', 'service']) {
    const scale = kind === 'service' ? waitS / 3 : waitS;
    if (nothing) {
      rows.push({ ...run, kind, waitS: 0, shareLonger: 1 });
      continue;
    }
    for (let i = 0; i <= 60; i++) {
      const wait = 0.05 * 10 ** ((i / 60) * 5.6);
      const tail = (1 - censored) / (1 + (wait / scale) * (wait / scale));
      rows.push({ ...run, kind, waitS: wait, shareLonger: i === 60 ? censored : censored + tail });
    }
  }
}

function addRecoveries(rows: Row[], run: Row, traits: (typeof TRAITS)[string], count: number, nothingRecovers: boolean, horizonS: number, noise: () => number): number {
  let restored = 0;
  const plan = noiseOf(4242 + Number(run['seed']));
  for (let fault = 0; fault < count; fault++) {
    const injectedS = Math.round((0.05 + 0.9 * ((fault + plan()) / count)) * horizonS);
    const stays = plan() < 0.1;
    const attemptsHit = plan() < 0.1 ? 0 : 3 + Math.floor(plan() * 9);
    const detect = traits.detectS * (0.7 + 0.6 * noise());
    const decide = detect + traits.decideS * (0.9 + 0.2 * noise());
    const replace = decide + traits.replaceS * (0.5 + noise());
    const restore = replace + traits.restoreS * (0.4 + 3 * noise());
    const open = nothingRecovers || noise() < 0.08;
    const hit = attemptsHit > 0;
    if (hit && !open) restored += 1;
    const when = (delay: number): number | string => (hit ? (injectedS + delay).toFixed(3) : '');
    rows.push({ ...run, fault, kind: fault % 7 === 3 ? 'partition' : 'crash', label: fault % 9 === 5 ? 'rack-2' : `machine-${(fault * 17) % 64}`, machines: fault % 9 === 5 ? 8 : 1, attemptsHit, injectedS, detectedS: when(detect), decidedS: open && nothingRecovers ? '' : when(decide), replacedS: open ? '' : when(replace), restoredS: open ? '' : when(restore), restoredBy: open || !hit ? '' : 'replacement', endedS: stays ? '' : injectedS + 1800, capacityBlockedS: 0, missingReplicaS: 12, workRedoneS: 340, duplicateRunS: 3, tasksLost: 0 });
  }
  return restored;
}

function runRow(run: Row, load: number, useful: number, traits: (typeof TRAITS)[string], censored: number, faults: number, restored: number, options: FixtureOptions): Row {
  const submitted = 6000;
  const hit = Math.max(1, faults - 2);
  const none = options.everythingCensored ?? false;
  const restoreP50S = restored * 2 > hit ? traits.detectS + traits.decideS + traits.replaceS + traits.restoreS : '';
  const used = none ? 0 : useful;
  return {
    run: run['run']!, scenario: 'three-way', cell: run['cell']!, orchestrator: run['orchestrator']!, seed: run['seed']!,
    ...(Number.isNaN(load) ? {} : { load }),
    machines: 64, submitted, translated: 1267, rejected: run['orchestrator'] === 'reference/fifo' ? 0 : 12, started: none ? 0 : 5900, finished: none ? 0 : Math.round(submitted * (0.9 - censored)), cancelled: none ? 0 : 300, gaveUp: 4, refused: run['orchestrator'] === 'swarm-classic' ? 812 : 0, retries: 800, failedAttempts: 40, lostAttempts: 110, pendingAtEnd: Math.round(submitted * censored), runningAtEnd: 200, initialTasks: 0,
    offeredLoadCpu: Number.isNaN(load) ? 0.8 : load, offeredLoadMemory: 0.62, offeredLoadGpu: options.gpu === false ? '' : 0.7,
    usefulCpuShare: used, heldCpuShare: used + 0.03, reservedCpuShare: used + 0.05, usefulCpuShareOfUp: used * 1.02,
    usefulGpuShare: options.gpu === false ? '' : used * 0.8, duplicateCpuShare: none ? 0 : 0.004, lostCpuShare: none ? 0 : 0.026, fragmentedCpuShare: 0.07, downCpuShare: 0.021, fragmentedGpuShare: options.gpu === false ? '' : 0.11, heldGpuShare: options.gpu === false ? '' : used * 0.82,
    waitMeanS: none ? '' : traits.waitS * 1.4, waitP50S: none ? '>86400' : traits.waitS * 0.9, waitP90S: traits.waitS * 4, waitP99S: censored > 0.01 ? '>86400' : traits.waitS * 20, startedWaitP50S: none ? '' : traits.waitS * 0.8, startedWaitP99S: none ? '' : traits.waitS * 15, censoredShare: censored, slowdownP50: 1.2, slowdownP99: 9, makespanS: '', throughputPerHour: 240,
    decisions: 9000, decisionBusyS: 30, machinesScored: 120000, offersSent: 0, offersDeclined: 0, conflicts: 0, writes: 40000, cycles: 8000,
    faults, faultsHit: hit, attemptsHit: 110, detectP50S: faults === 0 ? '' : traits.detectS, decideP50S: faults === 0 ? '' : traits.decideS, replaceP50S: '', restoreP50S: faults === 0 ? '' : restoreP50S === '' ? '>3600' : restoreP50S, restoreP90S: '', restoreCensoredShare: faults === 0 ? '' : 1 - restored / hit, tasksLost: 0, availabilityServices: 0.998, leaderlessS: 0,
    eventCount: 1234567, recordCount: 72000, digest: '9f8e7d6c5b4a3921',
  };
}
