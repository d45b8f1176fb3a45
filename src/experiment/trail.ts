import { mix32 } from '../engine/random/mix.ts';
import type { Collector, RecordKind } from '../metrics/log.ts';

/** Short hashes along a run, by which a later run can be told where it parted from it. */
export interface Trail {
  /** Records between two hashes. */
  readonly stride: number;
  /** Sixteen bits of a rolling hash after every `stride` records, little-endian, in base64. */
  readonly hashes: string;
}

/** Most hashes of a trail: with more records only every second one is kept, then every fourth... */
const MOST_HASHES = 65_536;

/** Lays a trail while a run goes on. */
export class TrailCollector implements Collector {
  #hashes = new Uint16Array(1024);
  #count = 0;
  #stride = 1;
  #sinceLast = 0;
  #hash = 0x9e3779b9 | 0;

  record(timeUs: number, kind: RecordKind, a: number, b: number, c: number): void {
    this.#hash = mix32(mix32(mix32(this.#hash, timeUs | 0), a | 0), (b << 8) ^ c ^ kind);
    if (++this.#sinceLast < this.#stride) return;
    this.#sinceLast = 0;
    this.#hashes[this.#count++] = this.#hash;
    if (this.#count === this.#hashes.length) this.#makeRoom();
  }

  trail(): Trail {
    return { stride: this.#stride, hashes: Buffer.from(this.#hashes.buffer, 0, this.#count * 2).toString('base64') };
  }

  #makeRoom(): void {
    if (this.#hashes.length < MOST_HASHES) {
      const larger = new Uint16Array(this.#hashes.length * 2);
      larger.set(this.#hashes);
      this.#hashes = larger;
      return;
    }
    for (let i = 1; i < this.#count; i += 2) this.#hashes[i >> 1] = this.#hashes[i]!;
    this.#count >>= 1;
    this.#stride *= 2;
  }
}

/**
 * The records within which two runs parted: from the first that may differ to the one by which they certainly do, counted from 1; `null` when the trails agree.
 * Trails of different strides are compared where both have hashes.
 */
export function parting(a: Trail, b: Trail): { readonly from: number; readonly to: number } | null {
  const [first, second] = [hashesOf(a), hashesOf(b)];
  const stride = Math.max(a.stride, b.stride);
  const length = Math.max(Math.floor((first.length * a.stride) / stride), Math.floor((second.length * b.stride) / stride));
  for (let i = 1; i <= length; i++) {
    if (first[(i * stride) / a.stride - 1] !== second[(i * stride) / b.stride - 1]) return { from: (i - 1) * stride + 1, to: i * stride };
  }
  return null;
}

function hashesOf({ hashes }: Trail): Uint16Array {
  const bytes = Buffer.from(hashes, 'base64');
  return Uint16Array.from({ length: bytes.length >> 1 }, (_, i) => bytes.readUInt16LE(i * 2));
}
