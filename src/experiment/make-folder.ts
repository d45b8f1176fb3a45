import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { InputError } from '../engine/input-error.ts';

const REASONS: ReadonlyMap<string | undefined, string> = new Map([
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EROFS', 'the file system is read-only'],
  ['ENOTDIR', 'a part of the path is a file'],
  ['EEXIST', 'a part of the path is a file'],
  ['ENOENT', 'no folder can be made there'],
]);

/** Makes a folder and those above it, unless they are there. @throws InputError where the user may not, or where a part of the path is a file */
export function makeFolder(folder: string): void {
  const kind = statSync(folder, { throwIfNoEntry: false });
  if (kind?.isDirectory() === true) return;
  // Step by step: the recursive mkdir of Node never ends where the file system says that a folder cannot be (/proc).
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Another process, a shard of the same sweep, may have been faster.
    if (code === 'EEXIST' && statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return;
    const reason = REASONS.get(code);
    if (reason === undefined) throw error;
    throw new InputError(`${folder} cannot be made: ${reason}; choose another folder`);
  }
}
