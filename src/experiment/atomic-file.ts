import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';

/** Names of files that {@link AtomicFile} had not finished when its process was killed. */
export const TEMPORARY = /\.[0-9a-f]{12}\.tmp$/;

/** Text gathered before it is handed to the system. */
const BUFFER_CHARACTERS = 262_144;

/** A file that is either there as a whole or not at all: written under a temporary name beside it, then renamed. */
export class AtomicFile {
  readonly #file: string;
  readonly #temporary: string;
  readonly #lasting: boolean;
  #descriptor: number;
  #buffer = '';

  /** @param lasting wait until the disk has it. Without, a loss of power (not a kill) may leave an empty file */
  constructor(file: string, lasting = true) {
    this.#file = file;
    // Several processes on several machines may write into one folder.
    this.#temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
    this.#lasting = lasting;
    this.#descriptor = openSync(this.#temporary, 'w');
  }

  write(text: string): void {
    this.#buffer += text;
    if (this.#buffer.length >= BUFFER_CHARACTERS) this.#flush();
  }

  /** Bytes go to the system at once. */
  writeBytes(bytes: Uint8Array): void {
    this.#flush();
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#descriptor, bytes, done);
  }

  /** Puts the file in its place. */
  keep(): void {
    this.#flush();
    if (this.#lasting) fsyncSync(this.#descriptor);
    closeSync(this.#descriptor);
    this.#descriptor = -1;
    renameSync(this.#temporary, this.#file);
  }

  /** Removes what was written, unless it was kept. */
  end(): void {
    if (this.#descriptor < 0) return;
    closeSync(this.#descriptor);
    this.#descriptor = -1;
    rmSync(this.#temporary, { force: true });
  }

  #flush(): void {
    if (this.#buffer !== '') writeSync(this.#descriptor, this.#buffer);
    this.#buffer = '';
  }
}

/** Writes a file as a whole or not at all. @param chunks pieces of the text, taken one after the other */
export function writeAtomically(file: string, chunks: Iterable<string>, lasting = true): void {
  const writing = new AtomicFile(file, lasting);
  try {
    for (const chunk of chunks) writing.write(chunk);
    writing.keep();
  } finally {
    writing.end();
  }
}
