import { constants, createGunzip } from 'node:zlib';
import type { ByteSource } from './byte-source.ts';
import { TraceInputError } from './trace-input-error.ts';

const BLOCK = 1 << 20;

/**
 * The synchronous step of Node's zlib binding. Node documents only streams and whole-buffer calls; a synchronous reader of files larger than memory needs this step,
 * which the tar implementation of npm itself (minizlib) rests on as well. Its presence is checked when a file is opened.
 */
interface InflateStep {
  writeSync(flush: number, input: Uint8Array, inputOffset: number, inputLength: number, output: Uint8Array, outputOffset: number, outputLength: number): void;
  onerror: (message: string) => void;
}

/** Inflates a gzip file block by block, concatenated members included. A damaged or truncated file is a TraceInputError. */
export class GunzipSource implements ByteSource {
  readonly #compressed: ByteSource;
  readonly #label: string;
  readonly #gunzip = createGunzip();
  readonly #step: InflateStep;
  /** After a step: bytes left free in the output, bytes left unread in the input. */
  readonly #left: Uint32Array;
  readonly #input = new Uint8Array(BLOCK);
  #start = 0;
  #length = 0;
  #inputEnded = false;
  #finished = false;
  #failure = '';

  constructor(compressed: ByteSource, label: string) {
    this.#compressed = compressed;
    this.#label = label;
    const internals = this.#gunzip as unknown as { _handle?: InflateStep; _writeState?: Uint32Array };
    if (typeof internals._handle?.writeSync !== 'function' || !(internals._writeState instanceof Uint32Array)) {
      throw new TraceInputError({ file: label, problem: `this version of Node (${process.version}) cannot inflate gzip step by step`, hint: 'unpack the file first' });
    }
    this.#step = internals._handle;
    this.#left = internals._writeState;
    this.#step.onerror = (message) => {
      this.#failure = message;
    };
  }

  read(into: Uint8Array, from: number): number {
    while (!this.#finished) {
      if (this.#length === 0 && !this.#inputEnded) {
        this.#start = 0;
        this.#length = this.#compressed.read(this.#input, 0);
        this.#inputEnded = this.#length === 0;
      }
      const room = into.length - from;
      const flush = this.#inputEnded ? constants.Z_FINISH : constants.Z_NO_FLUSH;
      this.#step.writeSync(flush, this.#input, this.#start, this.#length, into, from, room);
      if (this.#failure !== '') throw this.#damaged();
      const produced = room - this.#left[0]!;
      const consumed = this.#length - this.#left[1]!;
      this.#start += consumed;
      this.#length -= consumed;
      // No step forward: the end, or zero bytes of padding behind the last member, which gzip files on tape have.
      if (produced === 0 && consumed === 0) this.#finished = true;
      if (produced > 0) return produced;
    }
    return 0;
  }

  close(): void {
    this.#gunzip.close();
    this.#compressed.close();
  }

  #damaged(): TraceInputError {
    const truncated = this.#failure === 'unexpected end of file';
    return new TraceInputError({
      file: this.#label,
      problem: truncated ? 'the gzip file is truncated: it ends before its data do' : `the gzip file is damaged: ${this.#failure}`,
      hint: 'fetch the file again',
    });
  }
}
