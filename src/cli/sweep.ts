import type { Command } from 'commander';
import { experimentCommand } from './run.ts';

/** `seatrial sweep`. */
export function command(): Command {
  return experimentCommand('sweep');
}
