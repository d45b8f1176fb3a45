import type { KeyedRandom } from '../../../engine/random/keyed-random.ts';
import type { KubeletOptions } from './kubelet-options.ts';
import { HANDLERS, RUNTIMES } from './runtime-profiles.ts';

const SANDBOX = 1;
const START = 2;
const HANDLER = 4;

/** From the image being there until a container's work begins, microseconds: sandbox and start, as runtime and handler have them; drawn by task and how many starts it has had. */
export function startLatencyUs({ sandboxMinUs, sandboxMaxUs, startMinUs, startMaxUs, runtime, runtimeClass }: KubeletOptions, random: KeyedRandom, entity: number, start: number): number {
  const { factor } = RUNTIMES.get(runtime)!;
  const { addedMinUs, addedMaxUs } = HANDLERS.get(runtimeClass)!;
  const sandboxUs = factor * (sandboxMinUs + random.u(entity, start, SANDBOX) * (sandboxMaxUs - sandboxMinUs));
  const addedUs = addedMinUs === addedMaxUs ? addedMinUs : addedMinUs + random.u(entity, start, HANDLER) * (addedMaxUs - addedMinUs);
  const startUs = factor * (startMinUs + random.u(entity, start, START) * (startMaxUs - startMinUs)) + addedUs;
  return Math.floor(sandboxUs + startUs);
}
