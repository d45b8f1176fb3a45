import type { FaultPlan } from '../faults/fault-plan.ts';
import type { CellValue, ResultRow } from './cell-value.ts';
import { rankOf } from './distribution.ts';
import type { FaultRecovery } from './fault-recovery.ts';
import { moreThan } from './format-cell.ts';
import { type Duration, survivalQuantile } from './kaplan-meier.ts';

const SECOND_US = 1e6;

/** Rows of recoveries.csv. */
export function recoveryRows(faults: readonly FaultRecovery[], plan: FaultPlan): ResultRow[] {
  return faults.map((fault) => [
    ['fault', fault.fault],
    ['kind', plan[fault.fault]?.kind ?? ''],
    ['label', plan[fault.fault]?.label ?? ''],
    ['machines', fault.machines],
    ['attemptsHit', fault.attemptsHit],
    ['injectedS', seconds(fault.injectedUs)],
    ['detectedS', seconds(fault.detectedUs)],
    ['decidedS', seconds(fault.decidedUs)],
    ['replacedS', seconds(fault.replacedUs)],
    ['restoredS', fault.open === 0 ? seconds(fault.restoredUs) : null],
    ['restoredBy', fault.open === 0 ? fault.restoredBy : ''],
    ['endedS', seconds(fault.endedUs)],
    ['capacityBlockedS', seconds(fault.capacityBlockedUs)],
    ['missingReplicaS', seconds(fault.missingReplicaUs)],
    ['workRedoneS', seconds(fault.workRedoneUs)],
    ['duplicateRunS', seconds(fault.duplicateRunUs)],
    ['tasksLost', fault.tasksLost],
  ]);
}

/** Recovery columns of runs.csv. Faults that hit nothing are counted and stay out of the quantiles. */
export function recoverySummary(faults: readonly FaultRecovery[], toUs: number): ResultRow {
  const hit = faults.filter((fault) => fault.attemptsHit > 0);
  const restores = hit.map((fault): Duration => ({ us: (fault.open === 0 ? fault.restoredUs : toUs) - fault.injectedUs, censored: fault.open > 0 }));
  const sum = (of: (fault: FaultRecovery) => number): number => faults.reduce((total, fault) => total + of(fault), 0);
  return [
    ['faults', faults.length],
    ['faultsHit', hit.length],
    ['attemptsHit', sum((fault) => fault.attemptsHit)],
    ['detectP50S', median(hit.map((fault) => fault.detectedUs - fault.injectedUs))],
    ['decideP50S', median(hit.map((fault) => fault.decidedUs - fault.injectedUs))],
    ['replaceP50S', median(hit.map((fault) => fault.replacedUs - fault.injectedUs))],
    ['restoreP50S', restoreQuantile(restores, 0.5)],
    ['restoreP90S', restoreQuantile(restores, 0.9)],
    ['restoreCensoredShare', hit.length === 0 ? null : restores.filter((each) => each.censored).length / hit.length],
    ['missingReplicaS', sum((fault) => fault.missingReplicaUs) / SECOND_US],
    ['workRedoneS', sum((fault) => fault.workRedoneUs) / SECOND_US],
    ['duplicateRunS', sum((fault) => fault.duplicateRunUs) / SECOND_US],
    ['tasksLost', sum((fault) => fault.tasksLost)],
  ];
}

function seconds(us: number): CellValue {
  return Number.isNaN(us) ? null : us / SECOND_US;
}

/** Of those that happened. */
function median(durationsUs: readonly number[]): CellValue {
  const known = Float64Array.from(durationsUs.filter((us) => !Number.isNaN(us))).sort();
  return known.length === 0 ? null : known[rankOf(0.5, known.length) - 1]! / SECOND_US;
}

function restoreQuantile(restores: readonly Duration[], q: number): CellValue {
  const found = survivalQuantile(restores, q);
  if (found === null) return null;
  return found.determined ? found.us / SECOND_US : moreThan(found.us / SECOND_US);
}
