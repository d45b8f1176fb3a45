import type { MachineInventory } from '../world/machine-inventory.ts';
import type { FaultPlan } from './fault-plan.ts';

/** Columns of a fault plan's file. */
export const FAULT_PLAN_COLUMNS = ['fault', 'kind', 'label', 'atS', 'durationS', 'factor', 'machines'] as const;

/**
 * A plan as CSV, one row per fault: times in seconds to the microsecond, `durationS` empty for faults that never end, machines by name, joined by spaces. Read back
 * by `readFaultPlan`, it is the same plan.
 */
export function writeFaultPlan(plan: FaultPlan, inventory: MachineInventory): string {
  const rows = plan.map((fault, index) => {
    const names = fault.machines.map((machine) => inventory.names[machine]!);
    const spaced = names.find((name) => /\s/.test(name));
    if (spaced !== undefined) throw new Error(`machine name "${spaced}" holds a blank, which separates names in a fault plan`);
    const durationS = fault.durationUs === Infinity ? '' : secondsOf(fault.durationUs);
    return [String(index), fault.kind, quoted(fault.label), secondsOf(fault.atUs), durationS, String(fault.factor), quoted(names.join(' '))].join(',');
  });
  return `${[FAULT_PLAN_COLUMNS.join(','), ...rows].join('\n')}\n`;
}

function secondsOf(us: number): string {
  const whole = Math.floor(us / 1e6);
  const rest = us - whole * 1e6;
  return rest === 0 ? String(whole) : `${whole}.${String(rest).padStart(6, '0').replace(/0+$/, '')}`;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
