import { crash } from './crash.ts';
import { daemon } from './daemon.ts';
import { drain } from './drain.ts';
import { hang } from './hang.ts';
import { partition } from './partition.ts';
import { slow } from './slow.ts';

/** Every kind of fault. Adding one = its file and a line here. */
export const FAULT_KIND_LIST = [crash, hang, partition, slow, drain, daemon] as const;
