import type { MachineSpec } from '../../../world/machine-inventory.ts';
import { CsvHeader } from '../../csv-header.ts';
import { CsvRows } from '../../csv-rows.ts';
import type { ReportBuilder } from '../../read-report.ts';
import type { TraceFile } from '../../reader.ts';
import { TraceInputError } from '../../trace-input-error.ts';

const MEBIBYTE = 1_048_576;

/**
 * Reads an OpenB node list. Rows without usable capacities are counted; a name used twice is an error. The list names no racks or zones.
 * @throws TraceInputError
 */
export function readNodes(file: TraceFile, report: ReportBuilder): MachineSpec[] {
  const rows = new CsvRows(file);
  try {
    const header = new CsvHeader(rows, ['sn', 'cpu_milli', 'memory_mib', 'gpu', 'model'], [], false);
    const cpuField = header.field('cpu_milli');
    const memoryField = header.field('memory_mib');
    const gpuField = header.field('gpu');
    const machines: MachineSpec[] = [];
    const lines = new Map<string, number>();
    while (rows.next()) {
      if (rows.count !== header.count) {
        report.reject(file.label, rows.line, `has ${rows.count} fields, the header ${header.count}`);
        continue;
      }
      const name = header.text('sn').trim();
      const cpuMilli = rows.number(cpuField);
      const memoryBytes = rows.number(memoryField) * MEBIBYTE;
      const gpuCount = rows.number(gpuField);
      const reason = name === '' ? 'has no name' : !(cpuMilli > 0) ? 'cpu_milli is not a positive number' : !(memoryBytes > 0) ? 'memory_mib is not a positive number' : !(Number.isInteger(gpuCount) && gpuCount >= 0) ? 'gpu is not a whole number' : '';
      if (reason !== '') {
        report.reject(file.label, rows.line, reason);
        continue;
      }
      const first = lines.get(name);
      if (first !== undefined) throw new TraceInputError({ file: file.label, line: rows.line, path: 'sn', problem: `duplicate id "${name}", first used on line ${first}` });
      lines.set(name, rows.line);
      const gpuModel = header.text('model').trim();
      machines.push({ name, cpuMilli, memoryBytes, ...(gpuCount > 0 ? { gpuCount, gpuModel } : {}) });
    }
    if (machines.length === 0) throw new TraceInputError({ file: file.label, problem: `holds no usable node${report.firstRejection()}` });
    return machines;
  } finally {
    rows.close();
  }
}
