import { suggestion } from '../../../engine/nearest.ts';
import { parseCpuMilli, parseDurationUs, QuantityError } from '../../../engine/quantity.ts';

const PREFIX = 'seatrial.dev/';

const duration = (text: string): void => void parseDurationUs(text);

/** What the simulator cannot know of an object, as annotations; each with a check of its value. */
const ANNOTATIONS: ReadonlyMap<string, (text: string) => void> = new Map([
  ['seatrial.dev/duration', duration],
  ['seatrial.dev/submit-at', duration],
  ['seatrial.dev/failure-share', () => {}],
  ['seatrial.dev/answers-after', duration],
  ['seatrial.dev/stops-after', duration],
  ['seatrial.dev/actual-cpu', (text: string) => void parseCpuMilli(text)],
  [
    'seatrial.dev/load',
    (text: string) => {
      for (const step of text.trim().split(/\s+/)) {
        const [from, cores, ...rest] = step.split('=');
        if (cores === undefined || rest.length > 0) throw new QuantityError(`"${step}" is no step of a load; expected a time and cores, such as 30min=2.5`);
        parseDurationUs(from);
        parseCpuMilli(cores);
      }
    },
  ],
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
