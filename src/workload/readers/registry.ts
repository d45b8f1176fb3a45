import type { TraceReader } from '../reader.ts';
import { composeFiles } from './compose/compose.ts';
import { kubernetesManifests } from './kubernetes-manifests/kubernetes-manifests.ts';
import { marathonApps } from './marathon/marathon.ts';
import { openb } from './openb/openb.ts';
import { seatrialCsv } from './seatrial-csv/seatrial-csv.ts';

/** Every trace format that scenarios can name. Adding one = its folder and a line here. */
export const TRACE_READERS: readonly TraceReader[] = [composeFiles, kubernetesManifests, marathonApps, openb, seatrialCsv] as readonly TraceReader[];
