import { parse } from 'csv-parse/sync';
import { InputError } from '../engine/input-error.ts';
import { suggestion } from '../engine/nearest.ts';
import type { MachineInventory } from '../world/machine-inventory.ts';
import { FAULT_KINDS, type Fault, type FaultKind, type FaultPlan } from './fault-plan.ts';
import { FAULT_KIND_LIST } from './kinds/registry.ts';
import { FAULT_PLAN_COLUMNS } from './write-fault-plan.ts';

/**
 * A plan from CSV as `writeFaultPlan` writes it, or as made by hand: rows in any order (the plan is sorted by time, stably; the numbers in `fault` are for people).
 * @param file named in messages
 * @throws InputError with file, line and column name for anything that cannot be meant
 */
export function readFaultPlan(text: string, inventory: MachineInventory, file: string): FaultPlan {
  const rows = parsed(text, file);
  const header = rows.shift();
  if (header === undefined) throw new InputError(`${file}: empty; expected a header ${FAULT_PLAN_COLUMNS.join(',')}`);
  const missing = FAULT_PLAN_COLUMNS.find((column) => !header.record.includes(column));
  if (missing !== undefined) throw new InputError(`${file}:1: there is no column ${missing}; expected ${FAULT_PLAN_COLUMNS.join(',')}`);
  const unknown = header.record.find((column) => !(FAULT_PLAN_COLUMNS as readonly string[]).includes(column));
  if (unknown !== undefined) throw new InputError(`${file}:1: unknown column "${unknown}"${suggestion(unknown, FAULT_PLAN_COLUMNS)}`);
  const faults = rows.map(({ record, line }) => {
    if (record.length !== header.record.length) throw new InputError(`${file}:${line}: expected ${header.record.length} fields, found ${record.length}`);
    const cell = (column: (typeof FAULT_PLAN_COLUMNS)[number]) => record[header.record.indexOf(column)]!;
    return faultOf(cell, inventory, (column, message) => new InputError(`${file}:${line}: ${column}: ${message}`));
  });
  return faults.map((fault, order) => ({ fault, order })).sort((a, b) => a.fault.atUs - b.fault.atUs || a.order - b.order).map(({ fault }) => fault);
}

type Column = (typeof FAULT_PLAN_COLUMNS)[number];

function faultOf(cell: (column: Column) => string, inventory: MachineInventory, error: (column: Column, message: string) => InputError): Fault {
  const kind = cell('kind') as FaultKind;
  if (!FAULT_KINDS.includes(kind)) throw error('kind', `there is no kind of fault "${kind}"${suggestion(kind, FAULT_KINDS)}`);
  const atUs = microseconds(cell('atS'));
  if (Number.isNaN(atUs)) throw error('atS', `expected seconds with at most six decimals, not "${cell('atS')}"`);
  const durationUs = cell('durationS') === '' ? Infinity : microseconds(cell('durationS'));
  if (!(durationUs > 0)) throw error('durationS', `expected seconds above zero with at most six decimals, or nothing for "never ends", not "${cell('durationS')}"`);
  const factor = cell('factor') === '' ? 1 : /^\d+(\.\d+)?(e[+-]?\d+)?$/.test(cell('factor')) ? Number(cell('factor')) : NaN;
  const takesFactor = FAULT_KIND_LIST.find((known) => known.name === kind)!.takesFactor;
  if (takesFactor ? !(factor > 1 && factor !== Infinity) : factor !== 1) throw error('factor', takesFactor ? `expected a number above 1, not "${cell('factor')}"` : `kind ${kind} takes no factor; expected 1, not "${cell('factor')}"`);
  const names = cell('machines').split(' ').filter((name) => name !== '');
  if (names.length === 0) throw error('machines', 'expected at least one machine');
  const machines = names.map((name) => {
    const machine = inventory.indexOf(name);
    if (machine < 0) throw error('machines', `there is no machine "${name}"${suggestion(name, inventory.names)}`);
    return machine;
  });
  machines.sort((a, b) => a - b);
  const twice = machines.find((machine, i) => machine === machines[i - 1]);
  if (twice !== undefined) throw error('machines', `machine "${inventory.names[twice]}" is named twice`);
  return { kind, atUs, machines, durationUs, factor, label: cell('label') };
}

/** Whole microseconds of decimal seconds, exactly; NaN for anything else. */
function microseconds(text: string): number {
  const match = /^(\d{1,10})(?:\.(\d{1,6}))?$/.exec(text);
  if (match === null) return NaN;
  const us = Number(match[1]) * 1e6 + Number((match[2] ?? '').padEnd(6, '0'));
  return Number.isSafeInteger(us) ? us : NaN;
}

function parsed(text: string, file: string): { record: string[]; line: number }[] {
  try {
    const rows = parse(text, { bom: true, info: true, relax_column_count: true, skip_empty_lines: true }) as unknown as { record: string[]; info: { lines: number } }[];
    return rows.map(({ record, info }) => ({ record, line: info.lines }));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new InputError(`${file}:${'lines' in error ? String(error.lines) : '?'}: ${error.message}`);
  }
}
