import { correlated } from './correlated.ts';
import { recorded } from './recorded.ts';
import { scripted } from './scripted.ts';
import { stochastic } from './stochastic.ts';

/** Every source of faults. Adding one = its file and a line here. */
export const FAULT_SOURCES = [scripted, stochastic, correlated, recorded] as const;
