import type { Command } from 'commander';
import { experimentCommand } from './experiment-command.ts';

/** `seatrial sweep`. */
export function command(): Command {
  return experimentCommand('sweep');
}
