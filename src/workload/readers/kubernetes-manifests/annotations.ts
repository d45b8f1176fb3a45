import { suggestion } from '../../../engine/nearest.ts';
import { parseBytes, parseCpuMilli, parseDurationUs, QuantityError } from '../../../engine/quantity.ts';
import type { UseRange } from '../../../world/actual-use.ts';

const PREFIX = 'seatrial.dev/';

/** What each pod really uses: an amount, or two of which each pod draws one between, such as 200m..400m. */
const ACTUAL_CPU = 'seatrial.dev/actual-cpu';
const ACTUAL_MEMORY = 'seatrial.dev/actual-memory';
/** From the start of a container until its memory is all that it will use. */
const MEMORY_GROWTH = 'seatrial.dev/memory-growth';

const duration = (text: string): void => void parseDurationUs(text);

/** What the simulator cannot know of an object, as annotations; each with a check of its value. */
const ANNOTATIONS: ReadonlyMap<string, (text: string) => void> = new Map([
  ['seatrial.dev/duration', duration],
  ['seatrial.dev/submit-at', duration],
  ['seatrial.dev/failure-share', () => {}],
  ['seatrial.dev/answers-after', duration],
  ['seatrial.dev/stops-after', duration],
  [ACTUAL_CPU, (text: string) => void range(text, parseCpuMilli)],
  [ACTUAL_MEMORY, (text: string) => void range(text, parseBytes)],
  [MEMORY_GROWTH, duration],
  ['seatrial.dev/load', (text: string) => steps(text, parseCpuMilli, 'cores, such as 30min=2.5')],
  ['seatrial.dev/memory-load', (text: string) => steps(text, parseBytes, 'an amount of memory, such as 30min=8Gi')],
  ['seatrial.dev/nodes', () => {}],
]);

/** What is wrong with an annotation of ours; '' = nothing, or not ours. */
export function annotationProblem(key: string, text: string): string {
  if (!key.startsWith(PREFIX)) return '';
  const check = ANNOTATIONS.get(key);
  if (check === undefined) return `there is no annotation "${key}"${suggestion(key, [...ANNOTATIONS.keys()])}`;
  try {
    check(text);
    return '';
  } catch (error) {
    if (error instanceof QuantityError) return error.message;
    throw error;
  }
}

/** Actual use of an object's pods, as its annotations state it; undefined = they do not. */
export function actualUse(annotation: (key: string) => string | undefined, cpuMilli: number, memoryBytes: number): UseRange | undefined {
  const cpu = annotation(ACTUAL_CPU);
  const memory = annotation(ACTUAL_MEMORY);
  if (cpu === undefined && memory === undefined) return undefined;
  return {
    cpuMilli: cpu === undefined ? [cpuMilli, cpuMilli] : range(cpu, parseCpuMilli),
    memoryBytes: memory === undefined ? [memoryBytes, memoryBytes] : range(memory, parseBytes),
    growthUs: parseDurationUs(annotation(MEMORY_GROWTH) ?? 0),
  };
}

function range(text: string, read: (text: string) => number): readonly [number, number] {
  const [least, most, ...rest] = text.split('..').map((part) => read(part.trim()));
  if (rest.length > 0 || (most ?? least!) < least!) throw new QuantityError(`"${text}" is no amount; expected one, or two of which the first is not the larger, such as 200m..400m`);
  return [least!, most ?? least!];
}

function steps(text: string, read: (text: string) => number, expected: string): void {
  for (const step of text.trim().split(/\s+/)) {
    const [from, amount, ...rest] = step.split('=');
    if (amount === undefined || rest.length > 0) throw new QuantityError(`"${step}" is no step of a load; expected a time and ${expected}`);
    parseDurationUs(from);
    read(amount);
  }
}
