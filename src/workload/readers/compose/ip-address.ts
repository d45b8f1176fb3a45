/** Four or sixteen bytes; an IPv4 address in IPv6 notation counts as IPv4 (Go net.IP.To4). */
export type IpAddress = readonly number[];

export interface Subnet {
  readonly base: IpAddress;
  readonly bits: number;
}

/** Address of a text, `null` if it is none (Go net.ParseIP: no leading zeros, no zones). */
export function parseIp(text: string): IpAddress | null {
  if (!text.includes(':')) return parseV4(text);
  const bytes = parseV6(text);
  return bytes !== null && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff ? bytes.slice(12) : bytes;
}

/** Subnet of `address/bits`, `null` if the text is none. */
export function parseSubnet(text: string): Subnet | null {
  const slash = text.indexOf('/');
  if (slash < 0) return null;
  const address = text.slice(0, slash);
  const base = parseIp(address);
  const digits = text.slice(slash + 1);
  if (base === null || !/^\d{1,3}$/.test(digits)) return null;
  const written = address.includes(':') ? 128 : 32;
  const bits = Number(digits);
  if (bits > written) return null;
  // ::ffff:10.0.0.0/104 is 10.0.0.0/8.
  const mapped = written === 128 && base.length === 4;
  if (mapped && bits < 96) return { base: [...ZEROS, 0xff, 0xff, ...base], bits };
  return { base, bits: mapped ? bits - 96 : bits };
}

export function sameIp(a: IpAddress, b: IpAddress): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export function inSubnet(address: IpAddress, { base, bits }: Subnet): boolean {
  if (address.length !== base.length) return false;
  for (let i = 0; i * 8 < bits; i++) {
    const mask = bits - i * 8 >= 8 ? 0xff : (0xff << (8 - (bits - i * 8))) & 0xff;
    if ((address[i]! & mask) !== (base[i]! & mask)) return false;
  }
  return true;
}

const ZEROS = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

function parseV4(text: string): number[] | null {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) return null;
  return parts.map(Number);
}

function parseV6(text: string): number[] | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [head, tail] = [groups(halves[0]!, halves.length === 1), halves.length === 2 ? groups(halves[1]!, true) : []];
  if (head === null || tail === null) return null;
  const zeros = 16 - head.length - tail.length;
  if (halves.length === 1 ? zeros !== 0 : zeros < 2) return null;
  return [...head, ...Array.from({ length: zeros }, () => 0), ...tail];
}

/** Bytes of colon-separated groups; the last may be an IPv4 address. */
function groups(text: string, last: boolean): number[] | null {
  if (text === '') return [];
  const bytes: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    if (last && i === parts.length - 1 && part.includes('.')) {
      const v4 = parseV4(part);
      if (v4 === null) return null;
      bytes.push(...v4);
    } else {
      if (!/^[0-9a-f]{1,4}$/i.test(part)) return null;
      const value = parseInt(part, 16);
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes;
}
