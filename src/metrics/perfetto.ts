import type { Workload } from '../workload/workload.ts';
import type { MachineInventory } from '../world/machine-inventory.ts';
import type { MachineSpans, Span } from './machine-spans.ts';

export interface PerfettoOptions {
  readonly workload: Workload;
  readonly inventory: MachineInventory;
  /** Where slices of containers that still run end, microseconds. */
  readonly endUs: number;
}

/** Thread of a machine on which its instants lie; containers have the threads from 1 on. */
const FAULT_THREAD = 0;

/**
 * The run as a document in the Trace Event Format (JSON array of events in an object, "Trace Event Format", Chromium project), which the Perfetto viewer reads: machines
 * are processes, containers are slices, faults are instants. Slices of one thread must nest, so containers that run side by side get threads of their own, the lowest free
 * one each. Yields pieces to be written one after another.
 */
export function* perfettoTrace(spans: MachineSpans, options: PerfettoOptions): Generator<string> {
  const { inventory, workload, endUs } = options;
  yield '{"displayTimeUnit":"ms","traceEvents":[\n';
  let separator = '';
  const event = (fields: Record<string, unknown>): string => {
    const piece = `${separator}${JSON.stringify(fields)}`;
    separator = ',\n';
    return piece;
  };
  for (let machine = 0; machine < inventory.count; machine++) {
    yield event({ ph: 'M', name: 'process_name', pid: machine + 1, tid: FAULT_THREAD, args: { name: inventory.names[machine] } });
    yield event({ ph: 'M', name: 'process_sort_index', pid: machine + 1, tid: FAULT_THREAD, args: { sort_index: machine } });
  }
  for (const [span, thread] of threads(spans.spans())) {
    const shape = workload.shapes[workload.shapeOf(span.task)]!;
    yield event({
      ph: 'X',
      name: workload.taskName(span.task),
      cat: shape.kind,
      pid: span.machine + 1,
      tid: thread,
      ts: span.startUs,
      dur: Math.min(span.endUs, endUs) - span.startUs,
      args: { outcome: span.outcome, cpuMilli: shape.cpuMilli, memoryBytes: shape.memoryBytes, gpuMilli: shape.gpuCount * shape.gpuMilli },
    });
  }
  for (const { machine, timeUs, name } of spans.instants) yield event({ ph: 'i', name, cat: 'fault', s: 'p', pid: machine + 1, tid: FAULT_THREAD, ts: timeUs });
  yield '\n]}\n';
}

/** Each span with the lowest thread of its machine that is free when it begins. Spans come by machine and begin. */
function* threads(spans: readonly Span[]): Generator<[span: Span, thread: number]> {
  let machine = -1;
  let freeFromUs: number[] = [];
  for (const span of spans) {
    if (span.machine !== machine) {
      machine = span.machine;
      freeFromUs = [];
    }
    let lane = freeFromUs.findIndex((us) => us <= span.startUs);
    if (lane < 0) lane = freeFromUs.length;
    freeFromUs[lane] = span.endUs;
    yield [span, lane + 1];
  }
}
