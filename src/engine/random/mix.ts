/** Mixes a 32-bit value into a 32-bit state (the finaliser of MurmurHash3, Appleby 2011, public domain constants). */
export function mix32(state: number, value: number): number {
  let h = Math.imul(state ^ value, 0x85ebca6b);
  h = (h ^ (h >>> 13)) + 0x9e3779b9;
  h = Math.imul(h ^ (h >>> 16), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}
