import type { Command } from 'commander';
import { experimentCommand } from './experiment-command.ts';

/** `seatrial run`. */
export function command(): Command {
  return experimentCommand('run');
}
