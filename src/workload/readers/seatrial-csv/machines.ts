import type { MachineSpec } from '../../../world/machine-inventory.ts';
import { CsvHeader } from '../../csv-header.ts';
import { CsvRows } from '../../csv-rows.ts';
import type { TraceFile } from '../../reader.ts';
import { TraceInputError } from '../../trace-input-error.ts';
import { LIST_SEPARATOR, MACHINE_COLUMNS, type MachineColumn, REQUIRED_MACHINE_COLUMNS } from './columns.ts';
import { StrictRow } from './strict-row.ts';

/**
 * Reads a machine list in Seatrial's own format (docs/traces.md).
 * @throws TraceInputError for any mistake, with line and column
 */
export function readMachines(file: TraceFile): MachineSpec[] {
  const rows = new CsvRows(file);
  try {
    const row = new StrictRow<MachineColumn>(rows, new CsvHeader<MachineColumn>(rows, REQUIRED_MACHINE_COLUMNS, MACHINE_COLUMNS, true));
    const machines: MachineSpec[] = [];
    const lines = new Map<string, number>();
    while (row.next()) {
      const name = row.name('name');
      const first = lines.get(name);
      if (first !== undefined) throw row.fail('name', `duplicate id "${name}", first used on line ${first}`);
      lines.set(name, row.line);
      const gpuCount = row.whole('gpu', 'a whole number of GPU devices', 0);
      const gpuModel = row.text('gpuModel');
      const slots = row.whole('slots', 'a whole number of containers', Infinity);
      const rack = row.text('rack');
      const zone = row.text('zone');
      const attributes = readAttributes(row);
      machines.push({
        name,
        cpuMilli: row.cpuMilli('cpu'),
        memoryBytes: row.bytes('memory'),
        ...(gpuCount > 0 && { gpuCount }),
        ...(gpuModel !== '' && { gpuModel }),
        ...(slots !== Infinity && { slots }),
        ...(rack !== '' && { rack }),
        ...(zone !== '' && { zone }),
        ...(attributes !== null && { attributes }),
      });
    }
    if (machines.length === 0) throw new TraceInputError({ file: file.label, problem: 'holds no machine' });
    return machines;
  } finally {
    rows.close();
  }
}

function readAttributes(row: StrictRow<MachineColumn>): Record<string, string> | null {
  const text = row.text('attributes');
  if (text === '') return null;
  const attributes = new Map<string, string>();
  for (const entry of text.split(LIST_SEPARATOR)) {
    const equals = entry.indexOf('=');
    const name = entry.slice(0, equals).trim();
    if (equals < 1 || name === '') throw row.fail('attributes', `"${entry}" is no attribute`, 'name=value, several joined by ;');
    if (attributes.has(name)) throw row.fail('attributes', `the attribute "${name}" is given twice`);
    attributes.set(name, entry.slice(equals + 1).trim());
  }
  return Object.fromEntries(attributes);
}
